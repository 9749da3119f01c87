"""`fleetfeed near`: what may be one thing under two keys."""

from collections.abc import Iterator, Sequence

import click

from fleetfeed.board.pairs import Pair, pairs, urgency
from fleetfeed.board.stats import SurfaceUse, surface_name
from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.cli.stats import known_refusals, use_json
from fleetfeed.feed.line import in_the_way, places
from fleetfeed.feed.messages import reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.proof import near_lines, near_words
from fleetfeed.model.errors import Usage
from fleetfeed.model.families import Families
from fleetfeed.model.refused import Refused
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import key_meant, shape_flaw
from fleetfeed.report.documents import Json, feed_json, near_json, surface_json
from fleetfeed.util.printable import printable

_SHOWN = 20
"""Pairs, and surfaces, that the text lists."""


@click.command()
@click.argument("key", required=False)
@click.option("--report", is_flag=True, help="Of all that is open, and of refusals.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@json_flag
@with_shell
def near(shell: Shell, key: str | None, report: bool, offline: bool) -> None:
    """Tell what is near a KEY, or which open items may be one thing.

    Two items are kept apart by their keys alone. With --report: each pair of open items
    whose keys do not collide and look like one thing all the same (one artifact under
    two lanes or families, one name spelled twice, half-done work that lies there),
    those that no proof names first; then the surfaces for whose sake the server has
    refused something; and what to do about each.

    \b
    Examples:
      fleetfeed near CAMBER:file:src/app.py
      fleetfeed near --report
    """
    if (key is None) is not report:
        raise Usage("name a KEY to ask about, or give --report; one of the two")
    flaw = shape_flaw(key) if key is not None else None
    if flaw:
        meant = printable(key_meant(key or ""))
        message = f"{flaw.code} surface '{printable(key or '')}' {flaw.why}"
        raise Usage(f"{message}; ask for {meant}" if meant else message)
    view = shell.ledger.view(offline=offline)
    feed = view.snapshot
    if key is not None:
        _of_key(shell, feed, SurfaceKey.of(key), feed_json(view.basis))
    else:
        refused = known_refusals(shell, offline=offline)
        _report(shell, feed, refused, feed_json(view.basis))
    if not shell.as_json:
        click.echo(view.age, err=True)


def _of_key(shell: Shell, feed: Snapshot, key: SurfaceKey, basis: Json) -> None:
    found = feed.neighbours.under(feed.rules.families).near((key,))
    if shell.as_json:
        rows = [near_json(each) for each in found.told]
        shell.show("listed", near=rows, near_more=found.more, feed=basis)
        return
    for line in near_lines(found) or (f"nothing is near {uncut(key.text)}",):
        click.echo(line)


def _report(shell: Shell, feed: Snapshot, refused: Refused | None, basis: Json) -> None:
    found = sorted(pairs(feed), key=urgency)
    uses = _refused(refused, feed.rules.families)
    if shell.as_json:
        shell.show(
            "listed",
            pairs=[_json(pair) for pair in found],
            contention=[use_json(use) for use in uses],
            feed=basis,
        )
        return
    for line in (*_pair_lines(found), *_refused_lines(feed, uses, refused)):
        click.echo(line)


def _refused(refused: Refused | None, families: Families) -> list[SurfaceUse]:
    """The surfaces that were refused in all that is told, the most often first."""
    counts: dict[str, tuple[str, int]] = {}
    for text, number in refused.by_surface(0) if refused else ():
        name = surface_name(text, families)
        counts[name] = (text, number + counts.get(name, ("", 0))[1])
    uses = [SurfaceUse(text, refused=number) for text, number in counts.values()]
    return sorted(uses, key=lambda use: (-use.refused, use.key))


def _pair_lines(found: Sequence[Pair]) -> Iterator[str]:
    if not found:
        yield "no two open items look like one thing"
    for pair in found[:_SHOWN]:
        named = " (a proof names it)" if pair.named else ""
        who = f"{pair.item} of {uncut(pair.contact)} ({uncut(pair.key.text)})"
        yield f"{who}: {near_words(pair.near)}{named}"
        yield f"  {pair.advice}"
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more pairs: --json lists them"


def _refused_lines(
    feed: Snapshot, uses: Sequence[SurfaceUse], refused: Refused | None
) -> Iterator[str]:
    if refused is None:
        yield "what the server has refused is not known here"
        return
    if not uses:
        yield "the server has refused nothing for a surface's sake"
    for use in uses[:_SHOWN]:
        yield f"{uncut(use.key)}: {use.refused} refused; {_todo(feed, use.key)}"
    if len(uses) > _SHOWN:
        yield f"and {len(uses) - _SHOWN} more surfaces: --json lists them"


def _todo(feed: Snapshot, text: str) -> str:
    """Who has it now, and what stops the quarrel."""
    key, families = SurfaceKey.of(text), feed.rules.families
    holders = in_the_way(feed, (key,), families)
    if not holders:
        return "it is free now"
    first = holders[0]
    who = f"{first} of {printable(reader(feed.item(first)))} has it"
    line = len(places(feed, (key,), families))
    if line:
        return f"{who}, {line} in line: narrower keys would let more work at once"
    return f"{who}: `fleetfeed claim … --wait` takes a place in line"


def _json(pair: Pair) -> Json:
    return {
        "item": pair.item,
        "subject": pair.subject or None,
        "surface": surface_json([pair.key]),
        "near": [near_json(pair.near)],
        "advice": pair.advice,
    }
