"""Build the feeds, warm the memos, measure, report."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from harness.progress import tell

from bench import goals, hardware
from bench.claims import PUSH
from bench.proof import prove_all
from bench.report import Report, series
from bench.rounds import Measured, measure
from bench.scale import places, subjects
from bench.scale.cache import Cache
from bench.scale.figures import Figures, Values, tables
from bench.scale.goals import goals as goals_of
from bench.scale.memo import Memo
from bench.scale.once import Once, measure_once
from bench.scale.plan import Plan
from bench.scale.plot import Line, svg
from bench.scale.sizes import Size
from bench.scale.subjects import ACTIVE
from bench.spread import Spread
from bench.subjects import NO_POST, ONE_POST, RECEIVED, Subject

PAGE, PICTURE = "scale.md", "scale.svg"


def run(folder: Path, plan: Plan) -> Report:
    """Measure as `plan` says, in repositories below `folder`."""
    before = hardware.load()
    cache = Cache(plan.cache, tell)
    every = list(_subjects(folder, plan, cache))
    prove_all(every)
    measured = measure(
        every, plan.rounds, lambda n: tell(f"scale: round {n} of {plan.rounds}")
    )
    once = measure_once(folder, plan, cache)
    tell("")
    facts = {**hardware.described(), **hardware.loads(before), **_facts(plan)}
    return _report(facts, plan, measured, once)


def _subjects(folder: Path, plan: Plan, cache: Cache) -> Iterator[Subject]:
    memos: dict[str, Memo] = {}
    for number, size in enumerate(plan.sizes()):
        base = cache.base(size)
        if size.label not in memos:
            tell(f"the memo of {size.label}, once a run")
            clone = places.without_checkout(base, folder / f"memo-{number}")
            memos[size.label] = Memo.make(clone)
            if not memos[size.label].files:
                tell("there is no `fleetfeed index rebuild`: the first round is cold")
        tell(f"a server and a clone: {size.words}")
        world = places.make(folder / f"{number}", base, size)
        for repo in (world.server, world.seat):
            memos[size.label].copy(repo)
        yield from subjects.hooks(world)
        if plan.wired(size):
            yield from subjects.wire(world)
        if size == plan.largest:
            yield from subjects.full_index(world)


def _report(
    facts: dict[str, str], plan: Plan, measured: Measured, once: Once
) -> Report:
    figures = Figures(measured.wall)
    reached = list(goals_of(figures, plan, once))
    shown = (goals.table(reached), *tables(figures, list(plan.sizes())))
    values = {**series(measured), "once": asdict(once)}
    pictures = {PICTURE: svg(_title(plan), _lines(figures, plan))}
    return Report(PAGE, facts, shown, values, pictures)


def _title(plan: Plan) -> str:
    sealed = f" ({plan.open:,} where sealed)" if plan.open is not None else ""
    return f"Cost against size, {plan.usual:,} claims{sealed}"


def _lines(f: Figures, plan: Plan) -> Iterator[Line]:
    plain = [plan.plain(posts) for posts in plan.posts]
    sealed = [plan.sealed(posts) for posts in plan.posts]
    yield _line("git push", "#8b949e", plain, [f.wire(s, PUSH) for s in plain])
    yield _line(
        "git push, sealed", "#8b949e", sealed, [f.wire(s, PUSH) for s in sealed], "6 4"
    )
    for label, colour, series_ in (
        ("append adds", "#e69f00", [f.append_adds(s) for s in plain]),
        ("pre-receive", "#d55e00", [f.alone(s, RECEIVED) for s in plain]),
        ("commit hook, one post", "#2f81f7", [f.alone(s, ONE_POST) for s in plain]),
        ("active", "#009e73", [f.alone(s, ACTIVE) for s in plain]),
        ("commit hook, no post", "#cc79a7", [f.alone(s, NO_POST) for s in plain]),
    ):
        yield _line(label, colour, plain, series_)


def _line(
    label: str,
    colour: str,
    sizes: Sequence[Size],
    values: Sequence[Values],
    dashes: str = "",
) -> Line:
    points = [
        (size.posts, Spread.of([1000 * value for value in found]))
        for size, found in zip(sizes, values, strict=True)
        if found
    ]
    return Line(label, colour, points, dashes)


def _facts(plan: Plan) -> dict[str, str]:
    return {
        "figures": hardware.LEGEND.format(rounds=plan.rounds),
    }
