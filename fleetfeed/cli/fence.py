"""`fleetfeed fence` asks whether an item is still yours."""

import time

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.fields import checked_field, held_claim, known_item
from fleetfeed.cli.writer import seconds_of
from fleetfeed.feed.question import Basis, Question
from fleetfeed.lease.estimate import binding_lease
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.writing.answering import answering
from fleetfeed.writing.next_steps import steps_with
from fleetfeed.writing.request import EPOCH_VARIABLE, require_yours


@click.command()
@click.argument("item")
@click.option("--seat", help="Who asks. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@click.option(
    "--epoch",
    type=int,
    metavar="N",
    help=f"The one you hold. Default: {EPOCH_VARIABLE}.",
)
@click.option("--timeout", default="30s", show_default=True, help="How long to ask.")
@json_flag
@with_shell
def fence(
    shell: Shell,
    /,
    item: str,
    *,
    seat: str | None,
    epoch: int | None,
    timeout: str,
) -> None:
    """Ask whether your seat still holds ITEM: at the last moment before a write.

    Exit 0: it does, at epoch N. Exit 4: somebody else does, or nobody, and the answer
    says who. Exit 3: cannot tell, so do not write. What happens between this answer and
    the write, it cannot see. Under `hold` it also tells whether it is this very claim
    (FLEETFEED_OP). Without an epoch the seat alone answers, for all its commands.

    \b
    Examples:
      fleetfeed fence CMB-1438 --epoch 2
      fleetfeed fence CMB-1438 --seat CAMBER-06/import
    """
    known, seconds = known_item(item), seconds_of("timeout", timeout)
    asking = shell.seat if seat is None else checked_field("seat", seat)
    held, op = held_claim(epoch, known)
    ledger = shell.ledger
    tip = ledger.read(seconds)
    basis = Basis(tip.feed, ledger.where.ref, tip.commit)
    now = tip.feed.item(known)
    with answering(Question(basis, asking, (known,))):
        require_yours(now, asking, held, op)
        ledger.require_decisive(tip, seconds)
    if shell.as_json:
        lease = binding_lease(tip.feed, now, time.time())
        shell.show(
            "yours",
            items=[item_json(tip.feed, now, lease)],
            next=shell.typed(steps_with(tip.feed, now, asking)),
            feed=feed_json(basis),
        )
    else:
        click.echo(f"{now.id} is held by {now.holder} at epoch {now.epoch}")
