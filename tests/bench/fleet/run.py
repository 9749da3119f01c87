"""Let each arm work off the same backlog in turn, and report."""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from harness import TRANSPORTS, Server, path, post
from harness.progress import tell

from bench import hardware
from bench.contention.arms import QUEUE
from bench.contention.arms import arms as servers
from bench.contention.found import Found
from bench.contention.place import Place, server_in
from bench.feeds import FEED_REF, File, Shape, write_commits
from bench.fleet import code
from bench.fleet.found import HOURLY, LEFT, OF_BACKLOG, OF_FREE, WORTH, of_fleet
from bench.fleet.plan import FLEET, LONG, Plan
from bench.fleet.seats import AGAIN, Worker, of_children, worked
from bench.fleet.tickets import FOLDERS, Ticket, backlog, free
from bench.fleet.ways import Claims, Locks, Next, Nobody, Way
from bench.goals import Goal
from bench.goals import table as goals_table
from bench.report import Report
from bench.rounds import SEED
from bench.spread import Spread, paired
from bench.tables import Row, Table

PAGE = "fleet.md"
BACKLOG, FREE = "a backlog", "free of each other"
NOBODY, FLEETFEED = "without", "fleetfeed"
ONE, BY_FOLDER, BY_TICKET = "one lock", "a lock a folder", "a lock a ticket"
ARMS = (NOBODY, BY_TICKET, BY_FOLDER, ONE, FLEETFEED)
LONGER = (NOBODY, BY_TICKET, FLEETFEED)
"""Those that need less than an hour for the backlog with longer tickets."""
_ENOUGH = 15 / 20
"""Of the seats, whose work all must do where their tickets are free of each other."""


def run(folder: Path, plan: Plan) -> Iterator[Report]:
    """Measure as `plan` says, each part by itself, in repositories below `folder`."""
    with _place(folder / "feed", plan) as place:
        fleet = _Fleet(folder, plan, place)
        if FLEET in plan.parts:
            yield _reported(fleet, plan, FLEET, "", _tables)
        if LONG in plan.parts:
            yield _reported(fleet, plan, LONG, "longer tickets", _long_tables)


def _reported(
    fleet: "_Fleet",
    plan: Plan,
    part: str,
    of: str,
    tables: "Callable[[Found, Plan], Iterator[Table]]",
) -> Report:
    before, found = hardware.load(), Found()
    shuffle = random.Random(SEED).shuffle  # noqa: S311 - the same order every time
    for number in range(1, plan.runs + 1):
        turns = list(fleet.turns(part, found))
        shuffle(turns)
        for what, turn in turns:
            tell(f"run {number} of {plan.runs}: {what}")
            turn()
    tell("")
    facts = {**hardware.described(), **hardware.loads(before), **_facts(plan, part)}
    values = [
        {"what": what, "arm": arm, "seats": seats, "figure": name, "values": each}
        for (what, arm, seats, name), each in found.values.items()
    ]
    return Report(PAGE, facts, tuple(tables(found, plan)), {part: values}, of=of)


Turn = tuple[str, Callable[[], None]]


class _Fleet:
    """Where the fleet works: its feed's server at `place`, and a fresh code each time."""

    def __init__(self, folder: Path, plan: Plan, place: Place) -> None:
        """Nothing is made yet."""
        self._folder, self._plan, self._place = folder / "code", plan, place

    def turns(self, part: str, found: Found) -> Iterator[Turn]:
        """What a part measures, each arm by itself."""
        plan = self._plan
        if part == LONG:
            yield from self._backlogs(found, LONGER, plan.longer, _LONG)
        else:
            yield from self._backlogs(found, ARMS, plan.work, plan.most)
            yield from self._frees(found)

    def _backlogs(
        self, found: Found, arms: Sequence[str], seconds: float, most: float
    ) -> Iterator[Turn]:
        """A turn of each arm with the backlog."""
        plan, tickets = self._plan, backlog(self._plan.tickets)

        def turn(arm: str) -> None:
            figures = self._played(arm, tickets, seconds, most)
            found.add(BACKLOG, arm, plan.seats, figures)

        for arm in arms:
            yield f"{BACKLOG}, {arm}", partial(turn, arm)

    def _frees(self, found: Found) -> Iterator[Turn]:
        """A turn for each working time, with tickets that are free of each other."""
        plan = self._plan

        def turn(seconds: float) -> None:
            figures = self._played(FLEETFEED, tickets, seconds, _LONG, filed=True)
            if figures[LEFT]:
                raise RuntimeError(f"{figures[LEFT]} of {len(tickets)} are not done")
            found.add(_free(seconds), FLEETFEED, plan.seats, figures)

        tickets = list(free(plan.seats * plan.each))
        for seconds in plan.works:
            yield _free(seconds), partial(turn, seconds)

    def _played(
        self,
        arm: str,
        tickets: Sequence[Ticket],
        seconds: float,
        most: float,
        *,
        filed: bool = False,
    ) -> dict[str, float]:
        """The figures of all seats, who take `tickets` as `arm` does.

        With `filed` the feed has them, as items that await their claims.
        """
        folder, seats = self._folder, range(1, self._plan.seats + 1)
        bare = code.made(folder / "code.git", tickets)
        clones = [
            code.Clone.of(bare, folder / f"{n}", f"CAMBER-{n:02d}") for n in seats
        ]
        with ExitStack() as stack:
            ways = self._ways(stack, arm, tickets if filed else ())
            workers = [
                Worker(way, clone, tickets, seconds)
                for way, clone in zip(ways, clones, strict=True)
            ]
            before = of_children()
            worked(workers, most)
        cpu = of_children() - before  # a queue's leader is ended by now
        done, wanted = code.done_in(bare, tickets), len({t.work for t in tickets})
        shutil.rmtree(folder)
        return of_fleet(workers, cpu, done, wanted)

    def _ways(
        self, stack: ExitStack, arm: str, filed: Sequence[Ticket]
    ) -> Sequence[Way]:
        seats = self._plan.seats
        dices = [random.Random(f"{SEED}-{n}") for n in range(seats)]  # noqa: S311
        if arm == NOBODY:
            return [Nobody(dice) for dice in dices]
        if arm != FLEETFEED:
            locks = self._folder / "locks"
            locks.mkdir()
            return [Locks(dice, locks, _LOCKS[arm]) for dice in dices]
        fresh = stack.enter_context(self._place.fresh(seats))
        if not filed:
            return [Claims(d, s) for d, s in zip(dices, fresh.seats, strict=True)]
        _file(fresh.server, filed)
        return [Next(seat) for seat in fresh.seats]


_LOCKS: dict[str, Callable[[Ticket], str]] = {
    BY_TICKET: lambda ticket: ticket.name,
    BY_FOLDER: lambda ticket: ticket.folder,
    ONE: lambda _: "code",
}
_LONG = 3600.0


def _free(seconds: float) -> str:
    return f"{FREE}, {seconds:g} s a ticket"


def _file(server: Server, tickets: Sequence[Ticket]) -> None:
    """Put items on the feed that await their claims, past every hook."""
    tip = server.line("rev-parse", FEED_REF)
    write_commits(server, [map(_filed, tickets, range(len(tickets)))], onto=tip)


def _filed(ticket: Ticket, number: int) -> File:
    item = f"TKT-{number + 1:04d}"
    return path(item), post(
        item=item,
        state="AWAITING_CLAIM",
        seat="CAMBER-00",
        subject=ticket.name,
        surface_key=ticket.key,
        no_overlap_proof=f"{ticket.name} is about {ticket.work} alone",
    )


@contextmanager
def _place(folder: Path, plan: Plan) -> Iterator[Place]:
    way = next(each for each in TRANSPORTS if each.name == "path")
    arm = next(each for each in servers(None) if each.name == QUEUE)
    with way.open(server_in(folder)) as address:
        yield Place.make(arm, folder, Shape(0, plan.closed), address)


def _tables(found: Found, plan: Plan) -> Iterator[Table]:
    yield goals_table((*_goals(found, plan), *_compared(found, plan, ARMS)))
    yield _of_backlog(found, plan, ARMS, plan.work)
    columns = tuple(f"{seconds:g} s a ticket" for seconds in plan.works)
    kinds = [_free(seconds) for seconds in plan.works]
    title = f"{plan.seats * plan.each} tickets, {plan.seats} seats, {FREE}"
    asked = [(kind, FLEETFEED) for kind in kinds]
    yield Table(title, columns, _rows(found, plan, OF_FREE, asked), "", 1.0)


def _long_tables(found: Found, plan: Plan) -> Iterator[Table]:
    yield goals_table(_compared(found, plan, LONGER))
    yield _of_backlog(found, plan, LONGER, plan.longer)


def _of_backlog(
    found: Found, plan: Plan, arms: tuple[str, ...], seconds: float
) -> Table:
    title = f"{plan.tickets} tickets, {plan.seats} seats, {seconds:g} s a ticket"
    asked = [(BACKLOG, arm) for arm in arms]
    return Table(title, arms, _rows(found, plan, OF_BACKLOG, asked), "", 1.0)


def _rows(
    found: Found, plan: Plan, names: Sequence[str], asked: list[tuple[str, str]]
) -> tuple[Row, ...]:
    """For each figure's name its spread in each kind of work and arm that is `asked`."""
    return tuple(
        (name, tuple(Spread.of(found.of(*each, plan.seats, name)) for each in asked))
        for name in names
    )


def _goals(found: Found, plan: Plan) -> Iterator[Goal]:
    for seconds in plan.works:
        kind = _free(seconds)
        worth = Spread.of(found.of(kind, FLEETFEED, plan.seats, WORTH))
        text = f"{plan.seats} seats, {kind}: {WORTH}"
        yield Goal(text, _ENOUGH * plan.seats, worth, least=True)


def _compared(found: Found, plan: Plan, arms: Sequence[str]) -> Iterator[Goal]:
    def of(arm: str) -> list[float]:
        return found.of(BACKLOG, arm, plan.seats, HOURLY)

    for arm in arms[:-1]:
        times = paired(of(FLEETFEED), of(arm), lambda a, b: a / b)
        yield Goal(f"useful tickets an hour, to those of: {arm}", None, times)


def _facts(plan: Plan, part: str) -> dict[str, str]:
    most = "" if part == LONG else f", at most {plan.most:g} s"
    return {
        "feed": f"{plan.closed:,} closed items at first, a server with a queue",
        "backlog": f"{plan.tickets} tickets in {len(FOLDERS)} folders{most}; what is "
        f"done again after a conflict takes {AGAIN:g} of the time",
        "figures": hardware.LEGEND.format(rounds=plan.runs),
    }
