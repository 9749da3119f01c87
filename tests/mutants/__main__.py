"""Change the code a little, many times, and see whether a test notices.

    make mutants MUTANTS="--sample 400 --seed 1 --only judge lease"

It says which mutants survived and are not explained in `explained.toml`; it fails where
there are any. See docs/mutants.md.
"""

import argparse
import json
import queue
import random
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants import trial
from mutants.copies import BUILD, TOP, copy, python
from mutants.measure import Measured, measure, measured
from mutants.mutations import Key, Mutant, mutants, sample

_FILES = {
    "judge": ("judge/*.py",),
    "lease": ("lease/*.py",),
    "ledger": tuple(
        f"ledger/{name}.py"
        for name in (
            "base", "checkout", "commits", "git", "inbox", "memory", "places", "push",
            "queued",
        )
    ),
    "writing": tuple(
        f"writing/{name}.py" for name in ("idempotency", "retry", "transaction", "turn")
    ),
}  # fmt: skip
"""What is changed, by wing: what decides who owns a surface."""
_TESTS = tuple(f"tests/{wing}" for wing in _FILES)
"""The tests that are measured, unless others are named."""
_RESULTS = BUILD / "results.jsonl"
_EXPLAINED = Path(__file__).with_name("explained.toml")
_SLACK = 240
"""Seconds that a trial may take beside its tests, which may take ten times as long."""
_LEFT = {"survived", "unmet", "broken", "time"}
"""How one ends that no test has noticed."""
_CONTROL = 50
"""How many tests are run without any change, first of all."""


@dataclass(frozen=True)
class Tried:
    """What became of a mutant: `ended` is a word, `last` the line that tells why."""

    mutant: Mutant
    ended: str
    last: str
    seconds: float


def main() -> int:
    """Try a sample; 1 where a mutant survived that nobody has explained."""
    asked = _asked()
    BUILD.mkdir(parents=True, exist_ok=True)
    files = _files(*asked.only)
    by_file = {file: mutants(file, (TOP / file).read_text()) for file in files}
    if asked.survivors:
        left = _survivors_of_last_time()
        every = (each for file in files for each in by_file[file])
        chosen = [each for each in every if each.key in left]
    else:
        chosen = sample(by_file, asked.sample, asked.seed)
    # By lot: what is interrupted has looked everywhere, too.
    random.Random(asked.seed).shuffle(chosen)  # noqa: S311 - no secret
    known = measured()
    if known is None or asked.measure is not None:
        tests = asked.measure or _TESTS
        known = measure(_files(*_FILES), tests, known if asked.measure else None)
    total = sum(map(len, by_file.values()))
    print(f"{len(chosen)} of {total} mutants", flush=True)
    tried = list(_try(chosen, known, asked.workers, asked.seconds))
    return _report(tried)


def _files(*wings: str) -> list[str]:
    """What is changed of these wings, as paths from the top."""
    patterns = [f"fleetfeed/{pattern}" for wing in wings for pattern in _FILES[wing]]
    found = (path for pattern in patterns for path in TOP.glob(pattern))
    return sorted(str(path.relative_to(TOP)) for path in found)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    add = parser.add_argument
    add("--sample", type=int, default=100, help="how many mutants (100)")
    add("--seed", type=int, default=1, help="which of them (1)")
    add("--only", nargs="+", choices=_FILES, default=list(_FILES), help="which wings")
    add("--workers", type=int, default=2, help="how many are tried at once (2)")
    add("--seconds", type=float, default=30, help="of tests for each (30)")
    measure = "measure anew which test runs what: all, or these files of tests alone"
    add("--measure", nargs="*", metavar="TESTS", help=measure)
    add("--survivors", action="store_true", help="only those that survived last time")
    return parser.parse_args()


def _survivors_of_last_time() -> set[Key]:
    rows = map(json.loads, _RESULTS.read_text().splitlines())
    return {tuple(key) for key, ended, *_ in rows if ended in _LEFT}


def _try(
    chosen: Sequence[Mutant], known: Measured, workers: int, seconds: float
) -> Iterator[Tried]:
    """Each in one of as many copies as there are workers, and as each one ends."""
    free: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
    started = [_worker(f"copy-{number}") for number in range(workers)]
    for each in started:
        _control(each, known)
        free.put(each)

    def one(mutant: Mutant) -> Tried:
        tests = known.for_mutant(mutant, seconds)
        if not tests:
            return Tried(mutant, "unmet", "no test comes by", 0)
        worker = free.get()
        try:
            return _tried(worker, mutant, tests, _SLACK + 10 * seconds)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(workers)
    try:
        with _RESULTS.open("w") as results:
            for tried in pool.map(one, chosen):
                took = round(tried.seconds, 1)
                row = [tried.mutant.key, tried.ended, tried.last, took]
                print(json.dumps(row), file=results, flush=True)
                yield tried
    finally:
        pool.shutdown(cancel_futures=True)
        for each in started:
            each.communicate()


def _worker(name: str) -> "subprocess.Popen[str]":
    folder = copy(name)
    return subprocess.Popen(
        (python(folder), trial.__file__),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tried(
    worker: "subprocess.Popen[str]", mutant: Mutant, tests: list[str], limit: float
) -> Tried:
    job = {"file": mutant.file, "text": mutant.text, "tests": tests, "limit": limit}
    return Tried(mutant, *_answer(worker, job))


def _answer(
    worker: "subprocess.Popen[str]", job: dict[str, Any]
) -> tuple[str, str, float]:
    assert worker.stdin
    assert worker.stdout
    print(json.dumps(job), file=worker.stdin, flush=True)
    ended, last, seconds = json.loads(worker.stdout.readline())
    return ended, last, seconds


def _control(worker: "subprocess.Popen[str]", known: Measured) -> None:
    """A file as it is must survive: or else nothing is to be believed."""
    file = "fleetfeed/__init__.py"
    tests = sorted(known.seconds, key=known.seconds.__getitem__)[:_CONTROL]
    job = {"file": file, "text": (TOP / file).read_text(), "tests": tests, "limit": 600}
    ended, last, _ = _answer(worker, job)
    if ended != "survived":
        sys.exit(f"without any change the tests {ended}: {last}")


def _report(tried: Sequence[Tried]) -> int:
    explained = _explained()
    left = [each for each in tried if each.ended in _LEFT]
    news = [each for each in left if each.mutant.key not in explained]
    for each in news:
        mutant = each.mutant
        print(f"\n{each.ended}: {mutant.file}:{mutant.lines[0]} {mutant.function}")
        print(f"  was {mutant.was}\n  now {mutant.now}")
    for wing in _FILES:
        ends = Counter(
            each.ended for each in tried if Path(each.mutant.file).parts[1] == wing
        )
        print(f"{wing}: {', '.join(f'{n} {end}' for end, n in sorted(ends.items()))}")
    print(
        f"{len(tried) - len(left)} of {len(tried)} noticed,"
        f" {len(left) - len(news)} explained, {len(news)} to be looked at"
    )
    return 1 if news else 0


def _explained() -> dict[Key, str]:
    """Why a survivor is none of the tests' faults, by its key."""
    rows = tomllib.loads(_EXPLAINED.read_text()).get("mutant", [])
    return {
        (f"fleetfeed/{row['file']}", row["in"], row["was"], row["now"]): row["why"]
        for row in rows
    }


if __name__ == "__main__":
    sys.exit(main())
