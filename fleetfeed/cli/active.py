"""`fleetfeed active`: what is open, and whether a surface is free."""

from collections.abc import Sequence
from itertools import takewhile

import click

from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.dependencies import ready_for
from fleetfeed.cli.fields import checked_field
from fleetfeed.cli.messages import INBOX, counted
from fleetfeed.cli.output import More, row
from fleetfeed.cli.pager import paged
from fleetfeed.feed.line import places
from fleetfeed.feed.messages import reader
from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import Hold
from fleetfeed.feed.unseen import unseen_counts
from fleetfeed.git.remote import LONG
from fleetfeed.judge.advice import Asker, after_lapse, next_step
from fleetfeed.judge.collisions import collision_message
from fleetfeed.judge.proof import near_lines, proof_to_complete
from fleetfeed.judge.surfaces import unknown_names
from fleetfeed.lease.estimate import Estimate
from fleetfeed.ledger.base import tip_of
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import key_meant, shape_flaw
from fleetfeed.repo.view import View
from fleetfeed.report.documents import (
    feed_json,
    item_json,
    near_json,
)
from fleetfeed.report.failures import opens
from fleetfeed.util.printable import printable
from fleetfeed.writing.answering import answering
from fleetfeed.writing.estimates import LeaseEstimates
from fleetfeed.writing.line import in_time
from fleetfeed.writing.listing import Wanted
from fleetfeed.writing.next_steps import steps_to_ready, steps_with


@click.command()
@click.option("--surface-claim", "claim", metavar="KEY", help="Ask if KEY is free.")
@click.option("--lane", help="Only items of this lane, or with a surface in it.")
@click.option(
    "--state", type=click.Choice([s.value for s in State]), help="Only this state."
)
@click.option("--mine", is_flag=True, help="Only what your seat has to do with.")
@click.option("--seat", help="Only what this seat holds, is offered or has filed.")
@click.option("--ready", is_flag=True, help="Only what can be taken up now.")
@click.option("--waiting", is_flag=True, help="Only what depends on unfinished items.")
@click.option("--search", metavar="TEXT", help="Only with TEXT in id, subject or key.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), metavar="N", help="The first N alone."
)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@json_flag
@with_shell
@paged
def active(
    shell: Shell,
    *,
    claim: str | None,
    lane: str | None,
    state: str | None,
    mine: bool,
    seat: str | None,
    ready: bool,
    waiting: bool,
    search: str | None,
    limit: int | None,
    offline: bool,
) -> int:
    """List the open items, or say whether a surface may be claimed.

    Several filters list what fits them all; a seat's sub-seats count as it.

    With --surface-claim the first line is nothing but ALLOCATED (exit 0) or
    COLLIDE-WITH-<ITEM> (exit 1). Below ALLOCATED stands what is near, the closest
    first, and the proof to complete. The remote is asked whether the feed moved; exit 3
    when it does not answer. What is left of leases is an estimate (by AT and beats),
    and what seems to have lapsed comes first.

    \b
    Examples:
      fleetfeed active
      fleetfeed active --mine
      fleetfeed active --lane CAMBER --state BLOCKED --search import
      fleetfeed active --surface-claim CAMBER:file:src/app.py
    """
    flaw = shape_flaw(claim) if claim is not None else None
    if flaw:
        meant = printable(key_meant(claim or ""))
        message = f"{flaw.code} surface '{printable(claim or '')}' {flaw.why}"
        raise Usage(f"{message}; ask for {meant}" if meant else message)
    seats = [shell.seat] if mine else []
    seats += [checked_field("seat", seat)] if seat is not None else []
    wanted = Wanted(lane, state, tuple(seats), search or "", ready, waiting)
    if claim is not None and (wanted != Wanted() or limit is not None):
        raise Usage("--surface-claim asks about one key; leave the filters out")
    view = shell.ledger.view(offline=offline)
    if claim is not None:
        return _ask(shell, view, SurfaceKey.of(claim), offline=offline)
    return _list(shell, view, wanted, limit)


def _ask(shell: Shell, view: View, key: SurfaceKey, *, offline: bool) -> int:
    """Say whether `key` is free, as far as the rules can be read and say so."""
    feed = view.snapshot
    holds = tuple(feed.holders.under(feed.rules.families).overlapping(key))
    waiting: list[Item] = []
    if not holds:
        require_rules(view)
        require_known(shell, feed.rules, key)
        # As of the same moment: behind the question below others may have moved on.
        waiting = in_line(shell, view, key, shell.seat_if_known)
    if not holds and not offline:
        require_newest(shell, view)
    return _claim(shell, view, key, holds, waiting)


def require_rules(view: View) -> None:
    """CannotTell where nobody can read the policy, so that nothing is free."""
    for unreadable in view.snapshot.policy.findings:
        raise CannotTell(f"{_no_rules(unreadable)}, so nothing is free", unreadable)


def require_newest(shell: Shell, view: View) -> None:
    """CannotTell where a yes would be a mirror's, or an old one: asked now."""
    with answering(Question(view.basis)):
        shell.ledger.require_decisive(tip_of(view), LONG, afresh=True)


def _list(shell: Shell, view: View, wanted: Wanted, limit: int | None) -> int:
    """List the open items that are wanted: the first of them, up to `limit`."""
    feed, leases = view.snapshot, LeaseEstimates(shell.repo, view)
    for unreadable in feed.policy.findings[:1]:
        shell.remark(f"fleetfeed: warning: {_no_rules(unreadable)}")
    found = [item for item in feed.open if wanted.has(feed, item)]
    rows = [(item, leases.of(item)) for item in found]
    # What holds up others, and nobody may be at work on any more, comes first.
    rows.sort(key=lambda row: not row[1].over)
    found = [item for item, _ in rows[:limit]]
    there, rows = len(rows), rows[:limit]
    mine_ready = ready_for(feed, shell.seat_if_known, More())
    own = (i for i in found if acts_as(shell.seat_if_known, reader(i)))
    unseen = unseen_counts(feed, found if shell.as_json else own)
    if shell.as_json:
        return shell.show(
            "open",
            items=[item_json(feed, *row, unseen=unseen) for row in rows],
            item_count=there,
            ready=mine_ready.facts["ready"],
            next=shell.typed(steps_to_ready(feed, shell.seat_if_known)),
            feed=feed_json(view.basis),
        )
    for item, left in rows:
        notes = unseen.get(item.id)
        click.echo(row(item, left) + (f" notes={notes}" if notes else ""))
    remark = _remark(view, rows, shell.seat_if_known)
    click.echo("\n".join((remark, *mine_ready.lines)), err=True)
    total = sum(number or 0 for number in unseen.values())
    if total:
        click.echo(f"{counted(total)}: {INBOX}", err=True)
    if None in unseen.values():
        click.echo(f"what was said cannot be read now: {INBOX} says why", err=True)
    return 0


def _no_rules(unreadable: Finding) -> str:
    """That nothing can be claimed by a policy that nobody can read, and why."""
    where = f"{unreadable.place.path}:{unreadable.place.line}"
    why = f"{where}: {unreadable.message}"
    return f"the policy cannot be read ({why}); until it is mended no post passes"


def require_known(shell: Shell, policy: Policy, key: SurfaceKey) -> None:
    """Refused where a claim of `key` would be, for its lane or family; else a word."""
    for unknown in unknown_names(policy, key):
        said = f"{unknown.code} {unknown.why}"
        if unknown.level is Severity.REJECT:
            raise Refused(said)
        shell.remark(f"fleetfeed: warning: {said}")


def _remark(view: View, rows: list[tuple[Item, Estimate]], seat: str) -> str:
    lapsed = [item for item, left in rows if left.over]
    exact = any(left.exact for _, left in rows)
    there = len(view.snapshot.open)
    listed = f"{len(rows)} of {there}" if len(rows) < there else f"{there}"
    message = f"{listed} open; {view.age}"
    if not lapsed:
        return message
    # What others may take from this seat is told first.
    lapsed.sort(key=lambda item: not acts_as(seat, item.contact))
    first = lapsed[0]
    if exact:
        return f"{message}\nthe lease of {first.id} is over: {after_lapse(first, seat)}"
    todo = f"if that of {first.id} has lapsed, {after_lapse(first, seat)}"
    return f"{message}\nleases are estimates; {todo}"


def _claim(
    shell: Shell,
    view: View,
    key: SurfaceKey,
    held_by: Sequence[Hold],
    waiting: Sequence[Item],
) -> int:
    """Say whether `key` is free; `held_by` are the holds that overlap it.

    `waiting` are the items that it is kept for where it is free.
    """
    feed, seat = view.snapshot, shell.seat_if_known
    leases = LeaseEstimates(shell.repo, view)
    asker = Asker(seat, feed.rules)
    holds = [(hold.key, feed.item(hold.item)) for hold in held_by]
    near = feed.neighbours.under(feed.rules.families).near((key,))
    met = [_collision(feed, asker, key, hold, leases) for hold in holds]
    holds += ((key, place) for place in waiting)
    met += (_in_line(key, place) for place in waiting)
    code = 1 if holds else 0
    if shell.as_json:
        held = dict.fromkeys(item for _, item in holds)
        lefts = [leases.of(item) for item in held]
        first = next(iter(held), None)
        steps = steps_with(feed, first, seat, lefts[0]) if first else ()
        return shell.show(
            "held" if holds else "allocated",
            code,
            message=met[0] if met else None,
            items=[item_json(feed, i, o) for i, o in zip(held, lefts, strict=True)],
            retry_after=opens(feed, lefts[0]) if holds else None,
            near=[near_json(each) for each in near.told],
            near_more=near.more,
            next=shell.typed(steps),
            feed=feed_json(view.basis),
        )
    if holds:
        click.echo(met[0].partition(":")[0])
        click.echo("\n".join(met))
        click.echo(view.age)
    else:
        click.echo("ALLOCATED")
        for line in near_lines(near):
            click.echo(line)
        if near.told:
            proof = proof_to_complete("…", near.told)
            click.echo(f"complete this proof: --proof '{proof}'")
        click.echo(view.age)
    return code


def in_line(shell: Shell, view: View, key: SurfaceKey, seat: str) -> list[Item]:
    """Who is in line for `key` before `seat`, and has not had its turn."""
    signs, feed = shell.ledger.signs(tip_of(view)), view.snapshot
    there = places(feed, (key,), feed.rules.families)
    return in_time(takewhile(lambda one: not acts_as(seat, one.waiter), there), signs)


def _in_line(key: SurfaceKey, place: Item) -> str:
    """The sentence where a free surface is kept for who is in line."""
    who, what = printable(place.waiter), printable(key.text)
    message = f"IN-LINE-{place.id}: {what} is free, and kept for {who} (TURN"
    todo = "`fleetfeed claim … --wait` takes a place behind it"
    return f"{message} {place.turn}); {todo}"


def _collision(
    feed: Snapshot,
    asker: Asker,
    key: SurfaceKey,
    hold: tuple[SurfaceKey, Item],
    leases: LeaseEstimates,
) -> str:
    held, item = hold
    lease = leases.of(item)
    left = lease.words if item.active else "no lease"
    todo = next_step(feed, item, asker, over=lease.over)
    return collision_message(key, held, item, left, todo)
