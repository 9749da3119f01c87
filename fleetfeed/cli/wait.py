"""`fleetfeed wait`, and `claim --wait`: a process that ends when it is your turn."""

import time

import click

from fleetfeed.cli.active import (
    in_line,
    require_known,
    require_newest,
    require_rules,
)
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.writer import Writer, seconds_of
from fleetfeed.feed.line import in_the_way
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.hold.guard import boot_clock
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.estimate import binding_lease
from fleetfeed.ledger.base import tip_of
from fleetfeed.ledger.contract import Ok
from fleetfeed.model import names
from fleetfeed.model.errors import CannotTell, Held, Refused, Usage
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import shape_flaw
from fleetfeed.repo.view import View
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import status
from fleetfeed.util.records import replace
from fleetfeed.writing.idempotency import ExpectedPost, Plan
from fleetfeed.writing.line import InLine, claim_or_wait, turn_of
from fleetfeed.writing.place_beats import beating
from fleetfeed.writing.request import Drafts, Request, require_at_epoch, require_item
from fleetfeed.writing.turn import Terms, looks, until_turn, what_for
from fleetfeed.writing.verbs import claim, first_post

_OF_TURN = ".turn"
"""What the OP of a claim in line ends with, behind that of the place."""

_LONGEST_OP = 64


def claim_in_turn(
    writer: Writer, item: str, prefix: str, seconds: float | None, *, resume: bool
) -> None:
    """Claim `item`, or a new one of `prefix`, as soon as it may be; print the answer.

    `seconds` is how long to wait, None for ever.
    """
    shell, request = writer.shell, writer.request
    until = None if seconds is None else boot_clock() + seconds
    terms = Terms(until, boot_clock, status)
    while True:
        try:
            place = _claimed_or_placed(writer, item, prefix, resume=resume)
            break
        except Held as held:
            if not item or held.surface or acts_as(request.seat, held.holder):
                raise
            shell.remark(f"fleetfeed: {held.item} is held by {printable(held.holder)}")
            _until_let_go(shell, item, terms)
    if place is None:
        return
    shell.remark(f"fleetfeed: {place.id} is in line, TURN {place.turn}")
    turn = _in_turn(writer, place.id)

    def attempt(over: frozenset[str]) -> None:
        fields = {"ITEM": place.id, "STATE": State.IN_PROGRESS.value}
        claimed = ExpectedPost.of(turn.request, fields)
        plan = _claim_of(place.id, turn.request, resume=resume)
        turn.land(plan, claimed, watched=over, work=not prefix, newest=True)

    feed = shell.ledger.view(offline=False).snapshot
    beat, every = beating(shell.repo, feed, place, request.seat)
    until_turn(
        shell.ledger, place.id, replace(terms, beat=beat, beat_every=every), attempt
    )


def _claim_of(item: str, request: Request, *, resume: bool) -> Plan:
    return lambda feed: claim(feed, item, request, resume=resume)


def _claimed_or_placed(
    writer: Writer, item: str, prefix: str, *, resume: bool
) -> Item | None:
    """None where the claim was made, and told; the item where it is in line now."""
    request = writer.request

    def stand(feed: Snapshot, request: Request) -> Item:
        if item:
            return require_at_epoch(feed, item, request)
        return Item(str(next_number(feed, prefix, feed.rules.max_gap)))

    def claimed(feed: Snapshot) -> Drafts:
        if prefix:
            return first_post(feed, prefix, State.IN_PROGRESS, request)
        return claim(feed, item, request, resume=resume)

    known = {} if prefix else {"ITEM": item}
    expected = ExpectedPost.of(request, known, prefix=prefix)
    plan = claim_or_wait(claimed, stand, request)
    try:
        ok = writer.sent(writer.wanted(plan, expected, newest=True))
    except InLine as error:
        return writer.shell.ledger.view(offline=False).snapshot.item(error.item)
    now = ok.feed.item(ok.post.item)
    if _took_a_place(ok) and now.turn:
        return now
    writer.tell(ok, work=not prefix)
    return None


def _took_a_place(ok: Ok) -> bool:
    return isinstance(ok.post, Post) and ok.post.state is State.PARKED


def _in_turn(writer: Writer, item: str) -> Writer:
    """The writer of the claim itself, for an item that is there by now."""
    request = writer.request
    op = f"{request.op[: _LONGEST_OP - len(_OF_TURN)]}{_OF_TURN}"
    fields = {n: v for n, v in request.fields.items() if n != "SUBJECT"}
    made = replace(request, fields={**fields, "OP": op}, about=item)
    return replace(writer, request=made, fresh=False)


def _until_let_go(shell: Shell, item: str, terms: Terms) -> None:
    for view in looks(shell.ledger, terms):
        now = view.snapshot.item(item)
        if now.state is not State.IN_PROGRESS:
            return
        terms.on_progress(f"{item} is held by {printable(now.holder)}")
    raise CannotTell(f"{item} is still held, and time is up; run it again")


@click.command()
@click.argument("what", metavar="KEY|ITEM")
@click.option("--seat", help="Who asks. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@click.option("--timeout", metavar="TIME", help="How long to wait; else for ever.")
@json_flag
@with_shell
def wait(shell: Shell, /, what: str, *, seat: str | None, timeout: str | None) -> None:
    """Wait until the surface KEY is free, or ITEM is to be had; write nothing.

    Exit 0: it is free, for others as well, or it is the turn of your ITEM that is in
    line: claim it. Exit 3: --timeout is over. Exit 1: it never will be, since the item
    is over. The remote is asked for one ref now and then, with pauses that grow from
    half a second to fifteen, and fetched from where that has moved. While your own ITEM
    is in line, beats show that you are there.

    \b
    Examples:
      fleetfeed wait CAMBER:file:src/map.ts --timeout 10m
      fleetfeed wait CMB-1438
    """
    until = None
    if timeout is not None:
        until = boot_clock() + seconds_of("timeout", timeout)
    terms = Terms(until, boot_clock, status)
    try:
        if names.parse(what):
            found, view = _item(shell, what, seat, terms)
        else:
            found, view = _surface(shell, what, seat, terms)
    finally:
        status("")
    if shell.as_json:
        feed = view.snapshot
        there = (feed.item(what),) if names.parse(what) else ()
        items = [
            item_json(feed, item, binding_lease(feed, item, time.time()))
            for item in there
        ]
        shell.show("free", message=found, items=items, feed=feed_json(view.basis))
    else:
        click.echo(found)


def _item(shell: Shell, item: str, seat: str | None, terms: Terms) -> tuple[str, View]:
    """What to say when `item` is to be had, and the feed in which it is."""
    asking = seat or shell.seat_if_known
    for view in looks(shell.ledger, _beating(shell, item, asking, terms)):
        feed = view.snapshot
        now = require_item(feed, item)
        turn = turn_of(feed, now, shell.ledger.signs(tip_of(view)))
        if now.turn and acts_as(asking, now.waiter):
            if turn.now:
                require_newest(shell, view)
                return f"it is the turn of {item}; `fleetfeed claim {item}`", view
            terms.on_progress(f"{item} is in line, TURN {now.turn}")
            continue
        if now.state and now.state.terminal:
            todo = f"`fleetfeed claim {item} --reason …` reopens it"
            raise Refused(f"{item} is {now.state.value}: it is over; {todo}")
        if now.unreadable:
            terms.on_progress(f"{item} cannot be read, which counts as held")
        elif now.state is State.IN_PROGRESS:
            terms.on_progress(f"{item} is held by {printable(now.contact)}")
        elif turn.now:
            require_newest(shell, view)
            state = now.state.value if now.state else ""
            return f"{item} is {state}, and nobody is at work on it", view
        else:
            terms.on_progress(what_for(feed, now, turn))
    raise CannotTell(f"{item} is not to be had yet, and time is up; wait again")


def _beating(shell: Shell, item: str, seat: str, terms: Terms) -> Terms:
    """`terms`, with beats where `item` is in line for the seat."""
    feed = shell.ledger.view(offline=False).snapshot
    now = feed.item(item)
    if not now.turn or not acts_as(seat, now.waiter):
        return terms
    beat, every = beating(shell.repo, feed, now, seat)
    return replace(terms, beat=beat, beat_every=every)


def _surface(
    shell: Shell, text: str, seat: str | None, terms: Terms
) -> tuple[str, View]:
    key = SurfaceKey.of(text)
    flaw = shape_flaw(text)
    if flaw or not key.parts:
        what = f"'{printable(text)}' is neither an item nor a surface's key"
        raise Usage(f"{what}; write one such as CMB-0001 or CAMBER:file:src/map.ts")
    for view in looks(shell.ledger, terms):
        feed = view.snapshot
        held = in_the_way(feed, (key,), feed.rules.families)
        line = in_line(shell, view, key, seat or shell.seat_if_known)
        if not held and not line:
            require_rules(view)
            require_known(shell, feed.rules, key)
            require_newest(shell, view)
            return f"{printable(key.text)} is free", view
        who = feed.item(held[0]) if held else line[0]
        name = printable(who.contact if held else who.waiter)
        terms.on_progress(f"{printable(key.text)} is kept by {who.id} of {name}")
    todo = "wait again, or `fleetfeed claim --new … --wait` takes a place in line"
    raise CannotTell(f"{printable(key.text)} is not free, and time is up; {todo}")
