"""`fleetfeed keep`: beats beside whoever works, for as long as they are there."""

from collections.abc import Iterable

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.fields import known_item
from fleetfeed.cli.streams import echo
from fleetfeed.cli.writer import seconds_of, timeout_flag
from fleetfeed.feed.question import Question
from fleetfeed.hold.guard import boot_clock
from fleetfeed.hold.keep import begin, end
from fleetfeed.hold.keeper import Orders
from fleetfeed.hold.kept import Keeper, holding_of, keepers
from fleetfeed.hold.serving import Process, caller, process
from fleetfeed.lease.lease import lease_of
from fleetfeed.model.errors import FleetfeedError, Usage
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.seats import checked_seat
from fleetfeed.report.documents import Json, feed_json
from fleetfeed.util.printable import printable
from fleetfeed.writing.beat_objects import require_beats
from fleetfeed.writing.beat_own import Beats, beat_for, beat_own


@click.command()
@click.argument("items", metavar="[ITEM]...", nargs=-1)
@click.option("--mine", is_flag=True, help="All that your seat itself holds.")
@click.option(
    "--parent",
    "pid",
    type=click.IntRange(1),
    metavar="PID",
    help="Keep it while this process lives. Default: the one that runs the command.",
)
@click.option("--stop", is_flag=True, help="End it: of ITEM, or of all for your seat.")
@click.option("--seat", help="Who beats. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@timeout_flag
@json_flag
@with_shell
def keep(
    shell: Shell,
    /,
    items: tuple[str, ...],
    *,
    mine: bool,
    pid: int | None,
    stop: bool,
    seat: str | None,
    timeout: str,
) -> int:
    """Beat for ITEM, which you hold or are in line with, in a process beside you.

    The process is there for whoever has called this: it ends when they do, however that
    is, and when the item is ended, handed on or lost; nothing is released then, and the
    lease runs out. A shell that was told one command (`sh -c`), as agents have it, is
    no caller: whoever has started it is. --parent names another one. It can be told to
    end by SIGTERM, or --stop.

    There is one for each item in a clone; a second `keep` says so, and begins another
    where that one serves somebody who is gone.

    \b
    Examples:
      fleetfeed keep CMB-1438
      fleetfeed keep --mine --parent 4711
      fleetfeed keep --stop
    """
    names, seconds = [*map(known_item, items)], seconds_of("timeout", timeout)
    asking = shell.seat if seat is None else checked_seat("--seat", seat)
    if stop:
        _needs(not (mine or pid), "--stop ends what is kept; leave the rest out")
        return _stop(shell, asking, names)
    _needs(mine != bool(names), "name the items that are to be kept, or say --mine")
    served, sent = _served(pid), boot_clock()
    if mine:
        beats = beat_own(shell.repo, asking, None, seconds) or _nothing_due()
    else:
        beats = beat_for(shell.repo, asking, names, seconds)
    kept = [
        _kept(shell, item, asking, served, sent - beats.ages.get(item.id, 0.0))
        for item, _ in beats.heard
    ]
    return _show(shell, asking, beats, kept)


def _needs(there: bool, todo: str) -> None:
    if not there:
        raise Usage(todo)


def _nothing_due() -> Beats:
    raise AssertionError("without a span of time a beat is always due")


def _served(pid: int | None) -> Process:
    """Whom the process is to serve. Usage where they are not there."""
    found = caller() if pid is None else process(pid)
    if found is None:
        who = "whoever has called this" if pid is None else f"process {pid}"
        raise Usage(f"{who} is not there; name a process that lives by --parent PID")
    return found


def _kept(
    shell: Shell, item: Item, seat: str, served: Process, sent: float
) -> tuple[Keeper, bool]:
    """Who keeps `item`, and whether they have begun just now."""
    folder = str(shell.repo.git.folder)
    orders = Orders(folder, item.id, seat, holding_of(item), sent, served)
    return begin(shell.repo.git, shell.repo.common_folder, orders)


def _show(
    shell: Shell, seat: str, beats: Beats, kept: list[tuple[Keeper, bool]]
) -> int:
    rules, feed = beats.view.snapshot.rules, beats.view
    ends = (lease_of(item, rules) for item, _ in beats.heard)
    certificates = {require_beats(shell.repo.git, rules, lease) for lease in ends}
    for said in filter(None, certificates):
        shell.remark(f"fleetfeed: {said}")
    lines = [_line(*each) for each in kept]
    if not (kept or beats.error):
        shell.remark(f"fleetfeed: {printable(seat)} holds nothing, and is in no line")
    if beats.error:
        for line in lines:
            shell.remark(line)
        if beats.unheard:
            todo = "type this again before the lease ends"
            shell.remark(f"fleetfeed: what was not heard of is not kept; {todo}")
        names = tuple(keeper.item for keeper, _ in kept)
        beats.error.question = beats.error.question or Question(feed.basis, seat, names)
        raise beats.error
    if shell.as_json:
        return shell.show(
            "alive", seat=seat, keepers=_documents(kept), feed=feed_json(feed.basis)
        )
    _print(lines)
    return 0


def _line(keeper: Keeper, new: bool) -> str:
    who = keeper.serves
    named = f"{who.pid} ({printable(who.name)})" if who.name else f"{who.pid}"
    verb = "kept" if new else "kept already"
    return f"{keeper.item}: {verb} by process {keeper.process.pid} while {named} lives"


def _documents(kept: Iterable[tuple[Keeper, bool]]) -> list[Json]:
    return [
        {
            "item": keeper.item,
            "pid": keeper.process.pid,
            "serves": keeper.serves.pid,
            "new": new,
        }
        for keeper, new in kept
    ]


def _stop(shell: Shell, seat: str, names: list[str]) -> int:
    """End those that keep what is named, or anything for `seat`."""
    folder = shell.repo.common_folder
    wanted = [
        keeper
        for keeper in keepers(folder)
        if acts_as(seat, keeper.seat) and (not names or keeper.item in names)
    ]
    failed: list[FleetfeedError] = []
    for keeper in wanted:
        try:
            end(folder, keeper)
        except FleetfeedError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    ended = {keeper.item for keeper in wanted}
    for name in names:
        if name not in ended:
            shell.remark(f"fleetfeed: no process of this clone keeps {name}")
    if not (names or wanted):
        who = printable(seat)
        shell.remark(f"fleetfeed: no process of this clone keeps anything for {who}")
    if shell.as_json:
        pairs = ((keeper, False) for keeper in wanted)
        return shell.show("done", seat=seat, keepers=_documents(pairs))
    _print([f"{k.item}: process {k.process.pid} keeps it no more" for k in wanted])
    return 0


def _print(lines: list[str]) -> None:
    if lines:
        echo("\n".join(lines))
