"""`fleetfeed inbox`: what was said to a seat."""

from collections.abc import Mapping

import click

from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.cli.messages import counted, message_json, message_lines
from fleetfeed.cli.pager import paged
from fleetfeed.feed.messages import Message, count_unseen, messages
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.seats import checked_seat
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.writing.estimates import LeaseEstimates
from fleetfeed.writing.inbox import Entry, entries
from fleetfeed.writing.next_steps import steps_to_ready


@click.command()
@click.option("--seat", help="Whose. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@click.option("--all", "everything", is_flag=True, help="What is seen, too.")
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@json_flag
@with_shell
@paged
def inbox(shell: Shell, *, seat: str | None, everything: bool, offline: bool) -> None:
    """List what was said to you: notes, and others' posts with a REASON or a BODY.

    It has the messages to what your seat holds, is offered or has filed, in full, that
    you have not seen: those that came after the last post on the item by a command of
    yours. Reading them here leaves them unseen; `renew` and every other command that
    posts on the item tells them once more, and then they are seen.

    \b
    Examples:
      fleetfeed inbox
      fleetfeed inbox --all
      fleetfeed inbox --seat CAMBER-06 --json
    """
    asking = shell.seat if seat is None else checked_seat("--seat", seat)
    view = shell.ledger.view(offline=offline)
    there = list(entries(view.snapshot, asking, everything=everything))
    view.snapshot.expect_said(entry.item.id for entry in there)
    found = [
        (entry, told)
        for entry in there
        if (told := _told(view.snapshot, entry, everything=everything))
    ]
    if shell.as_json:
        leases, unseen = LeaseEstimates(shell.repo, view), _unseen(found)
        shell.show(
            "listed",
            seat=asking,
            items=[
                item_json(view.snapshot, e.item, leases.of(e.item), unseen=unseen)
                for e, _ in found
            ],
            notes=[message_json(message) for _, told in found for message in told],
            next=shell.typed(steps_to_ready(view.snapshot, asking)),
            feed=feed_json(view.basis),
        )
        return
    for entry, told in found:
        click.echo(_head(entry))
        for message in told:
            click.echo("\n".join(message_lines(message)))
    total = counted(sum(_unseen(found).values()))
    click.echo(f"{total} for {asking}; {view.age}", err=True)


def _told(feed: Snapshot, entry: Entry, *, everything: bool) -> tuple[Message, ...]:
    """What is to be listed, the unseen first."""
    item, whose = entry.item.id, entry.whose
    if not everything and not count_unseen(feed, item, whose):
        return ()
    told = messages(feed, item, whose)
    seen = tuple(message for message in told if message.seen)
    return (*(m for m in told if not m.seen), *(seen if everything else ()))


def _head(entry: Entry) -> str:
    item = entry.item
    state = item.state.value if item.state else "UNREADABLE"
    return uncut(f"{item.id} {state}, {entry.why}: {item.subject}")


def _unseen(found: list[tuple[Entry, tuple[Message, ...]]]) -> Mapping[str, int]:
    """How many of the listed messages the seat has not seen, by item."""
    return {e.item.id: sum(not message.seen for message in told) for e, told in found}
