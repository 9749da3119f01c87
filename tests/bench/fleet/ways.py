"""How a seat comes by a ticket that nobody else works on, or does not care.

All ways choose by chance among what is open in the newest code: were all to begin with
the first, nobody would do anything else than what another does, too.
"""

import json
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness import Seat

from bench.contention.arms import Fleetfeed
from bench.fleet.tickets import LANE, Ticket

_POLL = 0.1
"""Seconds between two looks at lock files that others have."""
_ABOUT = ("--timeout", "300s", "--json")


class NothingLeft(Exception):
    """All tickets are taken."""


class Way(Protocol):
    """One seat's way."""

    def take(self, open_: Sequence[Ticket], until: float) -> Ticket | None:
        """One of `open_` that is this seat's now.

        None where it had to wait: what is open now, the newest code tells. It does not
        wait beyond `until`, by the monotonic clock. NothingLeft where it can go home.
        """

    def give_back(self, ticket: Ticket) -> None:
        """It is closed."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Without fleetfeed, and without locks: it takes what is open."""

    dice: random.Random

    def take(self, open_: Sequence[Ticket], until: float) -> Ticket | None:
        """See Way."""
        del until
        return self.dice.choice(open_)

    def give_back(self, ticket: Ticket) -> None:
        """See Way."""


@dataclass(frozen=True, slots=True)
class Locks:
    """Lock files in a folder that all seats share; `of` names a ticket's."""

    dice: random.Random
    folder: Path
    of: Callable[[Ticket], str]

    def take(self, open_: Sequence[Ticket], until: float) -> Ticket | None:
        """See Way."""
        del until
        for ticket in self.dice.sample(open_, len(open_)):
            try:
                os.close(os.open(self._lock(ticket), os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            return ticket
        time.sleep(_POLL)
        return None

    def give_back(self, ticket: Ticket) -> None:
        """See Way."""
        self._lock(ticket).unlink()

    def _lock(self, ticket: Ticket) -> Path:
        return self.folder / self.of(ticket)


@dataclass(slots=True)
class Claims:
    """fleetfeed: it claims a ticket's surface, and waits in line where all are held."""

    dice: random.Random
    seat: Seat
    items: dict[str, str] = field(default_factory=dict)

    def take(self, open_: Sequence[Ticket], until: float) -> Ticket | None:
        """See Way."""
        lonely: Ticket | None = None  # held by one, and nobody is in line for it
        for ticket in self.dice.sample(open_, min(len(open_), _LOOKS)):
            refused = self._claim(ticket)
            if refused is None:
                return ticket
            # Of what is free, and kept for who is in line, the queue names no item.
            if refused and not any(item["in_line"] for item in refused):
                lonely = lonely or ticket
        at_most = ("--at-most", f"{max(1, round(until - time.monotonic()))}s")
        if lonely is None:
            asked(self.seat, "wait", ticket.key, *at_most, "--json")
            return None
        refused = self._claim(lonely, "--wait", *at_most)
        return lonely if refused is None else None

    def give_back(self, ticket: Ticket) -> None:
        """See Way."""
        asked(self.seat, "done", self.items.pop(ticket.name), *_ABOUT)

    def _claim(self, ticket: Ticket, *more: str) -> Sequence[Mapping[str, Any]] | None:
        """Claim its surface: None where it is held now, else the items in the way."""
        said = ("--subject", f"{ticket.name}: {ticket.work}")
        proof = ("--proof", f"{ticket.name} is about {ticket.work} alone")
        what = ("--new", "CMB", "--surface", ticket.key, *said, *proof)
        code, answer = asked(self.seat, "claim", *what, *more, *_ABOUT)
        items: Sequence[Mapping[str, Any]] = answer["items"]
        if code:
            return items
        self.items[ticket.name] = items[0]["item"]
        return None


_LOOKS = 3
"""Tickets that it is refused before it waits for one of them."""


@dataclass(slots=True)
class Next:
    """fleetfeed, where the tickets were filed as items: it asks for the next one."""

    seat: Seat
    items: dict[str, str] = field(default_factory=dict)

    def take(self, open_: Sequence[Ticket], until: float) -> Ticket | None:
        """See Way."""
        del until
        code, answer = asked(self.seat, "next", "--lane", LANE, *_ABOUT)
        if code:
            raise NothingLeft
        item = answer["items"][0]
        found = next(each for each in open_ if each.name == item["subject"])
        self.items[found.name] = item["item"]
        return found

    def give_back(self, ticket: Ticket) -> None:
        """See Way."""
        asked(self.seat, "done", self.items.pop(ticket.name), *_ABOUT)


def asked(seat: Seat, *args: str) -> tuple[int, Mapping[str, Any]]:
    """How `fleetfeed args` ended, and its answer. RuntimeError if neither yes nor no."""
    ended = seat.run(Fleetfeed.here()(*args), ok=None)
    in_line = ended.returncode == _TIME_IS_UP and "--at-most" in args
    if ended.returncode not in (0, 1) and not in_line:
        raise RuntimeError(f"{args} ended with {ended.returncode}: {ended.said}")
    return ended.returncode, json.loads(ended.stdout)


_TIME_IS_UP = 3
