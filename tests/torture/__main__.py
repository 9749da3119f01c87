"""`make torture`: play in one world after another, and check each; or check again."""

import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.__main__ import settle
from harness.starting import Starter, starter
from harness.warm import warm

from torture import history, options
from torture.anomaly import Anomaly
from torture.checker import check
from torture.options import Options
from torture.play import ALL_FAULTS, HISTORY, Played, Way, play
from torture.worlds import Grounds, NotHere, World


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 1 where anything is wrong."""
    given = options.read(argv)
    if given.check:
        return _check(given.check)
    with tempfile.TemporaryDirectory(prefix="fleetfeed-torture-home-") as top:
        settle(Path(top, "home"), "[http]\n\treceivepack = true\n")
        return _run(given)


def _check(file: Path) -> int:
    """Check a history again."""
    found, begun = history.read(file), time.perf_counter()
    wrong = check(found)
    took = time.perf_counter() - begun
    for each in wrong:
        print(each)
    runs, steps = len(found.runs), len(found.steps)
    print(f"{runs} operations, {steps} steps: {len(wrong)} anomalies, in {took:.2f} s")
    return bool(wrong)


def _run(given: Options) -> int:
    print(f"seed {given.seed}: {len(given.worlds)} worlds, {given.seconds:.0f} s each")
    over = time.monotonic() + given.seconds * len(given.worlds)
    played, missing = list[Played](), list[tuple[World, str]]()
    with (
        Grounds.open(given.seats, given.folder or _memory()) as grounds,
        starter() as started,
        warm(),
    ):
        for number, world in enumerate(given.worlds):
            if played and time.monotonic() > over:
                missing.append((world, "time was up"))
                continue
            try:
                made = _one(given, grounds, started, number, world)
            except NotHere as error:
                missing.append((world, str(error)))
                continue
            except Exception:  # noqa: BLE001 - told, and counted; others are played
                traceback.print_exc()
                made = Played(world, found=[Anomaly("not played", "see above")])
            played.append(made)
            _tell(made)
    return _tell_all(given, played, missing)


def _one(
    given: Options, grounds: Grounds, started: Starter, number: int, world: World
) -> Played:
    """Play in a world for what is left of its time once it is there."""
    name = f"{given.seed}-{number}-{world.transport}-{world.way}-{world.mode}"
    begun = time.monotonic()
    with grounds.scene(world) as scene:
        left = max(5.0, given.seconds - (time.monotonic() - begun))
        faults = ALL_FAULTS if given.faults else frozenset()
        how = Way(left, given.seed + number, given.kept / name, faults, given.program)
        return play(scene, started, how)


def _memory() -> Path | None:
    """Where files are in memory, if there is room and programs may start there."""
    at = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with suppress(OSError):
        its = os.statvfs(at)
        if its.f_bavail * its.f_frsize > 4 << 30 and not its.f_flag & os.ST_NOEXEC:
            return at if os.access(at, os.W_OK) else None
    return None


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counted.most_common()) or "none"


def _tell(played: Played) -> None:
    """What became of one world."""
    print(f"{played.world}: {played.runs} operations, {played.posts} posts")
    print(f"  answers: {_counts(played.answers)}")
    print(f"  on the feed: {_counts(played.events)}")
    print(f"  faults: {_counts(played.faults)}")
    for line in played.said.splitlines():
        print(f"  said: {line}")
    for anomaly in played.found:
        print(f"  ANOMALY {anomaly}")
    if played.found and played.kept:
        again = f"PYTHONPATH=tests .venv/bin/python -m torture check {played.kept / HISTORY}"
        print(f"  again: {again}")
    sys.stdout.flush()


def _tell_all(
    given: Options, played: Sequence[Played], missing: Sequence[tuple[World, str]]
) -> int:
    """What became of all; the exit code."""
    runs, posts = (sum(getattr(each, n) for each in played) for n in ("runs", "posts"))
    found = sum(len(each.found) for each in played)
    verbs, answers, faults, events = (
        sum((getattr(each, name) for each in played), Counter[str]())
        for name in ("verbs", "answers", "faults", "events")
    )
    print(f"\nseed {given.seed}: {len(played)} worlds, {len(missing)} not")
    for world, why in missing:
        print(f"  not played: {world}: {why}")
    by = Counter[str]()
    for each in played:
        by[each.world.transport] += each.runs
    print(f"operations: {runs} ({_counts(by)}), posts: {posts}")
    print(f"commands: {_counts(verbs)}")
    print(f"answers: {_counts(answers)}")
    print(f"seen on the feeds: {_counts(events)}")
    print(f"faults: {sum(faults.values())} ({_counts(faults)})")
    print(f"anomalies: {found}")
    return bool(found or not played)


if __name__ == "__main__":
    sys.exit(main())
