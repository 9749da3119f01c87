"""`fleetfeed active`: the queue, and whether a surface is free."""

from collections.abc import Sequence

import click

from fleetfeed.cli.context import Shell, echo_json, with_shell
from fleetfeed.cli.output import (
    LeaseEstimates,
    item_json,
    lease_json,
    near_json,
    row,
)
from fleetfeed.feed.surface_index import Hold
from fleetfeed.git.remote import LONG
from fleetfeed.judge.collisions import collision_message
from fleetfeed.judge.proof import near_lines, proof_to_complete
from fleetfeed.lease.estimate import Estimate
from fleetfeed.ledger.base import Tip
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey, shape_flaw
from fleetfeed.repo.view import View, newest_view
from fleetfeed.util.printable import printable
from fleetfeed.writing.queue import in_lane


@click.command()
@click.option("--surface-claim", "claim", metavar="KEY", help="Ask if KEY is free.")
@click.option("--lane", help="Only items of this lane, or with a surface in it.")
@click.option(
    "--state", type=click.Choice([s.value for s in State]), help="Only this state."
)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_shell
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
    when it does not answer. What is left of leases is an estimate (by AT and beats),
    and what seems to have lapsed comes first.

    \b
    Examples:
      fleetfeed active
      fleetfeed active --lane CAMBER --state BLOCKED
      fleetfeed active --surface-claim CAMBER:file:src/app.py
    """
    flaw = shape_flaw(claim) if claim is not None else None
    if flaw:
        raise Usage(f"{flaw[0]} surface '{printable(claim or '')}' {flaw[1]}")
    view = newest_view(shell.repo, offline=offline)
    leases = LeaseEstimates(shell.repo, view)
    if claim is not None:
        key = SurfaceKey.of(claim)
        holds = tuple(view.snapshot.holders.overlapping(key))
        if not holds and not offline:
            # Where a yes would be a mirror's, or an old one: asked now.
            tip = Tip(view.commit, view.snapshot)
            GitLedger(shell.repo).require_decisive(tip, LONG, afresh=True)
        return _claim(view, leases, key, holds, as_json=as_json)
    found = [i for i in view.snapshot.open if in_lane(view.snapshot.rules, i, lane)]
    if state:
        found = [item for item in found if item.state and item.state.value == state]
    rows = [(item, leases.of(item)) for item in found]
    # What holds up others, and nobody may be at work on any more, comes first.
    rows.sort(key=lambda row: not row[1].over)
    if as_json:
        listed = [item_json(item, left) for item, left in rows]
        echo_json({"answer": "open", "items": listed, "feed": view.age, "code": 0})
        return 0
    for item, left in rows:
        click.echo(row(item, left))
    click.echo(_remark(view, rows), err=True)
    return 0


def _remark(view: View, rows: list[tuple[Item, Estimate]]) -> str:
    over = next((item.id for item, left in rows if left.over), None)
    message = f"{len(rows)} open; {view.age}"
    if over is None:
        return message
    todo = f"`fleetfeed claim {over} --reason …` takes over what really has lapsed"
    return f"{message}\nleases are estimates; {todo}"


def _claim(
    view: View,
    leases: LeaseEstimates,
    key: SurfaceKey,
    held_by: Sequence[Hold],
    *,
    as_json: bool,
) -> int:
    """Say whether `key` is free; `held_by` are the holds that overlap it."""
    feed = view.snapshot
    holds = [(hold.key, feed.item(hold.item)) for hold in held_by]
    near = feed.neighbours.near((key,))
    if as_json:
        held, item = holds[0] if holds else (key, None)
        rows = [near_json(each) for each in near.told]
        rest = {"near": rows, "near_more": near.more, "findings": [], "feed": view.age}
        code = 1 if holds else 0
        echo_json({**_claim_json(leases, held, item), **rest, "code": code})
    elif holds:
        collisions = [_collision(key, *hold, leases.of(hold[1])) for hold in holds]
        click.echo(collisions[0].partition(":")[0])
        click.echo("\n".join(collisions))
        click.echo(view.age)
    else:
        click.echo("ALLOCATED")
        for line in near_lines(near):
            click.echo(line)
        if near.told:
            proof = proof_to_complete("…", near.told)
            click.echo(f"complete this proof: --proof '{proof}'")
        click.echo(view.age)
    return 1 if holds else 0


def _collision(key: SurfaceKey, held: SurfaceKey, item: Item, lease: Estimate) -> str:
    left = lease.words if item.active else "no lease"
    return collision_message(key, held, item, left, over=lease.over)


def _claim_json(
    leases: LeaseEstimates, held: SurfaceKey, item: Item | None
) -> dict[str, object]:
    return {
        "answer": f"COLLIDE-WITH-{item.id}" if item else "ALLOCATED",
        "item": item.id if item else None,
        "surface": str(held),
        "holder": item.contact if item else None,
        "epoch": item.epoch if item else None,
        **lease_json(leases.of(item) if item else Estimate()),
    }
