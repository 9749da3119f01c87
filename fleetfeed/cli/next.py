"""`fleetfeed next` takes the next ready item into work."""

from fleetfeed.cli.context import Shell
from fleetfeed.cli.fields import Flag
from fleetfeed.cli.words import command, option
from fleetfeed.cli.writer import Writer, writes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.post import State
from fleetfeed.writing.idempotency import ExpectedPost
from fleetfeed.writing.next_item import next_of_own, next_ready
from fleetfeed.writing.request import Drafts


@command("next")
@option("--lane", help="Only items of this lane, or with a surface in it.")
@option("--mine", is_flag=True, help="What rests with you and is ready now.")
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
    known = {"STATE": State.IN_PROGRESS.value}
    expected = ExpectedPost.of(writer.request, known, later=True)
    ready = next_of_own if mine else next_ready

    def plan(feed: Snapshot) -> Drafts:
        return ready(feed, lane, writer.request)

    writer.land(plan, expected, work=True, newest=mine, takes_any=not mine)
