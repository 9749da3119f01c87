"""The words in which every face of the board tells what is there.

A page, a table and a terminal differ in how much room they have, and in nothing that
they say: so what they say comes from here.
"""

import math
from collections.abc import Iterator, Sequence

from fleetfeed.board.model import Board, Contended, Lease, Row
from fleetfeed.util.durations import in_words
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

SECTIONS = {
    "look": "Needs a look",
    "fought": "Fought over",
    "lines": "Who waits for whom",
}
"""What the parts beside the items are called."""

HEADINGS = {
    "state": "State",
    "since": "For how long",
    "item": "Item and surface",
    "who": "Holder",
    "lease": "Lease ends",
}
"""What stands in which column, by what the items may be sorted by."""

EXPLAINED = {
    "IN_PROGRESS": "somebody works on it and holds its surface",
    "AWAITING_CLAIM": "nobody works on it yet; its surface is kept for it",
    "IN_LINE": "waits for a surface that others hold, and holds none",
    "BLOCKED": "its seat cannot go on for now; what it waits for may still come",
    "PARKED": "laid aside, and holds no surface",
    "UNREADABLE": "a post of it cannot be read, so it keeps what that names",
    "DONE": "over, and holds a surface all the same",
    "CANCELLED": "over, and holds a surface all the same",
    "unreadable": "a post of it cannot be read; who wrote it has to mend that",
    "over": "its holder gave no sign of life in time; others may take it over",
    "stuck": "what it waits for will never come by itself; somebody has to step in",
    "turn": "it was in line, and what it waited for is free now",
    "soon": "15 minutes, or a tenth of the lease, are left",
    "notes": "notes that their reader has not seen",
}
"""What the words of states and of alerts mean."""

_ROLES = {
    "waits": "in line:",
    "offered": "offered to",
    "filed": "filed by",
    "held last": "held last by",
}

MOST_NAMED = 8
"""Names that one line of the board gives; of the others it says how many."""

_SAID = {
    "unreadable": ("cannot be read", "cannot be read"),
    "over": ("lease is over", "leases are over"),
    "stuck": ("is stuck", "are stuck"),
    "turn": ("may go on now", "may go on now"),
    "soon": ("runs out soon", "run out soon"),
}


def headline(board: Board) -> str:
    """The board in one sentence."""
    kinds = [alert.kind for alert in board.alerts]
    counts = [
        f"{count} {words[count > 1]}"
        for kind, words in _SAID.items()
        if (count := kinds.count(kind))
    ]
    said = ", ".join(counts) if counts else "nothing needs a look"
    return f"{len(board.rows)} open: {said}"


@record
class LeaseWords:
    """`ends` `in ~` `6 h`; `ended` `15 h` ` ago`; `has` `no end`.

    `amount` is what time changes of it; it is empty where there is no end.
    """

    verb: str
    before: str
    amount: str = ""
    after: str = ""

    @property
    def when(self) -> str:
        """What stands below the heading: `in ~6 h`."""
        return f"{self.before}{self.amount}{self.after}"

    @property
    def whole(self) -> str:
        """What stands alone: `ends in ~6 h`."""
        return f"{self.verb} {self.when}"

    @property
    def cell(self) -> str:
        """What stands below the heading where there is little room: `in ~6h`."""
        return f"{self.before}{self.amount.replace(' ', '')}{self.after}"


def lease_words(lease: Lease) -> LeaseWords:
    """When a lease ends, or has ended; `~` where that is an estimate."""
    if math.isinf(lease.left):
        return LeaseWords("has", "no end")
    if lease.over:
        return LeaseWords("ended", "", in_words(-lease.left), " ago")
    about = "" if lease.exact else "~"
    return LeaseWords("ends", f"in {about}", in_words(lease.left))


def lease_cell(row: Row) -> str:
    """The same in few letters; `-` where nothing is held."""
    return "-" if row.lease is None else lease_words(row.lease).cell


def age_cell(now: float, since: float | None) -> str:
    """How long something has been so, in few letters; `-` where nobody says."""
    return "-" if since is None else in_words(max(0.0, now - since)).replace(" ", "")


def holder(row: Row) -> str:
    """Who holds an item; empty where nobody does."""
    return row.who if row.part == "holds" else ""


def role(row: Row) -> str:
    """What stands before the one whose an item is that nobody holds: `offered to`."""
    return _ROLES.get(row.part, "") if row.who else ""


def other(row: Row) -> str:
    """Whose an item is that nobody holds: `offered to CAMBER-06`; else empty."""
    return f"{role(row)} {printable(row.who)}" if role(row) else ""


def waits(row: Row) -> Iterator[str]:
    """What an item waits for, and who answers for it, in words."""
    if row.held_by:
        yield f"waits for {_named(row.held_by)}, TURN {row.turn}"
    if row.ahead:
        yield f"behind {_named(row.ahead)} in line, TURN {row.turn}"
    if row.waits_for:
        named = [f"{each.item} ({each.words})" for each in row.waits_for]
        yield f"depends on {printable(_named(named), 400)}"
    if row.behind:
        yield f"waited for by {_named(row.behind)}"
    if row.accountable:
        yield f"accountable: {printable(row.accountable)}"


def _named(names: Sequence[str]) -> str:
    shown, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def contended_words(each: Contended, *, refused: bool) -> str:
    """A contended surface; what was refused where that is known."""
    who = ", ".join(map(printable, each.holders[:MOST_NAMED]))
    counts = contended_counts(each, refused=refused)
    return f"{printable(each.use.key)}: {counts}; {f'{who} has it' if who else 'free'}"


def contended_counts(each: Contended, *, refused: bool) -> str:
    """`5 refused, 2 in line`."""
    told = f"{each.use.refused} refused, " if refused else ""
    return f"{told}{each.use.places} in line"


@record
class Fact:
    """One of the few things that a glance is for: of an item, or of a surface.

    `part` is the part of a page that has more of it, where it is of a surface.
    """

    title: str
    item: str
    who: str
    key: str
    text: str
    part: str = ""


def glance(board: Board) -> Iterator[Fact]:
    """What runs out next, where most wait, and what is most fought over."""
    leases = [(row.lease, row) for row in board.rows if row.lease]
    ahead = [(each, row) for each, row in leases if 0 < each.left < math.inf]
    if ahead:
        lease, row = min(ahead, key=lambda pair: pair[0].left)
        yield Fact("runs out next", row.item, row.who, "", lease_words(lease).when)
    if board.lines:
        line = board.lines[0]
        number = len(line.waiting)
        text = "1 waits" if number == 1 else f"{number} wait"
        yield Fact("longest line", "", "", line.key, text, "lines")
    fought = next((each for each in board.contended if each.use.contention), None)
    if fought:
        counts = contended_counts(fought, refused=board.refused_at is not None)
        yield Fact("most fought over", "", "", fought.use.key, counts, "fought")
