"""What is another on one board than on the one before it, in words.

Whoever looks on is told of what somebody has done, and of what needs somebody now;
not of ages and of what is left of leases, which change by themselves.
"""

from collections.abc import Iterator

from fleetfeed.board.model import ALERTS, WORDS, Board, Row
from fleetfeed.util.printable import printable

MOST_SAID = 3
"""Changes that one sentence tells; of the others it says how many."""


def changes(before: Board, after: Board) -> tuple[tuple[str, str], ...]:
    """What has changed: each item, and what of it, in the order of `after`."""
    was = {row.item: row for row in before.rows}
    found = [
        (row.item, words)
        for row in after.rows
        if (words := ", ".join(_of(was.get(row.item), row)))
    ]
    there = {row.item for row in after.rows}
    gone = [(name, "no longer open") for name in was if name not in there]
    return (*found, *gone)


def sentence(found: tuple[tuple[str, str], ...]) -> str:
    """`CMB-0001: at work, CAMBER-07; CMB-0002: its turn; and 4 more`."""
    said = [f"{item}: {words}" for item, words in found[:MOST_SAID]]
    if len(found) > MOST_SAID:
        said.append(f"and {len(found) - MOST_SAID} more")
    return "; ".join(said)


def _of(was: Row | None, row: Row) -> Iterator[str]:
    """What of one item is another."""
    if was is None:
        yield "new"
    if was is None or (was.state, was.who) != (row.state, row.who):
        yield WORDS[row.state]
        if row.who:
            yield printable(row.who)
    if row.next_up and not (was and was.next_up):
        yield "its turn"
    if row.stuck and not (was and was.stuck):
        yield ALERTS["stuck"]
    lease, old = row.lease, was.lease if was else None
    if lease and lease.over and not (old and old.over):
        yield ALERTS["over"]
    elif lease and lease.soon and not (old and old.soon):
        yield ALERTS["soon"]
    if (row.unseen or 0) > ((was.unseen if was else 0) or 0):
        yield "a note that was not seen"
    if was and (was.subject, was.keys) != (row.subject, row.keys):
        yield "told anew"
