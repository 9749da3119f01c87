"""Make the places, let each arm write in turn, and report."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path

from harness import TRANSPORTS
from harness.postgres import Postgres, fresh_database
from harness.progress import tell

from bench import hardware
from bench.contention import found as figures
from bench.contention.arms import DIRECT, QUEUE, Arm, arms
from bench.contention.found import P95, RATE, Found
from bench.contention.place import Place, server_in
from bench.contention.races import race
from bench.feeds import Shape
from bench.goals import Goal
from bench.goals import table as goals_table
from bench.ledger import day, sizes
from bench.ledger.crowd import Crowd, crowd
from bench.ledger.found import OF_WRITERS, each_once, of_writers
from bench.ledger.places import made, server
from bench.ledger.plan import DAY, LEDGER, Plan
from bench.report import Report
from bench.rounds import SEED
from bench.spread import Spread, paired
from bench.tables import Row, Table

PAGE = "postgres.md"
CLAIMS, RESERVES, NEXT, BEATS = "claim", "reserve", "next", "beat"
POSTGRES = "PostgreSQL"
_EACH = {CLAIMS: "claims", RESERVES: "reserves", NEXT: "nexts", BEATS: "beats"}
_BEATS_EACH = 10
"""Beats of a writer for each of its claims: they are quick."""


def run(folder: Path, plan: Plan) -> Iterator[Report]:
    """Measure as `plan` says, each part by itself; git's servers are below `folder`."""
    if LEDGER in plan.parts:
        yield _ledger(folder, plan)
    if DAY in plan.parts:
        yield _day(plan)


def _ledger(folder: Path, plan: Plan) -> Report:
    before, found = hardware.load(), Found()
    _races(folder, plan, found)
    grown = _sizes(plan)
    tell("")
    values = [
        {"what": what, "arm": arm, "writers": count, "figure": name, "values": each}
        for (what, arm, count, name), each in found.values.items()
    ]
    facts = {**hardware.described(), **hardware.loads(before), **_facts(plan)}
    tables = tuple(_tables(found, grown, plan))
    return Report(PAGE, facts, tables, {"ledger": values, "sizes": grown})


def _day(plan: Plan) -> Report:
    before = hardware.load()
    tell(f"a day of {plan.fleet} seats, {plan.seconds * plan.share:.0f} s")
    with server() as postgres:
        told, url = day.played(postgres, plan)
        tables = tuple(day.tables(told, url, plan))
    tell("")
    values = [astuple(each) for each in told]
    facts = {**hardware.described(), **hardware.loads(before), "server": _SERVER}
    return Report(PAGE, facts, tables, {"day": values}, of="a day")


def _races(folder: Path, plan: Plan, found: Found) -> None:
    """Writers on PostgreSQL, and seats on git's servers, in another order each time."""
    with ExitStack() as stack:
        places = {
            arm.name: stack.enter_context(_place(folder / arm.name, arm, plan))
            for arm in arms(None)
            if arm.name in (QUEUE, DIRECT)
        }
        url = made(stack.enter_context(server()))
        writers = stack.enter_context(crowd(url, plan.writers, plan.processes))
        writers.play(_EACH[CLAIMS], "warm", 2)
        writers.play(_EACH[NEXT], "warm", 0)  # of nothing: their code is loaded
        shuffle = random.Random(SEED).shuffle  # noqa: S311 - the same order every time
        for number in range(plan.runs):
            turns = [*_ours(writers, plan, found), *_gits(places, plan, found)]
            shuffle(turns)
            for what, turn in turns:
                tell(f"run {number + 1} of {plan.runs}: {what}")
                turn(f"run-{number}")


Turn = tuple[str, Callable[[str], None]]


def _ours(writers: Crowd, plan: Plan, found: Found) -> Iterator[Turn]:
    def write(what: str, mark: str, each: int, count: int) -> None:
        told = writers.play(_EACH[what], f"{what}-{mark}", each)
        if what != BEATS:
            each_once(told, count)
        found.add(what, POSTGRES, plan.writers, of_writers(told))

    def plain(what: str, each: int) -> Callable[[str], None]:
        return lambda mark: write(what, mark, each, plan.writers * each)

    def ready(mark: str) -> None:
        each = -(-plan.ready // plan.writers)
        writers.play(_EACH[RESERVES], f"ready-{mark}", each)
        write(NEXT, mark, 0, each * plan.writers)

    def reserve(mark: str) -> None:
        write(RESERVES, mark, plan.each, plan.writers * plan.each)
        writers.play(_EACH[NEXT], f"away-{mark}", 0)  # for who measures `next`

    yield f"{CLAIMS}, {POSTGRES}", plain(CLAIMS, plan.each)
    yield f"{RESERVES}, {POSTGRES}", reserve
    yield f"{NEXT}, {POSTGRES}", ready
    yield f"{BEATS}, {POSTGRES}", plain(BEATS, plan.each * _BEATS_EACH)


def _gits(places: dict[str, Place], plan: Plan, found: Found) -> Iterator[Turn]:
    def racing(name: str) -> Callable[[str], None]:
        def turn(_: str) -> None:
            measured = figures.of_race(race(places[name], plan.seats, plan.each))
            kept = {name: measured[name] for name in OF_WRITERS}
            found.add(CLAIMS, name, plan.seats, kept)

        return turn

    for name in places:
        yield f"{CLAIMS}, git, {name}", racing(name)


@contextmanager
def _place(folder: Path, arm: Arm, plan: Plan) -> Iterator[Place]:
    way = next(each for each in TRANSPORTS if each.name == "path")
    with way.open(server_in(folder)) as address:
        yield Place.make(arm, folder, Shape(0, plan.closed), address)


def _sizes(plan: Plan) -> list[dict[int, float]]:
    """The seconds of a claim at each size."""
    with server() as postgres, ExitStack() as stack:
        urls = {}
        for size in plan.sizes:
            tell(f"a ledger of {size:,} posts")
            database: Postgres = stack.enter_context(fresh_database(postgres.server))
            urls[size] = sizes.made(database, size)
        tell("claims at each size")
        return list(sizes.appends(urls, plan.pairs))


def _tables(found: Found, grown: list[dict[int, float]], plan: Plan) -> Iterator[Table]:
    yield goals_table(_goals(found, grown, plan))
    arms_ = ((CLAIMS, POSTGRES), (CLAIMS, QUEUE), (CLAIMS, DIRECT))
    others = ((what, POSTGRES) for what in (RESERVES, NEXT, BEATS))
    rows: list[Row] = []
    for what, arm in (*arms_, *others):
        count = plan.writers if arm == POSTGRES else plan.seats
        spreads = tuple(
            Spread.of(found.of(what, arm, count, name)) for name in OF_WRITERS
        )
        where = arm if arm == POSTGRES else f"git, {arm}"
        rows.append((f"{what}, {where}, {count} writers", spreads))
    yield Table("Many writers at once", OF_WRITERS, tuple(rows), "", 1.0)
    cells = tuple(Spread.of([row[size] for row in grown]) for size in plan.sizes)
    columns = tuple(f"{size:,} posts" for size in plan.sizes)
    yield Table("A claim, alone", columns, (("seconds", cells),), "ms", 1000.0)


def _goals(f: Found, grown: list[dict[int, float]], plan: Plan) -> Iterator[Goal]:
    def of(what: str, arm: str, count: int, name: str = RATE) -> list[float]:
        return f.of(what, arm, count, name)

    ours, queue = of(CLAIMS, POSTGRES, plan.writers), of(CLAIMS, QUEUE, plan.seats)
    text = f"claims a second of {plan.writers} writers, to git's queue at {plan.seats}"
    yield Goal(text, 20, paired(ours, queue, lambda a, b: a / b), least=True)
    text = f"`next` on {plan.ready:,} items by {plan.writers}: each once, a second"
    yield Goal(text, 500, Spread.of(of(NEXT, POSTGRES, plan.writers)), least=True)
    first, *_, last = plan.sizes if len(plan.sizes) > 1 else (*plan.sizes, *plan.sizes)
    text = f"a claim at {last:,} posts, to one at {first:,}"
    middle = sizes.median_of(grown)
    yield Goal(text, 1.3, Spread.of([middle[last] / middle[first]]))
    waits = of(CLAIMS, POSTGRES, plan.writers, P95)
    yield Goal(f"p95 of a claim of {plan.writers} writers (s)", None, Spread.of(waits))


_SERVER = "PostgreSQL of `pgserver`, on this machine, which writes to its disk"


def _facts(plan: Plan) -> dict[str, str]:
    return {
        "server": _SERVER,
        "writers": f"{plan.writers} connections of {plan.processes} processes, "
        f"{plan.each} posts each; git: {plan.seats} clones, each claim a process",
        "figures": hardware.LEGEND.format(rounds=plan.runs),
    }
