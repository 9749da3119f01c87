"""`fleetfeed handoff` and `yield`: let another seat, or another item, go on."""

import secrets

import click

from fleetfeed.cli.context import Shell, edge
from fleetfeed.cli.fields import Flag, field_flags, told
from fleetfeed.cli.items import known_item
from fleetfeed.cli.writer import Writer, write_flags
from fleetfeed.model.post import State
from fleetfeed.writing.verbs import give_way, hand_over


@click.command()
@click.argument("item")
@click.option("--to", required=True, metavar="SEAT", help="Who goes on with it.")
@field_flags("state", "owner")
@write_flags
@click.pass_obj
@edge
def handoff(shell: Shell, /, item: str, to: str, **flags: Flag) -> None:
    """Give ITEM to another seat.

    In progress, SEAT holds it from now on, and the epoch grows: whatever you still have
    at work on it is fenced. Otherwise ITEM awaits its claim, by SEAT alone.

    \b
    Examples:
      fleetfeed handoff CMB-1438 --to CAMBER-07
    """
    known, seat = known_item(item), told("to", to)
    writer = Writer.of(shell, flags, known)
    writer.land(
        lambda feed: hand_over(feed, known, seat, writer.asked),
        writer.want({"ITEM": known, "OWNER": seat}),
    )


@click.command("yield")
@click.argument("item")
@click.option("--to", required=True, metavar="ITEM", help="The item that goes on.")
@click.option("--park", is_flag=True, help="Park ITEM; do not cancel it.")
@field_flags("state")
@write_flags
@click.pass_obj
@edge
def yield_(shell: Shell, /, item: str, to: str, park: bool, **flags: Flag) -> None:
    """End ITEM in favour of another one that does the same work.

    ITEM is cancelled (with --park: parked), and the other item gets a note of it, in
    one commit.

    \b
    Examples:
      fleetfeed yield CMB-1440 --to CMB-1438
      fleetfeed yield CMB-1440 --to CMB-1438 --park --reason "comes after it"
    """
    known, other = known_item(item), known_item(to)
    writer = Writer.of(shell, flags, known)
    state = State.PARKED if park else State.CANCELLED
    token = secrets.token_hex(4)
    writer.land(
        lambda feed: give_way(
            feed, known, writer.asked, to=other, state=state, token=token
        ),
        writer.want({"ITEM": known, "STATE": state.value}),
        writer.beside(ITEM=other),
    )
