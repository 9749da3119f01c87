"""One world: its seats at work, what breaks meanwhile, and what is found afterwards."""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from faults.queue_bench import processes
from harness.environment import clean
from harness.fleet import Server
from harness.starting import Start, Starter

from fleetfeed.lease.heartbeat import BEATS
from torture import chaos
from torture.anomaly import Anomaly
from torture.checker import Checker
from torture.history import History, Run, read, read_runs
from torture.recorder import now
from torture.seat import Orders, ordered, works
from torture.worlds import LEASES, Scene, World

ALL_FAULTS = frozenset(
    (
        chaos.HOOK, chaos.GC, chaos.FULL, chaos.STAMPS, chaos.CACHE,
        chaos.BACKEND, chaos.DATABASE,
    )
)  # fmt: skip
LOST = "beats lost to gc"
HISTORY = "history.jsonl"
_AT_MOST = 60.0
"""Seconds in which a server has to come to rest."""
_SOCKETS = shutil.ignore_patterns("*.sock")
_HARM = 0.15
"""How many of the commands are killed, or stopped for a while."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a world: where its history is kept, and what is wrong with it.

    `events` are what is on its feed, `said` what commands have said that they must not.
    """

    world: World
    runs: int = 0
    posts: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    found: Sequence[Anomaly] = ()
    kept: Path | None = None
    said: str = ""
    verbs: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Way:
    """For how many seconds a world is played, by which chance, and where that is kept.

    `program` is the module whose `main` is a command.
    """

    seconds: float
    seed: int
    kept: Path
    faults: frozenset[str]
    program: str


def play(scene: Scene, starter: Starter, way: Way) -> Played:
    """Let the seats of a world work, and check what came of it."""
    kept = way.kept
    chance = random.Random(way.seed)  # noqa: S311 - no secret
    folder = kept / "recording"
    shutil.rmtree(kept, ignore_errors=True)
    folder.mkdir(parents=True)
    harm = _HARM if way.faults else 0.0
    until = now() + way.seconds
    starts = list[Start]()
    for seat, clone in scene.clones.items():
        out, mine = str(folder / seat), chance.randrange(1 << 32)
        orders = Orders(seat, str(clone), out, mine, until, LEASES, harm, way.program)
        starts.append(Start(str(clone), clean(), ordered(orders), "torture.seat"))
    breaking = chaos.Chaos(scene, chance, way.faults)
    with chaos.on_small_disk(scene):
        with breaking.at_work():
            ended = starter.together(starts)
        broken = list[Anomaly]()
        if scene.server:
            _settle(scene.server)
            if breaking.counted[chaos.GC]:
                breaking.counted[LOST] = _lost_beats(scene.server)
            broken += _not_whole(scene.server)
        history = _recorded(scene, folder)
        history.write(kept / HISTORY)
        checker = Checker(read(kept / HISTORY))
        found = [*broken, *checker.check()]
        if found and scene.server:
            shutil.copytree(scene.server.folder, kept / "feed.git", ignore=_SOCKETS)
    counted = Counter(breaking.counted)
    for each in ended:
        with suppress(ValueError):
            counted.update(
                {f"command {k}": n for k, n in json.loads(each.stdout).items()}
            )
    said = "".join(each.stderr for each in ended)
    if said:
        found.append(Anomaly("broke", "a command said so, see above"))
    if any(each.code for each in ended) or not history.runs:
        codes = [each.code for each in ended]
        found.append(Anomaly("not played", f"the seats have ended with {codes}"))
    return Played(
        scene.world,
        len(history.runs),
        sum(len(step.posts) for step in history.steps),
        Counter(_answer(run) for run in history.runs),
        +counted,
        found,
        kept,
        said,
        Counter(run.verb for run in history.runs),
        +checker.events,
    )


def _settle(server: Server) -> None:
    """Wait until nothing runs in the repository any more that might still write."""
    until = now() + _AT_MOST
    while now() < until:
        server.end_leader()
        if not list(processes("", server)):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{server.folder}: {list(processes('', server))} still run")


def _recorded(scene: Scene, folder: Path) -> History:
    """What the seats have written down, and the feed."""
    runs = [run for seat in scene.clones for run in read_runs(folder / seat)]
    runs.sort(key=lambda run: run.begin)
    done = [work for seat in scene.clones for work in works(folder / seat)]
    return History(scene.rules, tuple(runs), tuple(scene.steps()), tuple(done))


def _lost_beats(server: Server) -> int:
    """Take away what `fleetfeed doctor` finds of refs of beats; how many there were.

    Where `git gc --prune=now` runs between a push's objects and its ref, git is left with
    a ref that points to nothing, whoever has pushed. Of a beat, that is git's fault.
    """
    form = "--format=%(refname) %(objectname)"
    rows = server.git("for-each-ref", form, BEATS).stdout.splitlines()
    lost = [
        ref
        for ref, id_ in map(str.split, rows)
        if not server.git("cat-file", "-e", id_, ok=None).ok
    ]
    for ref in lost:
        server.git("update-ref", "-d", ref)
    return len(lost)


def _not_whole(server: Server) -> Iterator[Anomaly]:
    """What git itself finds broken in the repository: faults do not excuse that."""
    checked = server.git("fsck", "--strict", "--no-dangling", "--no-progress", ok=None)
    if not checked.ok:
        yield Anomaly("not whole", checked.said)


def _answer(run: Run) -> str:
    if run.code is None:
        return "killed"
    return run.answer.word if run.answer else f"code {run.code}"
