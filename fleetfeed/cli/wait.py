"""`fleetfeed wait`, and `claim --wait`: a process that ends when it is your turn."""

import math
import time

import click

from fleetfeed.cli.active import (
    in_line,
    require_known,
    require_newest,
    require_rules,
)
from fleetfeed.cli.context import Interrupted, Shell, json_flag, with_shell
from fleetfeed.cli.writer import Writer, seconds_of
from fleetfeed.feed.line import in_the_way
from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.hold.guard import boot_clock
from fleetfeed.lease.estimate import binding_lease
from fleetfeed.ledger.base import tip_of
from fleetfeed.ledger.contract import Ok
from fleetfeed.model import names
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import shape_flaw
from fleetfeed.repo.view import View
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.util.printable import printable
from fleetfeed.util.progress import status
from fleetfeed.util.records import replace
from fleetfeed.writing.answering import answering
from fleetfeed.writing.idempotency import ExpectedPost, Plan
from fleetfeed.writing.in_turn import ClaimInTurn, Sought
from fleetfeed.writing.lapses import Lapses
from fleetfeed.writing.line import Turn, soonest, turn_of
from fleetfeed.writing.looks import Looks, Terms
from fleetfeed.writing.next_steps import not_now
from fleetfeed.writing.place_beats import beating
from fleetfeed.writing.request import Request, require_item
from fleetfeed.writing.turn import what_for


def claim_in_turn(writer: Writer, sought: Sought, seconds: float | None) -> None:
    """Claim what is `sought` as soon as that may be; print the answer.

    `seconds` is how long to wait, None for ever.
    """
    shell, asked = writer.shell, writer.request

    def send(
        request: Request, plan: Plan, expected: ExpectedPost, over: frozenset[str]
    ) -> Ok:
        first = request is asked
        at = replace(writer, request=request, fresh=writer.fresh and first)
        return at.sent(at.wanted(plan, expected, watched=over, newest=True))

    claiming = ClaimInTurn(
        shell.repo, shell.ledger, asked, sought, send, fresh=writer.fresh
    )
    try:
        ok = claiming.run(
            _terms(shell, asked.seat, seconds),
            lambda text: shell.remark(f"fleetfeed: {text}"),
        )
    except KeyboardInterrupt as error:
        message = f"interrupted; {claiming.stands}"
        raise Interrupted(message, asked.op) from error
    finally:
        status("")
    writer.tell(ok, work=not sought.prefix)


def _terms(shell: Shell, seat: str, seconds: float | None) -> Terms:
    """Waiting for so many seconds, None: for ever; with remarks on who seems dead."""
    until = None if seconds is None else boot_clock() + seconds
    lapses = Lapses(
        shell.repo,
        shell.ledger,
        seat,
        lambda text: shell.remark(f"fleetfeed: {text}"),
        boot_clock,
    )
    return Terms(until, boot_clock, status, on_kept=lapses.seen)


@click.command()
@click.argument("what", metavar="KEY|ITEM")
@click.option("--seat", help="Who asks. Default: FLEETFEED_SEAT, fleetfeed.seat.")
@click.option(
    "--at-most", metavar="TIME", help="How long to wait, such as 90s; else for ever."
)
@json_flag
@with_shell
def wait(shell: Shell, /, what: str, *, seat: str | None, at_most: str | None) -> None:
    """Wait until the surface KEY is free, or ITEM is to be had; write nothing.

    Exit 0: it is free, for others as well, or it is the turn of your ITEM that is in
    line: claim it. An ITEM is waited for as long as a claim of it would be refused.
    Exit 3: it has waited --at-most so long. Exit 1: it never will be, since the item is
    over. The remote is asked for one ref now and then, with pauses that grow from half
    a second to fifteen, and fetched from where that has moved. A database is not asked:
    it says by itself (LISTEN) when something is let go. While your own ITEM is in line,
    beats show that you are there.

    \b
    Examples:
      fleetfeed wait CAMBER:file:src/map.ts --at-most 10m
      fleetfeed wait CMB-1438
    """
    seconds = None if at_most is None else seconds_of("at-most", at_most)
    asking, known = seat or shell.seat_if_known, bool(names.parse(what))
    terms = _terms(shell, asking, seconds)
    key = SurfaceKey.of(what) if known else _key(what)
    view = shell.ledger.view(offline=False)
    try:
        if known:
            found, view = _item(shell, view, what, asking, terms)
        else:
            found, view = _surface(shell, view, key, asking, terms)
    finally:
        status("")
    if shell.as_json:
        feed = view.snapshot
        items = [
            item_json(feed, item, binding_lease(feed, item, time.time()))
            for item in ((feed.item(what),) if known else ())
        ]
        shell.show("free", message=found, items=items, feed=feed_json(view.basis))
    else:
        click.echo(found)


def _key(text: str) -> SurfaceKey:
    """The surface that is waited for. Usage where it is none."""
    key = SurfaceKey.of(text)
    if shape_flaw(text) or not key.parts:
        what = f"'{printable(text)}' is neither an item nor a surface's key"
        raise Usage(f"{what}; write one such as CMB-0001 or CAMBER:file:src/map.ts")
    return key


def _item(
    shell: Shell, first: View, item: str, seat: str, terms: Terms
) -> tuple[str, View]:
    """What to say when `item` is to be had, and the feed in which it is."""
    ledger = shell.ledger
    looking = Looks(ledger, _beating(shell, first, item, seat, terms), first)
    for view in looking:
        feed = view.snapshot
        with answering(Question(view.basis, seat, (item,))):
            now = require_item(feed, item)
            signs = ledger.signs(tip_of(view))
            turn = turn_of(feed, now, signs)
            own = bool(now.turn) and acts_as(seat, now.waiter)
            if not own and now.state and now.state.terminal:
                todo = f"`fleetfeed claim {item} --reason …` reopens it"
                raise Refused(f"{item} is {now.state.value}: it is over; {todo}")
            why = _not_yet(feed, now, turn, seat, signs or no_signs)
            if not why:
                require_rules(view)
                require_newest(shell, view)
                return _to_be_had(now, own=own), view
        terms.on_progress(why)
        kept_by = turn.blocked if own else (item, *turn.blocked)
        looking.sees((now.newest, turn.blocked, turn.ahead, why), turn.opens, kept_by)
    with answering(Question(looking.view.basis, seat, (item,))):
        message = f"{item} is not to be had yet, and time is up"
        raise CannotTell(f"{message}: {why}")


def _to_be_had(now: Item, *, own: bool) -> str:
    if own:
        return f"it is the turn of {now.id}; `fleetfeed claim {now.id} --proof …`"
    state = now.state.value if now.state else ""
    return f"{now.id} is {state}, and nobody is at work on it"


def _not_yet(feed: Snapshot, now: Item, turn: Turn, seat: str, signs: Signs) -> str:
    """Why it is not to be had now; empty where it is."""
    if now.turn and acts_as(seat, now.waiter):
        return "" if turn.now else f"{now.id} is in line, TURN {now.turn}"
    if now.unreadable:
        return f"{now.id} cannot be read, which counts as held"
    if now.state is State.IN_PROGRESS:
        return f"{now.id} is held by {printable(now.contact)}"
    if not turn.now:
        return what_for(feed, now, turn)
    for code in not_now(feed, now, seat, signs):
        who, state = printable(seat) or "anybody", now.state and now.state.value
        todo = f"`fleetfeed rule {code}` explains"
        return f"{now.id} is {state}, and a claim by {who} would be refused; {todo}"
    return ""


def _beating(shell: Shell, view: View, item: str, seat: str, terms: Terms) -> Terms:
    """`terms`, with beats where `item` is in line for the seat."""
    now = view.snapshot.item(item)
    if not now.turn or not acts_as(seat, now.waiter):
        return terms
    return replace(terms, beat=beating(shell.repo, view.snapshot, now, seat))


def _surface(
    shell: Shell, first: View, key: SurfaceKey, seat: str, terms: Terms
) -> tuple[str, View]:
    """What to say when `key` is free, and the feed in which it is."""
    looking = Looks(shell.ledger, terms, first)
    who: Item | None = None
    for view in looking:
        feed = view.snapshot
        held = in_the_way(feed, (key,), feed.rules.families)
        line = in_line(shell, view, key, seat)
        if not held and not line:
            require_rules(view)
            require_known(shell, feed.rules, key)
            require_newest(shell, view)
            return f"{printable(key.text)} is free", view
        who = feed.item(held[0]) if held else line[0]
        name = printable(who.contact if held else who.waiter)
        terms.on_progress(f"{printable(key.text)} is kept by {who.id} of {name}")
        opens = math.inf if held else soonest(line, shell.ledger.signs(tip_of(view)))
        looking.sees((held, tuple(place.id for place in line)), opens, held)
    todo = "wait again, or `fleetfeed claim --new … --wait` takes a place in line"
    about = (who.id,) if who else ()
    with answering(Question(looking.view.basis, seat, about)):
        raise CannotTell(f"{printable(key.text)} is not free, and time is up; {todo}")
