"""`fleetfeed stats`: how many are open, how long work takes, what is fought over."""

import math
import time
from collections.abc import Iterator, Sequence

import click

from fleetfeed.board.gather import figures
from fleetfeed.board.stats import Holding, SeatUse, Spread, Stats, SurfaceUse
from fleetfeed.checks.refusals import refused_known
from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.model.errors import Usage
from fleetfeed.model.refused import Refused
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.report.documents import Json, at, feed_json, surface_json
from fleetfeed.util import durations
from fleetfeed.util.printable import printable

_SHOWN = 10
"""Surfaces and seats that the text lists."""

MOST_JSON = 500
"""Surfaces, and holdings, that a document lists."""


def span_of(since: str) -> int:
    """The seconds of `--since`."""
    span = durations.seconds(since)
    if span is None:
        raise Usage(f"--since '{printable(since)}' is no span of time; write 12h or 7d")
    return span


def known_refusals(shell: Shell, *, offline: bool) -> Refused | None:
    """What the feed's server has refused; None where nobody here can tell."""
    if shell.on_database:
        return None
    repo = shell.repo
    return refused_known(repo, repo.where(repo.at_head), offline=offline)


@click.command()
@click.option("--since", default="30d", show_default=True, help="How far to look back.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@json_flag
@with_shell
def stats(shell: Shell, since: str, offline: bool) -> None:
    """Tell how many items are open, how long work takes, and what is fought over.

    Times are those that posts tell (AT). Lead time is from filing to DONE, working time
    from the first claim to DONE, waiting time from filing to the first claim. A surface
    is contended where places in line for it were taken, or its server has refused
    something for its sake (counted by whole days).

    \b
    Examples:
      fleetfeed stats
      fleetfeed stats --since 7d --json
    """
    span, now = span_of(since), time.time()
    view = shell.ledger.view(offline=offline)
    refused = known_refusals(shell, offline=offline)
    found, _ = figures(view.snapshot, refused, span, now)
    open_now = len(view.snapshot.open)
    if shell.as_json:
        shell.show(
            "shown",
            stats=stats_json(found, refused),
            open_count=open_now,
            feed=feed_json(view.basis),
        )
        return
    for line in _lines(found, refused, since, open_now):
        click.echo(line)
    click.echo(view.age, err=True)


def _lines(
    found: Stats, refused: Refused | None, since: str, open_now: int
) -> Iterator[str]:
    first = found.open[0][1]
    began = f"{found.filed} filed, {found.reopened} reopened"
    ended = f"{found.done} done, {found.cancelled} cancelled"
    yield f"in the last {since}: {began}, {ended}"
    yield f"open: {open_now} now, {first} then, {max(n for _, n in found.open)} at most"
    yield f"  {sparkline([number for _, number in found.open])}"
    for name, spread in _spreads(found):
        yield f"{name:<13} {_spread(spread)}"
    contended = [use for use in found.surfaces if use.contention]
    yield from _surfaces("contended", contended, refused)
    yield from _seats(found.seats)
    if found.undated:
        yield f"{found.undated} items tell no time, and are counted while they are open"


def _spreads(found: Stats) -> tuple[tuple[str, Spread], ...]:
    """The spans of time, each with its name."""
    return (
        ("lead time", found.lead),
        ("working time", found.work),
        ("until claimed", found.waiting),
        ("in line", found.line),
        ("at rest", found.rest),
    )


def _spread(spread: Spread) -> str:
    if not spread.count:
        return "-"
    words = durations.in_words
    half, most = words(spread.median), words(spread.most)
    longest = words(spread.longest)
    return f"{half} median, {most} for 9 of 10, {longest} at most ({spread.count})"


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(numbers: Sequence[int]) -> str:
    """Numbers from 0 on as a row of bars, the highest as high as a letter."""
    most = max(numbers, default=0)
    if not most:
        return _BARS[0] * len(numbers)
    top = len(_BARS) - 1
    return "".join(_BARS[math.ceil(number * top / most)] for number in numbers)


def _surfaces(
    name: str, uses: Sequence[SurfaceUse], refused: Refused | None
) -> Iterator[str]:
    if not uses:
        yield f"{name:<13} nothing"
    for number, use in enumerate(uses[:_SHOWN]):
        said = f"{use.refused} refused, " if refused else ""
        what = f"{said}{use.places} in line, {_holdings(use.holdings)}"
        yield f"{name if number == 0 else '':<13} {uncut(use.key)}: {what}"
    if len(uses) > _SHOWN:
        yield f"{'':<13} and {len(uses) - _SHOWN} more"
    if refused is None:
        yield f"{'':<13} (what the server has refused is not known here)"


def _holdings(number: int) -> str:
    return f"{number} holding{'' if number == 1 else 's'}"


def _seats(seats: Sequence[SeatUse]) -> Iterator[str]:
    for number, use in enumerate(seats[:_SHOWN]):
        held = f"{durations.in_words(use.seconds)} in {_holdings(use.holdings)}"
        now = f", {use.now} now" if use.now else ""
        yield f"{'holders' if number == 0 else '':<13} {uncut(use.seat)}: {held}{now}"
    if len(seats) > _SHOWN:
        yield f"{'':<13} and {len(seats) - _SHOWN} more"


def stats_json(found: Stats, refused: Refused | None) -> Json:
    """The figures as a document; holdings and surfaces by MOST_JSON."""
    return {
        "from": at(found.since),
        "to": at(found.now),
        "filed_count": found.filed,
        "done_count": found.done,
        "cancelled_count": found.cancelled,
        "reopened_count": found.reopened,
        "undated_count": found.undated,
        "open_at": [{"at": at(when), "count": n} for when, n in found.open],
        "lead_time": _spread_json(found.lead),
        "working_time": _spread_json(found.work),
        "until_claimed": _spread_json(found.waiting),
        "in_line_time": _spread_json(found.line),
        "at_rest_time": _spread_json(found.rest),
        "refused_until": at(refused.at) if refused else None,
        "refused_elsewhere": refused.more if refused else None,
        "contention": [use_json(use) for use in found.surfaces[:MOST_JSON]],
        "contention_more": max(0, len(found.surfaces) - MOST_JSON),
        "holders": [_seat_json(use) for use in found.seats],
        "holdings": [_holding_json(each) for each in found.holdings[-MOST_JSON:]],
        "holdings_more": max(0, len(found.holdings) - MOST_JSON),
    }


def _spread_json(spread: Spread) -> Json:
    known = bool(spread.count)
    return {
        "count": spread.count,
        "median": spread.median if known else None,
        "nine_of_ten": spread.most if known else None,
        "longest": spread.longest if known else None,
    }


def use_json(use: SurfaceUse) -> Json:
    """How a surface was used."""
    return {
        "surface": surface_json([SurfaceKey.of(use.key)]),
        "holding_count": use.holdings,
        "held_seconds": use.seconds,
        "place_count": use.places,
        "refused_count": use.refused,
    }


def _seat_json(use: SeatUse) -> Json:
    return {
        "seat": use.seat,
        "holding_count": use.holdings,
        "held_seconds": use.seconds,
        "held_count": use.now,
    }


def _holding_json(each: Holding) -> Json:
    return {
        "seat": each.seat,
        "item": each.item,
        "surface": surface_json(map(SurfaceKey.of, each.keys)),
        "from": at(each.start),
        "to": at(each.end),
    }
