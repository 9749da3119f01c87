"""Tables out of what was measured, and the figures that the queue was built for."""

import operator
from collections.abc import Iterator

from bench.contention.arms import BEFORE, INBOX, QUEUE
from bench.contention.crowds import ITEM, RESERVE, SURFACE
from bench.contention.found import (
    BY_GIT,
    FIRST_TRY,
    GROWN,
    JUDGED,
    MEETS,
    OF_CROWDS,
    OF_INBOXES,
    OF_LARGE,
    OF_RACES,
    OF_SERVERS,
    P95,
    PUSHES,
    RATE,
    RECEIVING,
    SERVER,
    WAITED,
    WALL,
    Found,
    Values,
    paired,
)
from bench.contention.plan import INBOX as IN_INBOX
from bench.contention.plan import LARGE, RACES, Plan
from bench.contention.plan import SERVER as AT_SERVER
from bench.goals import Goal
from bench.goals import table as goals_table
from bench.spread import Spread
from bench.tables import Row, Table

_TITLES = {
    RACES: ("Many seats at once", OF_RACES),
    IN_INBOX: ("Many seats at once, on a server without hooks", OF_INBOXES),
    RESERVE: ("A number for each", OF_CROWDS),
    SURFACE: ("One surface for all of them", OF_CROWDS),
    ITEM: ("One item for all of them", OF_CROWDS),
    AT_SERVER: ("CPU time a post", OF_SERVERS),
    LARGE: ("Claims beside a large push", OF_LARGE),
}


def tables(found: Found, plan: Plan) -> Iterator[Table]:
    """The goals, and a table for each thing that was measured."""
    goals = [goal for goal in _goals(found, plan) if goal is not None]
    if goals:
        yield goals_table(goals)
    for what, (title, names) in _TITLES.items():
        if found.arms(what):
            yield _table(found, what, title, names)


def _table(found: Found, what: str, title: str, names: tuple[str, ...]) -> Table:
    seats = found.seats(what)
    rows: list[Row] = []
    for arm in found.arms(what):
        for name in names:
            cells = tuple(Spread.of(found.of(what, arm, n, name)) for n in seats)
            rows.append((f"{arm}: {name}", cells))
    return Table(title, tuple(_seats(count) for count in seats), tuple(rows), "", 1.0)


def _seats(count: int) -> str:
    return f"{count} seats" if count > 1 else "1 seat"


def _goals(found: Found, plan: Plan) -> Iterator[Goal | None]:
    yield from _of_races(found)
    yield from _of_server(found, plan)
    yield from _of_crowds(found, plan)
    yield from _of_large(found, plan)
    yield from _of_inbox(found, plan)


def _of_inbox(f: Found, plan: Plan) -> Iterator[Goal | None]:
    few, many = (f.of(IN_INBOX, INBOX, count, PUSHES) for count in (4, plan.rivals))
    text = f"inbox, {_seats(plan.rivals)}: pushes a post, to 4 seats"
    yield _goal(text, 1, _times(many, few))


def _of_races(f: Found) -> Iterator[Goal | None]:
    def of(arm: str, seats: int, name: str = RATE) -> Values:
        return f.of(RACES, arm, seats, name)

    alone = _times(of(QUEUE, 1), of(BEFORE, 1))
    yield _goal("1 seat: posts a second, to the other", 1.8, alone, least=True)
    grown = _times(of(QUEUE, 16), of(QUEUE, 1))
    yield _goal("16 seats: posts a second, to 1 seat", 1.3, grown, least=True)
    grown = _times(of(BEFORE, 16), of(BEFORE, 1))
    yield _goal("the same of the other", None, grown)
    waited = _times(of(QUEUE, 16, P95), of(BEFORE, 16, P95))
    yield _goal("16 seats: p95, to the other", 0.25, waited)
    for count in f.seats(RACES):
        once = of(QUEUE, count, FIRST_TRY)
        yield _goal(f"{_seats(count)}: in one try (%)", 99, once, least=True)
    more = _times(of(QUEUE, 32), of(QUEUE, 16))
    yield _goal("32 seats: posts a second, to 16 seats", 1, more, least=True)


def _of_server(f: Found, plan: Plan) -> Iterator[Goal | None]:
    cpu = f.of(AT_SERVER, QUEUE, plan.rivals, SERVER)
    alone = f.of(AT_SERVER, BEFORE, 1, RECEIVING)
    text = f"{_seats(plan.rivals)}: the server's CPU a post, to a judged push alone"
    yield _goal(f"{text} of the other", 0.5, _times(cpu, alone))
    received = f.of(AT_SERVER, QUEUE, 1, SERVER)
    yield _goal("1 seat: the same", None, _times(received, alone))


def _of_crowds(f: Found, plan: Plan) -> Iterator[Goal | None]:
    third = 1 / 3
    for what, count in (
        (RESERVE, plan.many),
        (SURFACE, plan.rivals),
        (ITEM, plan.rivals),
    ):
        ours, other = (f.of(what, arm, count, WALL) for arm in (QUEUE, BEFORE))
        text = f"{what}, {_seats(count)}: until all are answered, to the other"
        yield _goal(text, third, _times(ours, other))
        if what != RESERVE:
            yield _goal(f"{what}, {_seats(count)}: the same (s)", 1.5, ours)
    tries = f.of(RESERVE, QUEUE, plan.many, FIRST_TRY)
    yield _goal(f"{RESERVE}: in one try (%)", 100, tries, least=True)


def _of_large(f: Found, plan: Plan) -> Iterator[Goal | None]:
    grown, waited, meets, by_git, judged = (
        f.of(LARGE, QUEUE, plan.rivals, name)
        for name in (GROWN, WAITED, MEETS, BY_GIT, JUDGED)
    )
    text = f"{plan.posts} posts beside: the claims' p95 grows, to the judging of these"
    yield _goal(text, 1, _times(grown, judged))
    others = {
        "the same of their pushes at the server": waited,
        "of one claim alone, that meets these posts": meets,
        "of git's fetch and checkout of these, in all clones": by_git,
    }
    for text, values in others.items():
        yield _goal(text, None, _times(values, judged))


def _times(ours: Values, others: Values) -> Values:
    return paired(ours, others, operator.truediv)


def _goal(
    text: str, bound: float | None, values: Values, *, least: bool = False
) -> Goal | None:
    """The goal, where it was measured."""
    return Goal(text, bound, Spread.of(values), least) if values else None
