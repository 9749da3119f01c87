"""`fleetfeed claim` and `next` take an item; `fence` asks whether it is still yours."""

import time

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.dependencies import after_move
from fleetfeed.cli.fields import Flag, checked_field, held_claim
from fleetfeed.cli.output import More, known_item
from fleetfeed.cli.writer import Writer, seconds_of, writes
from fleetfeed.feed.question import Basis, Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.hold.guard import boot_clock
from fleetfeed.lease.estimate import in_the_way
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import Usage
from fleetfeed.model.post import State
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.util.progress import status
from fleetfeed.writing.answering import answering
from fleetfeed.writing.idempotency import ExpectedPost, Plan
from fleetfeed.writing.next_steps import steps_with
from fleetfeed.writing.queue import next_of_own, next_ready
from fleetfeed.writing.request import (
    EPOCH_VARIABLE,
    Drafts,
    Request,
    require_yours,
)
from fleetfeed.writing.takeover import Watch, take_over
from fleetfeed.writing.verbs import claim as claim_item
from fleetfeed.writing.verbs import first_post, known_prefix, parked

_RUNNING = State.IN_PROGRESS


@click.command()
@click.argument("item", required=False)
@click.option("--new", "prefix", metavar="PREFIX", help="A new item, in work at once.")
@click.option("--resume", is_flag=True, help="Go on with what your own seat holds.")
@click.option(
    "--park", multiple=True, metavar="ITEM", help="Park this item in the same commit."
)
@click.option("--watch", is_flag=True, help="Wait for the lapse, and take over then.")
@writes("state")
def claim(
    shell: Shell,
    /,
    item: str | None,
    *,
    prefix: str | None,
    resume: bool,
    park: tuple[str, ...],
    watch: bool,
    **flags: Flag,
) -> None:
    """Take ITEM into work, or a new item of PREFIX by its surface.

    Exit 0: it is yours. Exit 1: somebody has it, and the answer says who, since when,
    and what to do. What your own seat holds through another command is held, too:
    --resume takes it up and raises the epoch, so that the other command is fenced.
    With --reason an item is taken over whose lease has lapsed; --watch waits for that,
    and where the server keeps no time it is this command that watches.

    \b
    Examples:
      fleetfeed claim CMB-1438
      fleetfeed claim --new CMB --subject "verify the job ids" \\
          --surface CAMBER:push-readiness:job-ids --proof "reads the allow-list only"
      fleetfeed claim CMB-1440 --park CMB-1438
      fleetfeed claim CMB-1438 --watch --reason "CAMBER-06 is silent"
    """
    if (item is None) == (prefix is None):
        raise Usage("give ITEM, or --new PREFIX for a new one")
    if prefix and resume:
        raise Usage("--resume goes on with an ITEM; with --new there is none")
    others = tuple(dict.fromkeys(map(known_item, park)))
    if item in others:
        raise Usage(f"{item} cannot be claimed and parked at once")
    if prefix and flags["epoch"] is not None:
        raise Usage("--epoch is about an ITEM that you hold; with --new there is none")
    known = known_prefix(prefix) if prefix else known_item(str(item))
    writer = Writer.of(shell, flags, item or "")
    if watch:
        _may_watch(writer, prefix, parks=bool(others))

    def plan_of(request: Request) -> Plan:
        def plan(feed: Snapshot) -> Drafts:
            aside = parked(feed, others, request)
            if prefix:
                return (*first_post(feed, known, _RUNNING, request), *aside)
            return (*claim_item(feed, known, request, resume=resume), *aside)

        return plan

    fields = {"STATE": _RUNNING.value, **({} if prefix else {"ITEM": known})}
    claimed = ExpectedPost.of(writer.request, fields, prefix=prefix or "")
    if not watch:
        seat, state = writer.request.seat, State.PARKED.value
        rest = ({"SEAT": seat, "ITEM": each, "STATE": state} for each in others)
        own = (known,) if resume else ()
        expected = (claimed, *map(ExpectedPost, rest))
        work = not prefix  # of what is new, who claims has just said what it is
        writer.land(
            plan_of(writer.request),
            *expected,
            more=lambda feed: after_move(feed, others, seat) if others else More(),
            own=own,
            work=work,
        )
        return
    shell.remark(f"fleetfeed: {known} is taken over when it has lapsed")
    take_over(
        Watch(shell.repo, known, status, boot_clock),
        writer.request,
        plan_of,
        lambda plan, lapsed: writer.land(plan, claimed, watched=lapsed, work=True),
    )


def _may_watch(writer: Writer, prefix: str | None, *, parks: bool) -> None:
    if prefix:
        raise Usage("--watch waits for an ITEM to lapse; with --new there is none")
    if parks:
        raise Usage("--watch waits for the ITEM that it takes; leave --park out")
    if not writer.request.reason:
        raise Usage("who is replaced is owed a sentence; give --reason")
    if writer.dry_run:
        raise Usage("--dry-run says what would be now; leave --watch out")


@click.command("next")
@click.option("--lane", help="Only items of this lane, or with a surface in it.")
@click.option("--mine", is_flag=True, help="What rests with you and is ready now.")
@writes(
    "state", "epoch", "subject", "owner", "surface", "proof",
    "depends_on", "parent", "priority", "approval",
)  # fmt: skip
def next_(shell: Shell, /, lane: str | None, *, mine: bool, **flags: Flag) -> None:
    """Take the next ready item into work: by priority, and then the oldest.

    Ready is what awaits its claim, may be claimed by your seat, has a free surface, and
    depends on nothing that is not DONE. An item without PRIORITY counts as 50. When
    another seat is quicker, the one after it is taken. What another seat filed, and has
    something near that its proof does not name, comes last. Exit 1 where none is ready.

    With --mine it is the first item that rests with your seat (BLOCKED or PARKED) until
    others were done, and they are. It is resumed, at the next epoch.

    \b
    Examples:
      fleetfeed next
      fleetfeed next --lane CAMBER --lease 2h
      fleetfeed next --mine
    """
    writer = Writer.of(shell, flags)
    known = {"STATE": _RUNNING.value}
    expected = ExpectedPost.of(writer.request, known, later=True)
    ready = next_of_own if mine else next_ready

    def plan(feed: Snapshot) -> Drafts:
        return ready(feed, lane, writer.request)

    writer.land(plan, expected, work=True, newest=True)


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
    ledger = GitLedger(shell.repo)
    tip = ledger.read(seconds)
    basis = Basis(tip.feed, ledger.where.ref, tip.commit)
    now = tip.feed.item(known)
    with answering(Question(basis, asking, (known,))):
        require_yours(now, asking, held, op)
        ledger.require_decisive(tip, seconds)
    if shell.as_json:
        lease = in_the_way(now, tip.feed.rules, time.time())
        shell.show(
            "yours",
            items=[item_json(tip.feed, now, lease)],
            next=shell.typed(steps_with(tip.feed, now, asking)),
            feed=feed_json(basis),
        )
    else:
        click.echo(f"{now.id} is held by {now.holder} at epoch {now.epoch}")
