"""What is compared: a fleetfeed, or plain git, and what guards the server it writes to."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from harness import Server

from bench import feeds
from bench.feeds import FEED_REF

_NO_QUEUE = "--no-queue"


class Guard(Enum):
    """What a server has of ours."""

    QUEUE = "a queue"
    DIRECT = "no queue"
    NONE = "no hooks"
    INBOX = "no hooks, and a policy that says `queue: inbox`"

    @property
    def rules(self) -> str | None:
        """The policy, where it is not the one that all feeds have."""
        if self is not Guard.INBOX:
            return None
        # As a key that the template may set, too: it stands there once.
        rows = feeds.policy().splitlines()
        kept = [row for row in rows if not row.startswith("queue:")]
        return "\n".join([*kept, "queue: inbox", ""])


@dataclass(frozen=True, slots=True)
class Fleetfeed:
    """An installed fleetfeed, by the folder of its commands."""

    bin: Path

    @classmethod
    def here(cls) -> "Fleetfeed":
        """The one that the benchmark runs with."""
        return cls(Path(sys.executable).parent)

    def __call__(self, *args: str) -> tuple[str, ...]:
        """The command line of `fleetfeed args`."""
        return (str(self.bin / "fleetfeed"), *args)

    def guard(self, server: Server, guard: Guard) -> None:
        """Put its hooks into a server."""
        if guard in (Guard.QUEUE, Guard.DIRECT):
            direct = guard is Guard.DIRECT and _knows(self.bin, _NO_QUEUE)
            more = (_NO_QUEUE,) if direct else ()
            server.run(self("install", "--server", ".", *more))


@cache
def _knows(folder: Path, option: str) -> bool:
    """Whether the fleetfeed in `folder` has an option of `install`."""
    asked = (str(folder / "fleetfeed"), "install", "--help")
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    return option in said.stdout


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison; `bare` writes by plain git and not by `fleetfeed`."""

    name: str
    fleetfeed: Fleetfeed
    guard: Guard
    bare: bool = False


BEFORE, QUEUE, DIRECT = "the other, direct", "queue", "direct"
UNGUARDED, INBOX, GIT = "no hooks", "inbox, no hooks", "plain git, no hooks"
NAMES = (BEFORE, QUEUE, DIRECT, UNGUARDED, INBOX, GIT)


def arms(beside: Path | None) -> Iterator[Arm]:
    """All arms; `beside` is the folder with the commands of another fleetfeed."""
    here = Fleetfeed.here()
    if beside:
        yield Arm(BEFORE, Fleetfeed(beside), Guard.DIRECT)
    yield Arm(QUEUE, here, Guard.QUEUE)
    yield Arm(DIRECT, here, Guard.DIRECT)
    yield Arm(UNGUARDED, here, Guard.NONE)
    yield Arm(INBOX, here, Guard.INBOX)
    yield Arm(GIT, here, Guard.NONE, bare=True)


def rules_of(server: Server, guard: Guard) -> None:
    """Put a guard's rules on the feed ref, past every hook."""
    if guard.rules is not None:
        tip = server.line("rev-parse", FEED_REF)
        feeds.write_commits(server, [[("feed/policy.yaml", guard.rules)]], onto=tip)
