"""`fleetfeed beat`: a sign of life now, for who has nothing that beats meanwhile."""

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.fields import known_item
from fleetfeed.cli.streams import echo
from fleetfeed.cli.words import argument, command, option
from fleetfeed.cli.writer import seconds_of, timeout_flag
from fleetfeed.model.errors import FleetfeedError, Usage
from fleetfeed.model.seats import checked_seat
from fleetfeed.writing.beat_memory import none_due

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.item import Item
    from fleetfeed.writing.beat_own import Beats


@command()
@argument("items", nargs=-1, metavar="[ITEM]...")
@option("--mine", is_flag=True, help="All that your seat itself holds or waits for.")
@option(
    "--at-most-every",
    metavar="DURATION",
    help="Not again so soon, unless a lease needs it (three beats in each).",
)
@option("--seat", help="Who beats. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@timeout_flag
@json_flag
@with_shell
def beat(
    shell: Shell,
    /,
    items: tuple[str, ...],
    *,
    mine: bool,
    at_most_every: str | None,
    seat: str | None,
    timeout: str,
) -> int:
    """Show that you are alive: ITEM's lease, or that of its place in line, runs anew.

    It leaves no post behind. Several items go in one push. With --at-most-every it ends
    at once, and asks nobody, where no beat is due: for a hook that runs after each of
    an agent's steps. Of sub-seats (sessions) --mine takes none: each beats for itself.

    Exit 4 where one of them is no longer yours, which says whose it is; with --mine it
    is told once. Exit 3 where nothing was heard.

    \b
    Examples:
      fleetfeed beat CMB-1438
      fleetfeed beat --mine
      fleetfeed beat --mine --at-most-every 5m
    """
    if mine == bool(items):
        raise Usage("name the items that are to be kept alive, or say --mine")
    if at_most_every is not None and not mine:
        raise Usage("--at-most-every goes with --mine: what is named is beaten for now")
    every = (
        None if at_most_every is None else seconds_of("at-most-every", at_most_every)
    )
    names, seconds = (
        [known_item(item) for item in items],
        seconds_of("timeout", timeout),
    )
    asking = shell.seat if seat is None else checked_seat("--seat", seat)
    folder = shell.repo.common_folder
    if every is not None and none_due(folder, asking, every):
        return _show(shell, asking, None)
    from fleetfeed.writing.beat_own import (  # late: mostly none is due
        beat_for,
        beat_own,
    )

    if mine:
        return _show(shell, asking, beat_own(shell.repo, asking, every, seconds))
    return _show(shell, asking, beat_for(shell.repo, asking, names, seconds))


def _show(shell: Shell, seat: str, beats: "Beats | None") -> int:
    """Print what became of the beats (None: none was due); the exit code."""
    heard = beats.heard if beats else ()
    lines = [_line(item, said) for item, said in heard]
    if beats is None or (beats.later and not lines and not beats.error):
        shell.remark("fleetfeed: no beat is due")
    elif not lines and not beats.error:
        shell.remark(f"fleetfeed: {seat} holds nothing, and is in no line")
    if beats and beats.error:
        for line in lines:
            shell.remark(line)
        _raise(shell, seat, beats)
    if shell.as_json:
        return _document(shell, seat, beats)
    if lines:
        echo("\n".join(lines))
    return 0


def _line(item: "Item", said: str) -> str:
    where = f"in line, TURN {item.turn}" if item.turn else f"epoch {item.epoch}"
    return f"{item.id} ({where}): {said or 'heard'}"


def _raise(shell: Shell, seat: str, beats: "Beats") -> None:
    """Raise the first thing that is wrong; the others are remarked."""
    from fleetfeed.feed.question import Question

    wrong: list[FleetfeedError] = [*beats.lost, *beats.unheard]
    first = wrong[0]
    for text in dict.fromkeys(str(error) for error in wrong[1:]):
        shell.remark(f"fleetfeed: {text}")
    if beats.unheard:
        shell.remark("fleetfeed: the lease runs on; type this again before it ends")
    names = tuple(item.id for item, _ in beats.heard)
    first.question = first.question or Question(beats.view.basis, seat, names)
    raise first


def _document(shell: Shell, seat: str, beats: "Beats | None") -> int:
    if beats is None:
        return shell.show("alive", seat=seat)
    import time

    from fleetfeed.lease.estimate import binding_lease
    from fleetfeed.report.documents import feed_json, item_json
    from fleetfeed.writing.next_steps import steps_to_ready

    feed, now = beats.view.snapshot, time.time()
    items = [*(item for item, _ in beats.heard), *beats.later]
    said = [_line(item, text) for item, text in beats.heard if text]
    return shell.show(
        "alive",
        seat=seat,
        items=[item_json(feed, i, binding_lease(feed, i, now)) for i in items],
        remarks=said,
        next=shell.typed(steps_to_ready(feed, seat)),
        feed=feed_json(beats.view.basis),
    )
