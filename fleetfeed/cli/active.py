"""`fleetfeed active`: the queue, and whether a surface is free."""

import click

from fleetfeed import itemid
from fleetfeed.claim.queue import in_lane
from fleetfeed.cli.context import Shell, echo_json, edge
from fleetfeed.cli.items import item_json, row
from fleetfeed.errors import Usage
from fleetfeed.feed.view import View, newest_view
from fleetfeed.item import Item
from fleetfeed.judge import no_signs
from fleetfeed.judge.collisions import collision_message
from fleetfeed.post import State
from fleetfeed.shown import shown
from fleetfeed.surface import SurfaceKey, shape_flaw


@click.command()
@click.option("--surface-claim", "claim", metavar="KEY", help="Ask if KEY is free.")
@click.option("--lane", help="Only items of this lane, or with a surface in it.")
@click.option(
    "--state", type=click.Choice([s.value for s in State]), help="Only this state."
)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
@edge
def active(
    shell: Shell,
    *,
    claim: str | None,
    lane: str | None,
    state: str | None,
    offline: bool,
    as_json: bool,
) -> int:
    """List the open items, or say whether a surface may be claimed.

    With --surface-claim the first line is nothing but ALLOCATED (exit 0) or
    COLLIDE-WITH-<ITEM> (exit 1). The remote is asked whether the feed moved; exit 3
    when it does not answer.

    \b
    Examples:
      fleetfeed active
      fleetfeed active --lane CAMBER --state BLOCKED
      fleetfeed active --surface-claim CAMBER:file:src/app.py
    """
    flaw = shape_flaw(claim) if claim is not None else None
    if flaw:
        raise Usage(f"{flaw[0]} surface '{shown(claim or '')}' {flaw[1]}")
    view = newest_view(shell.repo, offline=offline)
    if claim is not None:
        return _claim(view, SurfaceKey.of(claim), as_json=as_json)
    rows = [i for i in _open(view) if _wanted(view, i, lane, state)]
    if as_json:
        listed = [item_json(item) for item in rows]
        echo_json({"answer": "open", "items": listed, "feed": view.age, "code": 0})
        return 0
    for item in rows:
        click.echo(row(item))
    click.echo(f"{len(rows)} open; {view.age}", err=True)
    return 0


def _open(view: View) -> list[Item]:
    items = view.snapshot.items.values()
    found = [i for i in items if i.held or not (i.state and i.state.terminal)]
    return sorted(found, key=lambda item: itemid.in_order(item.id))


def _wanted(view: View, item: Item, lane: str | None, state: str | None) -> bool:
    if state and (item.state is None or item.state.value != state):
        return False
    return lane is None or in_lane(view.snapshot.rules, item, lane)


def _claim(view: View, key: SurfaceKey, *, as_json: bool) -> int:
    holds = list(view.snapshot.holders.overlapping(key))
    near = dict.fromkeys(item.id for _, item in view.snapshot.holders.near(key))
    if as_json:
        echo_json(_claim_json(view, key, holds, list(near)))
    elif holds:
        said = [collision_message(key, *hold, no_signs) for hold in holds]
        click.echo(said[0].partition(":")[0])
        click.echo("\n".join(said))
        click.echo(view.age)
    else:
        click.echo("ALLOCATED")
        for item in near:
            click.echo(f"near: {item}; name it in NO_OVERLAP_PROOF")
        click.echo(view.age)
    return 1 if holds else 0


def _claim_json(
    view: View, key: SurfaceKey, holds: list[tuple[SurfaceKey, Item]], near: list[str]
) -> dict[str, object]:
    held, item = holds[0] if holds else (key, None)
    return {
        "answer": f"COLLIDE-WITH-{item.id}" if item else "ALLOCATED",
        "item": item.id if item else None,
        "surface": str(held),
        "holder": item.who if item else None,
        "epoch": item.epoch if item else None,
        "lease_left": None,
        "near": near,
        "findings": [],
        "feed": view.age,
        "code": 1 if item else 0,
    }
