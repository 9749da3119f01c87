"""`fleetfeed claim` takes an item into work."""

from fleetfeed.cli.context import Shell
from fleetfeed.cli.fields import Flag, known_item
from fleetfeed.cli.words import argument, command, option
from fleetfeed.cli.writer import Writer, seconds_of, writes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import Usage
from fleetfeed.model.post import State
from fleetfeed.util.progress import status
from fleetfeed.writing.idempotency import ExpectedPost, Plan
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.verbs import claim as claim_item
from fleetfeed.writing.verbs import first_post, known_prefix, parked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetfeed.cli.output import More

_RUNNING = State.IN_PROGRESS


@command()
@argument("item", required=False)
@option("--new", "prefix", metavar="PREFIX", help="A new item, in work at once.")
@option("--resume", is_flag=True, help="Go on with what your own seat holds.")
@option(
    "--park", multiple=True, metavar="ITEM", help="Park this item in the same commit."
)
@option("--watch", is_flag=True, help="Wait for the lapse, and take over then.")
@option("--wait", is_flag=True, help="Take a place in line, and wait for the turn.")
@option(
    "--at-most", metavar="TIME", help="How long to wait, such as 90s; else for ever."
)
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
    wait: bool,
    at_most: str | None,
    **flags: Flag,
) -> None:
    """Take ITEM into work, or a new item of PREFIX by its surface.

    Exit 0: it is yours. Exit 1: somebody has it, and the answer says who, since when,
    and what to do. What your own seat holds through another command is held, too:
    --resume takes it up and raises the epoch, so that the other command is fenced.
    With --reason an item is taken over whose lease has lapsed; --watch waits for that,
    and where the server keeps no time it is this command that watches.

    With --wait, where another item has the surface, a place in line is taken: a post
    that PARKS the item with TURN. The command ends when the item is yours (0), or when
    it has waited --at-most so long (3): the place stays, and the same command with the
    ITEM goes on. `park ITEM`, `cancel` and `release` give it up.

    \b
    Examples:
      fleetfeed claim CMB-1438
      fleetfeed claim --new CMB --subject "verify the job ids" \\
          --surface CAMBER:push-readiness:job-ids --proof "reads the allow-list only"
      fleetfeed claim CMB-1440 --park CMB-1438
      fleetfeed claim CMB-1438 --watch --reason "CAMBER-06 is silent"
      fleetfeed claim CMB-1441 --wait --at-most 10m
    """
    others = tuple(dict.fromkeys(map(known_item, park)))
    _may_be(item, prefix, others, resume=resume, epoch=flags["epoch"] is not None)
    known = known_prefix(prefix) if prefix else known_item(str(item))
    writer = Writer.of(shell, flags, item or "")
    if watch:
        _may_watch(writer, prefix, parks=bool(others))
    if wait or at_most is not None:
        _may_wait(writer, wait=wait, watch=watch, parks=bool(others))
        _wait(writer, item, prefix, at_most, resume=resume)
        return

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
            more=_after(others, seat),
            own=own,
            work=work,
        )
        return
    from fleetfeed.hold.guard import boot_clock  # late: few watch
    from fleetfeed.writing.takeover import Watch, take_over

    shell.remark(f"fleetfeed: {known} is taken over when it has lapsed")
    take_over(
        Watch(shell.repo, known, status, boot_clock),
        writer.request,
        plan_of,
        lambda plan, lapsed: writer.land(
            plan, claimed, watched=frozenset(filter(None, (lapsed,))), work=True
        ),
    )


def _after(others: tuple[str, ...], seat: str) -> "Callable[[Snapshot], More] | None":
    """What is told where `others` were parked; nothing where there are none."""
    if not others:
        return None

    def more(feed: Snapshot) -> "More":
        from fleetfeed.cli.dependencies import after_move  # late: an answer's

        return after_move(feed, others, seat)

    return more


def _may_be(
    item: str | None,
    prefix: str | None,
    others: tuple[str, ...],
    *,
    resume: bool,
    epoch: bool,
) -> None:
    """Usage where what is said of the item cannot be."""
    if (item is None) == (prefix is None):
        raise Usage("give ITEM, or --new PREFIX for a new one")
    if prefix and resume:
        raise Usage("--resume goes on with an ITEM; with --new there is none")
    if item in others:
        raise Usage(f"{item} cannot be claimed and parked at once")
    if prefix and epoch:
        raise Usage("--epoch is about an ITEM that you hold; with --new there is none")


def _wait(
    writer: Writer,
    item: str | None,
    prefix: str | None,
    most: str | None,
    *,
    resume: bool,
) -> None:
    from fleetfeed.cli.wait import claim_in_turn  # late: few wait
    from fleetfeed.writing.in_turn import Sought

    seconds = None if most is None else seconds_of("at-most", most)
    claim_in_turn(writer, Sought(item or "", prefix or "", resume), seconds)


def _may_wait(writer: Writer, *, wait: bool, watch: bool, parks: bool) -> None:
    if not wait:
        raise Usage("--at-most is how long to --wait; give both")
    if watch:
        raise Usage("--watch waits for a lapse, --wait for a turn; give one of them")
    if parks:
        raise Usage("--wait parks what it waits with; leave --park out")
    if writer.dry_run:
        raise Usage("--dry-run says what would be now; leave --wait out")


def _may_watch(writer: Writer, prefix: str | None, *, parks: bool) -> None:
    if prefix:
        raise Usage("--watch waits for an ITEM to lapse; with --new there is none")
    if parks:
        raise Usage("--watch waits for the ITEM that it takes; leave --park out")
    if not writer.request.reason:
        raise Usage("who is replaced is owed a sentence; give --reason")
    if writer.dry_run:
        raise Usage("--dry-run says what would be now; leave --watch out")
