"""The commands that move an item which is there, and `reserve`, which files a new one.

`block`, `park`, `cancel` and `done` are one command, and a table.
"""

import os

from fleetfeed.cli.context import Shell
from fleetfeed.cli.fields import FLAGS, Flag, checked_text, known_item
from fleetfeed.cli.words import argument, command, option
from fleetfeed.cli.writer import Writer, writes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import FleetfeedError, Refused, Usage
from fleetfeed.model.fields import NONE, is_none
from fleetfeed.model.post import State
from fleetfeed.writing.idempotency import ExpectedPost
from fleetfeed.writing.own_items import NothingHeld, give_back
from fleetfeed.writing.request import Drafts
from fleetfeed.writing.verbs import evict as evict_item
from fleetfeed.writing.verbs import first_post, hand_over, known_prefix, move, yield_to
from fleetfeed.writing.verbs import renew as renew_item

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

    from fleetfeed.cli.output import More
    from fleetfeed.cli.words import Declared

_MOVES = {
    "block": (
        State.BLOCKED,
        ("owner", "lease"),
        """Say that ITEM cannot go on. Its surface is free; `claim` goes on with it.

    \b
    Examples:
      fleetfeed block CMB-1438 --reason "waits for the vendor's answer"
      fleetfeed block CMB-1438 --depends-on CMB-1440
    """,
    ),
    "park": (
        State.PARKED,
        ("owner", "lease"),
        """Lay ITEM aside. Its surface is free; `claim` goes on with it.

    What is in line (`claim --wait`) leaves the line.

    \b
    Examples:
      fleetfeed park CMB-1438 --reason "CMB-1440 comes first"
    """,
    ),
    "cancel": (
        State.CANCELLED,
        ("owner", "lease"),
        """End ITEM without its work being done. Its surface is free.

    \b
    Examples:
      fleetfeed cancel CMB-1438 --reason "the page is going away"
    """,
    ),
    "done": (
        State.DONE,
        ("owner", "lease"),
        """End ITEM: its work is done. Its surface is free.

    Says which items are ready now that depended on it, and which still wait for what.

    \b
    Examples:
      fleetfeed done CMB-1438
      fleetfeed done CMB-1438 --field WORK_PROOF=https://ci.example.org/1438
    """,
    ),
}
"""Command -> the state that it takes an item to, the flags it lacks, and its help."""

_OUT_OF_LINE = {"STATE": State.PARKED.value, "TURN": NONE}
"""What `release` posts of an item in line, which has nothing to give back."""

_FOR_ALL = {"seat", "reason", "body", "body_file", "others"}
"""Flags for fields that may be said of all that is given back."""


def _command(
    name: str, state: State, without: tuple[str, ...], text: str
) -> "Declared | click.Command":
    """The command `name`, which takes an item to `state`."""

    @command(name, text)
    @argument("item")
    @writes("state", *without)
    def run(shell: Shell, /, item: str, **flags: Flag) -> None:
        known = known_item(item)
        writer = Writer.of(shell, flags, known)

        def more(feed: Snapshot) -> "More":
            return _after(feed, known, writer)

        writer.land(
            lambda feed: move(feed, known, state, writer.request),
            ExpectedPost.of(writer.request, {"ITEM": known, "STATE": state.value}),
            more=more,
            own=(known,),
        )

    return run


def _after(feed: Snapshot, item: str, writer: Writer) -> "More":
    """What a move of `item` means for those that depend on it."""
    from fleetfeed.cli.dependencies import after_move  # late: an answer's

    return after_move(feed, (item,), writer.request.seat)


block, park, cancel, done = (_command(n, *row) for n, row in _MOVES.items())


@command()
@argument("item", required=False)
@option("--mine", is_flag=True, help="All that your seat itself holds or waits for.")
@writes("state")
def release(shell: Shell, /, item: str | None, *, mine: bool, **flags: Flag) -> None:
    """Give ITEM back: it awaits its claim, by anyone or by --owner.

    It keeps its surface; `park` and `cancel` let that go. What is in line leaves it.

    With --mine it is all that your seat has in progress or in line, in one commit: at
    the end of a session. What its sub-seats have stays theirs. Exit 0, too, where that
    is nothing.

    \b
    Examples:
      fleetfeed release CMB-1438
      fleetfeed release CMB-1438 --owner any-idle-camber
      fleetfeed release --mine --reason "the session has ended"
    """
    if mine == (item is not None):
        raise Usage("give the ITEM, or --mine for all that your seat holds")
    if mine:
        _give_back(shell, flags)
        return
    known, awaits = known_item(str(item)), State.AWAITING_CLAIM
    writer = Writer.of(shell, flags, known)
    writer.land(
        lambda feed: move(feed, known, awaits, writer.request),
        ExpectedPost.of(
            writer.request,
            {"ITEM": known, "STATE": awaits.value},
            instead=_OUT_OF_LINE,
        ),
        own=(known,),
    )


def _give_back(shell: Shell, flags: dict[str, Flag]) -> None:
    """Give all back that the seat itself holds, and its places in line."""
    named = {flag for flag in FLAGS if flags.get(flag) not in (None, ())}
    extra = sorted(named - _FOR_ALL) or ["epoch"] * (flags["epoch"] is not None)
    if extra:
        flag = extra[0].replace("_", "-")
        raise Usage(f"--{flag} is about one item; leave it out with --mine")
    writer = Writer.of(shell, flags)
    seat = writer.request.seat
    try:
        writer.land(lambda feed: give_back(feed, writer.request), newest=True)
    except NothingHeld as nothing:
        shell.remark(f"fleetfeed: {nothing}")
        if shell.as_json:
            _show_nothing(shell, seat, nothing.question)
    except Refused as refused:
        if refused.findings and not writer.dry_run:
            _give_the_rest_back(writer)
        raise


def _give_the_rest_back(writer: Writer) -> None:
    """Give back what is not refused, and say so: the refusal is the answer."""

    def plan(feed: Snapshot) -> Drafts:
        return give_back(feed, writer.request, lawful=True)

    try:
        ok = writer.sent(writer.wanted(plan, newest=True))
    except FleetfeedError:
        return  # it is told why not all of it was given back
    names = ", ".join(dict.fromkeys(post.item for post in ok.posts))
    writer.shell.remark(f"fleetfeed: given back all the same: {names}")


def _show_nothing(shell: Shell, seat: str, question: object) -> None:
    from fleetfeed.feed.question import Question  # late, as in `context`
    from fleetfeed.report.documents import feed_json

    basis = question.basis if isinstance(question, Question) else None
    shell.show("done", seat=seat, feed=feed_json(basis) if basis else None)


@command()
@argument("item")
@writes("state", "owner", "surface", "proof", "subject")
def renew(shell: Shell, /, item: str, **flags: Flag) -> None:
    """Begin the lease of ITEM, or of its place in line, anew.

    Whoever let a lease lapse, and was not replaced, goes on with this. A longer --lease
    counts from now on; a shorter one does not shorten what the claim has at this epoch.

    \b
    Examples:
      fleetfeed renew CMB-1438
      fleetfeed renew CMB-1438 --lease 4h
    """
    known = known_item(item)
    writer = Writer.of(shell, flags, known)
    expected = ExpectedPost.of(writer.request, {"ITEM": known})
    writer.land(
        lambda feed: renew_item(feed, known, writer.request), expected, own=(known,)
    )


@command()
@argument("item")
@option("--force", is_flag=True, help="As a steward: whether it lives or not.")
@writes("state", "owner", "surface", "proof", "subject")
def evict(shell: Shell, /, item: str, force: bool, **flags: Flag) -> None:
    """Take ITEM from a seat whose lease has lapsed; it awaits another claim then.

    `fleetfeed claim ITEM --reason …` takes it over at once. A steward evicts with
    --force whoever holds it.

    \b
    Examples:
      fleetfeed evict CMB-1438 --reason "silent since yesterday"
      fleetfeed evict CMB-1438 --force --reason "the host is gone"
    """
    known = known_item(item)
    writer, awaits = Writer.of(shell, flags, known), State.AWAITING_CLAIM
    if not writer.request.reason:
        raise Usage("who loses work is owed a sentence; give --reason")
    writer.land(
        lambda feed: evict_item(feed, known, writer.request, force=force),
        ExpectedPost.of(writer.request, {"ITEM": known, "STATE": awaits.value}),
    )


@command()
@argument("item")
@option("--to", required=True, metavar="SEAT", help="Who goes on with it.")
@writes("state", "owner")
def handoff(shell: Shell, /, item: str, to: str, **flags: Flag) -> None:
    """Give ITEM to another seat.

    In progress, SEAT holds it from now on, and the epoch grows: whatever you still have
    at work on it is fenced. Otherwise ITEM awaits its claim, by SEAT alone.

    \b
    Examples:
      fleetfeed handoff CMB-1438 --to CAMBER-07
    """
    known, seat = known_item(item), checked_text("to", to)
    if is_none(seat):
        raise Usage(f"--to {to} is no seat; `fleetfeed release {known}` gives it back")
    writer = Writer.of(shell, flags, known, OWNER="--to")
    writer.land(
        lambda feed: hand_over(feed, known, seat, writer.request),
        ExpectedPost.of(writer.request, {"ITEM": known, "OWNER": seat}),
        own=(known,),
    )


@command("yield")
@argument("item")
@option("--to", required=True, metavar="ITEM", help="The item that goes on.")
@option("--park", is_flag=True, help="Park ITEM; do not cancel it.")
@writes("state")
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
    token = os.urandom(4).hex()
    writer.land(
        lambda feed: yield_to(
            feed, known, writer.request, to=other, state=state, token=token
        ),
        ExpectedPost.of(writer.request, {"ITEM": known, "STATE": state.value}),
        ExpectedPost({"SEAT": writer.request.seat, "ITEM": other}),
        more=lambda feed: _after(feed, known, writer),
        own=(known,),
    )


@command()
@argument("prefix")
@writes("state", "epoch", "approval")
def reserve(shell: Shell, /, prefix: str, **flags: Flag) -> None:
    """File a new item of PREFIX under the next free number, awaiting its claim.

    Its surface is held from then on. The item is printed first, alone on its line.
    However many seats ask at once, no number is given twice.

    \b
    Examples:
      fleetfeed reserve CMB --subject "verify the job ids" \\
          --surface CAMBER:push-readiness:job-ids --proof "reads the allow-list only"
      fleetfeed reserve CMB --subject "objective of the week" --priority 10
    """
    known, awaits = known_prefix(prefix), State.AWAITING_CLAIM
    writer = Writer.of(shell, flags)
    writer.land(
        lambda feed: first_post(feed, known, awaits, writer.request),
        ExpectedPost.of(writer.request, {"STATE": awaits.value}, prefix=known),
    )
