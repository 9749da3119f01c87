"""A server under way with one guarded repository, as its seats and its owner see it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import Address
from servers.account import Account

SEATS = ("CAMBER-06", "CAMBER-07", "CAMBER-08")
_PAGE = Path(__file__).parents[2] / "docs/servers.md"


@dataclass(frozen=True)
class Host:
    """`address` says where a seat finds the repository at `folder`.

    `connections` says how many connections a seat has made to this server so far.
    """

    name: str
    account: Account
    folder: Path
    address: Callable[[str], Address]
    connections: Callable[[str], int]

    def git(self, *args, ok=True):
        """What git prints in the repository, run by the account that serves it."""
        return self.account.run("git", "-C", self.folder, *args, ok=ok)

    def fleetfeed(self, *args, ok=True):
        """What `fleetfeed` prints, run by that account."""
        command = (self.account.python, "-P", "-m", "fleetfeed")
        return self.account.run(*command, *args, ok=ok)


def written(language, places):
    """The block in `language` of docs/servers.md, with other places in it."""
    text = _PAGE.read_text("utf-8").partition(f"```{language}\n")[2].partition("```")[0]
    for there, here in places.items():
        assert there in text
        text = text.replace(there, str(here))
    return text


def connections_written():
    """What docs/servers.md says of commands: how many connections each makes."""
    rows = re.findall(r"^\| (.+) \| (\d+) \|$", _PAGE.read_text("utf-8"), re.MULTILINE)
    return {what: int(number) for what, number in rows}
