"""Is a history one that fleetfeed may have? In linear time, but for sorting its times.

The feed is the total order, so nothing has to be searched for: each command that was
answered stands where its post stands, or where the feed was that it told from. That
must be between its begin and its end, and the answer must be the fold's at that place.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from torture.anomaly import Anomaly
from torture.answers import Answers, Known
from torture.fold import RUNNING, Surfaces, same
from torture.history import History, Run, Work
from torture.law import Clock, Walk
from torture.times import Place, highest, landed_by, lowest

_NOTHING = "nothing was written: "
_NOT_YOURS = {"no longer yours", "usage"}


@dataclass(frozen=True, slots=True)
class Written:
    """A post that the command `op` wrote: in which step, of which item, by whom."""

    step: int
    item: str
    number: int
    seat: str
    state: str


def check(history: History) -> list[Anomaly]:
    """All that must not be; empty where nothing is wrong."""
    return Checker(history).check()


@dataclass
class Checker:
    """A history, and what follows from it."""

    history: History
    found: list[Anomaly] = field(default_factory=list)

    def check(self) -> list[Anomaly]:
        """Look at each step, each run, and each work."""
        runs = self.history.runs
        assert all(one.begin <= two.begin for one, two in pairwise(runs))
        self.found += self._walk.found
        self.found += self._strangers()
        snapshots = self.history.rules.snapshots
        self.found += self._nothing_written()
        answers = Answers(self._walk, self._at, self._seen, snapshots)
        low = lowest(runs, self._places)
        high = highest(runs, self._places, len(self.history.steps))
        ready = self._ready_throughout
        for number, run in enumerate(runs):
            known = Known(low[number], high[number], run.begin, ready)
            self.found += self._order(number, known)
            self.found += self._of_op(number)
            if run.answer:
                self.found += answers.flaws(run, run.answer, known)
        self.found += self._works()
        return self.found

    # -- who wrote what

    @cached_property
    def _written(self) -> dict[str, list[Written]]:
        """By OP, its posts."""
        found, numbers = defaultdict[str, list[Written]](list), dict[str, int]()
        for number, step in enumerate(self.history.steps, 1):
            for post in step.posts:
                item = str(post["ITEM"])
                numbers[item] = numbers.get(item, 0) + 1
                who, state = str(post["SEAT"]), str(post["STATE"])
                row = Written(number, item, numbers[item], who, state)
                found[str(post.get("OP", ""))].append(row)
        return found

    @cached_property
    def _first(self) -> dict[str, Run]:
        """By OP, the first run of the command; also by what it chose itself."""
        found = dict[str, Run]()
        for run in self.history.runs:
            found.setdefault(run.op, run)
            if run.wrote:
                found.setdefault(run.wrote, run)
        return found

    @cached_property
    def _at(self) -> dict[str, int]:
        """By a step's id, its number."""
        return {step.id: n for n, step in enumerate(self.history.steps, 1)}

    @property
    def events(self) -> Counter[str]:
        """How often each of the things happened that are hard to get right."""
        return self._walk.events + Counter({"works": len(self.history.works)})

    @cached_property
    def _walk(self) -> Walk:
        seen = (
            (place.knew, run.end)
            for run, place in zip(self.history.runs, self._places, strict=True)
            if place.knew and run.code is not None
        )
        worked = (
            (row.step, work.begin)
            for work in self.history.works
            for row in self._written[work.op][:1]
        )
        landed = landed_by([*seen, *worked], len(self.history.steps))
        begun = {op: run.begin for op, run in self._first.items()}
        beats = dict[tuple[str, int], float]()
        for run in self.history.runs:
            if run.answer and run.answer.word == "alive":
                for told in run.answer.items:
                    at = told.item, told.epoch
                    beats[at] = max(run.begin, beats.get(at, -math.inf))
        clock = Clock(begun, beats, landed)
        return Walk(self.history.rules, clock).steps(self.history.steps)

    @cached_property
    def _seen(self) -> dict[int, float]:
        """By a step, the first time at which somebody had been told of that very one."""
        found = dict[int, float]()
        for run in self.history.runs:
            if not run.answer:
                continue
            posts = run.answer.posts if run.answer.word == "won" else ()
            told = ((item.item, item.newest) for item in run.answer.items)
            for at in (*posts, *told):
                if version := self._walk.versions.get(at):
                    step = version.begins
                    found[step] = min(run.end, found.get(step, math.inf))
        return found

    # -- the order

    @cached_property
    def _places(self) -> list[Place]:
        return [self._place(run) for run in self.history.runs]

    def _place(self, run: Run) -> Place:
        """What is certain of a run's place in the order."""
        written = self._of(run)
        first = self._first[run.op] is run
        since = min((row.step for row in written), default=0) - 1 if first else -1
        knew = None
        if run.answer and run.answer.word == "won" and written and not run.answer.again:
            knew = max(row.step for row in written)
        elif run.answer and self.history.rules.snapshots and run.answer.asked:
            knew = self._at.get(run.answer.basis)
            if since < 0 and knew is not None:
                since = knew
        return Place(knew, since if since >= 0 else None)

    def _of(self, run: Run) -> list[Written]:
        """The posts of its command."""
        ops = {run.op, run.wrote} - {""}
        return [row for op in sorted(ops) for row in self._written.get(op, ())]

    def _order(self, number: int, known: Known) -> Iterator[Anomaly]:
        run, written = self.history.runs[number], self._of(self.history.runs[number])
        steps = [row.step for row in written]
        if steps and self._first[run.op] is run and min(steps) <= known.low:
            yield Anomaly("out of order", f"{run}: step {min(steps)}, known {known}")
        place = self._places[number]
        if place.knew is None:
            return
        if place.knew > known.high:
            yield Anomaly("out of order", f"{run}: told of {place.knew}, known {known}")
        assert run.answer
        if place.knew < known.low and (run.answer.again or run.answer.word != "won"):
            yield Anomaly("went back", f"{run}: told of {place.knew}, known {known}")

    # -- what stands

    def _of_op(self, number: int) -> Iterator[Anomaly]:
        """What its command wrote is what it was told, no more and no less."""
        run, written = self.history.runs[number], self._of(self.history.runs[number])
        first = self._first[run.op] is run
        stands = [row for row in written if not _waits(run, row)]
        # Of one that was tried again `no longer yours` says that it did stand.
        no = _denied(run) or (first and run.answer and run.answer.word in _NOT_YOURS)
        if stands and no:
            yield Anomaly("refused stands", f"{run}: {stands}")
        if first and len({row.step for row in stands}) > 1:
            yield Anomaly("twice", f"{run}: {written}")
        if not run.answer or run.answer.word != "won":
            return
        told = set(run.answer.posts)
        there = {(row.item, row.number): row for row in written}
        mine = all(same(there[at].seat, run.seat) for at in told & there.keys())
        left = [at for at, row in there.items() if not _waits(run, row)]
        if not told or not told <= there.keys() or not mine or not told >= set(left):
            yield Anomaly("won is missing", f"{run}: told {told}, there {written}")
        elif run.answer.step and not run.answer.again:
            step = self._at.get(run.answer.step)
            if any(there[at].step != step for at in told):
                message = f"{run}: told {run.answer.step}, there {written}"
                yield Anomaly("won is missing", message)

    def _nothing_written(self) -> Iterator[Anomaly]:
        """Where each run of a command was told that it wrote nothing, nothing stands.

        A later run may have written it. That one may tell that it was there already: a
        run whose try had no answer finds its own.
        """
        maybe, by_op = set[str](), dict[str, Run]()
        for run in self.history.runs:
            said = run.answer
            by_op[run.op] = run
            nothing = said and said.message.startswith(_NOTHING)
            if not nothing and not _denied(run):
                maybe.add(run.op)
        for op, run in by_op.items():
            stands = [row for row in self._of(run) if not _waits(run, row)]
            if stands and op not in maybe and not _denied(run):
                yield Anomaly("refused stands", f"{run}: {stands}")

    def _strangers(self) -> Iterator[Anomaly]:
        """Posts that nobody can have written.

        A hold, a beat that came too late and a place in line that is renewed choose the
        id of their posts themselves: those are told by the seat.
        """
        free = {run.seat for run in self.history.runs if chooses(run)}
        for op, rows in self._written.items():
            for row in rows:
                run = self._first.get(op)
                if (run is None and row.seat not in free) or (
                    run is not None and not same(run.seat, row.seat)
                ):
                    yield Anomaly("stranger", f"OP {op or 'none'}: {row}")

    # -- work

    @cached_property
    def _ready_throughout(self) -> list[int]:
        """For each state, until which one an item that awaits its claim then does so."""
        steps, walk = len(self.history.steps), self._walk
        found = [-1] * (steps + 1)
        for (item, number), version in walk.versions.items():
            if version.state == "AWAITING_CLAIM" and not version.owner:
                until = walk.until.get((item, number), steps + 1) - 1
                found[version.begins] = max(found[version.begins], until)
        for state in range(1, steps + 1):
            found[state] = max(found[state], found[state - 1])
        return found

    def _works(self) -> Iterator[Anomaly]:
        """Nobody works beside another, nor on when another has taken over."""
        works = [work for work in self.history.works if self._begun(work)]
        missing = [work for work in self.history.works if not self._begun(work)]
        for work in missing:
            yield Anomaly("won is missing", f"{work}: nothing of its claim is there")
        yield from self._beside(works)
        for work in works:
            yield from self._on(work)

    def _begun(self, work: Work) -> list[Written]:
        rows = self._written.get(work.op, ())
        return [row for row in rows if row.item == work.item and row.state == RUNNING]

    def _beside(self, works: Sequence[Work]) -> Iterator[Anomaly]:
        begins = sorted(works, key=attrgetter("begin"))
        ends = sorted(works, key=attrgetter("end"))
        at_work, surfaces, ended = dict[str, Work](), Surfaces(), 0
        for number, work in enumerate(begins):
            while ends[ended].end < work.begin:
                over = at_work.pop(_name(ends[ended]), None)
                if over:
                    surfaces.take(_name(over), self._keys(over))
                ended += 1
            name, keys = _name(work), self._keys(work)
            for other in surfaces.overlapping(keys, name):
                message = f"{at_work[other]} and {work} (the {number + 1}. work)"
                yield Anomaly("two at work", message)
            if name not in at_work:
                at_work[name] = work
                surfaces.put(name, keys)

    def _keys(self, work: Work) -> tuple[tuple[str, ...], ...]:
        row = self._begun(work)[0]
        return self._walk.versions[work.item, row.number].keys

    def _on(self, work: Work) -> Iterator[Anomaly]:
        """The first step by which another one has the item, after that of its claim."""
        at, walk = (work.item, self._begun(work)[0].number), self._walk
        while at in walk.until:
            at = at[0], at[1] + 1
            version = walk.versions[at]
            if version.epoch == work.epoch and same(version.seat, work.seat):
                continue
            landed = walk.clock.landed[version.begins]
            if not same(version.seat, work.seat) and landed < work.end:
                message = f"{work}: {version.seat} had it by {landed:.3f}"
                yield Anomaly("worked on", message)
            return


def _name(work: Work) -> str:
    return f"{work.op} {work.item} {work.epoch}"


def _denied(run: Run) -> bool:
    """Whether it was told that nothing of it stands, nor ever will."""
    if not run.answer:
        return run.code == 1 and run.verb != "hold"  # that has its command's own code
    return run.answer.word in {"held", "refused", "nothing ready"}


def _waits(run: Run, row: Written) -> bool:
    """Whether a post is a place in line, which stays whatever the answer is."""
    return "--wait" in run.args and row.state == "PARKED"


def chooses(run: Run) -> bool:
    """Whether a command may write posts whose id it chooses itself."""
    return run.verb in {"hold", "beat"} or "--wait" in run.args
