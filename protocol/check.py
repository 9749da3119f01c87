"""Check the protocol's model, and that each of its mutations fails.

    python protocol/check.py               what takes a minute or two
    python protocol/check.py --large       larger worlds too
    python protocol/check.py RAISED        one row, by its name

It needs `rumur`, a model checker for Murphi's language (a package of Debian's), and a C
compiler: a world is compiled, and then all of its states are visited.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MODEL = Path(__file__).with_name("protocol.m")
SECONDS, MEMORY = 900, 4 << 20
"""What a world may use: of a processor, and in KiB. One that needs more has failed."""
BOUNDED = ("sh", "-c", f'ulimit -t {SECONDS} -v {MEMORY}; exec "$0"')

COMPILER = ("cc", "-O2", "-std=c11", "-march=native")
LIVENESS = "whoever is alive can always get on, in the end"
TWO = "two never work at once"
OVER = "what was written outside is never written over by whoever had it before"
NO = "a no is true"
PAST = "nobody goes past one whose turn it is"
BEAT = "a beat and a takeover never both win"
LANDED = "who works by a claim was told of one that landed"

SMALL = {"LEASE": 3, "CLAIMS": 2}
CALM = {**SMALL, "NAPS": 0, "RESTARTS": 0, "DOUBTS": 0}


@dataclass
class Row:
    """A world to be visited: the constants in which it differs from the file's.

    `fails` is the property that does not hold in it; empty where all of them do.
    `lives` asks for the liveness property too, which takes as long again.
    """

    name: str
    constants: Mapping[str, int] = field(default_factory=dict)
    fails: str = ""
    lives: bool = False


DIRECT, BOTH = {"QUEUE": 0}, {"QUEUE": 2}
STAY = {"LAPSES": 0}

WORLDS = (
    Row("queue, 2 seats", {**SMALL, "NAPS": 0}),
    Row("direct, 2 seats", {**SMALL, **DIRECT, "NAPS": 0, "RESTARTS": 0}),
    Row("queue, 2 seats, a nap", {**SMALL, "RESTARTS": 0, "DOUBTS": 0}),
    Row("queue, 3 seats", {**CALM, "SEATS": 3, "LEASE": 2, "GRACE": 2}),
    Row("both, 2 seats", {**CALM, **BOTH}),
    Row("queue, 2 seats, to the end", {**CALM, **STAY}, lives=True),
    Row("direct, 2 seats, to the end", {**CALM, **DIRECT, **STAY}, lives=True),
)

LARGE = (
    Row("queue, 2 seats, all faults", SMALL),
    Row("direct, 2 seats, all faults", {**SMALL, **DIRECT}),
    Row("both, 2 seats, doubts and restarts", {**SMALL, **BOTH, "NAPS": 0}),
    Row("queue, 2 seats, a longer lease", {"CLAIMS": 2, "NAPS": 0}),
    Row("queue, 3 seats, a longer lease", {**CALM, "SEATS": 3}),
    Row("queue, 3 seats, doubts", {**CALM, "SEATS": 3, "LEASE": 2, "DOUBTS": 1}),
    Row("direct, 3 seats", {**CALM, **DIRECT, "SEATS": 3}),
    Row(
        "queue, 3 seats, to the end",
        {**CALM, **STAY, "SEATS": 3, "LEASE": 2},
        lives=True,
    ),
)


def without(name: str, fails: str, **constants: int) -> Row:
    """The small world without what `name` stands for."""
    return Row(f"no {name}", {**SMALL, name: 0, **constants}, fails)


MUTATIONS = (
    without("SELF_FENCING", TWO),
    Row("grace not above drift", {**SMALL, "GRACE": 1}, TWO),
    without("WINDOWS_APART", TWO),
    without("ASKED_AGAIN", BEAT),
    without("MOVED_FIRST", LANDED),
    without("COMPARE_AND_SET", TWO, **DIRECT),
    Row("no COMPARE_AND_SET, both", {**CALM, **BOTH, "COMPARE_AND_SET": 0}, TWO),
    without("NEWEST", TWO),
    without("SAME_OP", NO),
    without("FROM_SENT", TWO),
    without("RAISED", OVER),
    without("FENCED", OVER, DOUBTS=0, RESTARTS=0),
    without("LOST_IS_YOUNG", TWO),
    without("IN_TURN", PAST),
    Row("no TURN_ENDS", {**CALM, **STAY, "TURN_ENDS": 0}, LIVENESS, lives=True),
)


@dataclass
class Visited:
    """What became of a world: the property that failed (empty: none), and how far.

    `seconds` are of a processor, `megabytes` the most that it had in memory.
    """

    failed: str
    states: int
    seconds: float
    megabytes: int
    trace: str


def text_of(row: Row) -> str:
    """The model with the constants of `row`. KeyError where it has no such constant."""
    text = MODEL.read_text("utf-8")
    for name, value in row.constants.items():
        text, found = re.subn(rf"(?m)^  {name}: \d+;", f"  {name}: {value};", text)
        if found != 1:
            raise KeyError(name)
    if row.fails:  # and so is not visited to its end
        text = re.sub(r'\ncover ".*"\n  .*;\n', "", text)
    return text if row.lives else text[: text.index("\nliveness ")]


def visit(row: Row) -> Visited:
    """Compile the world of `row`, and visit all its states, or until one is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        model, code, program = (
            Path(folder, n) for n in ("world.m", "world.c", "world")
        )
        model.write_text(text_of(row), "utf-8")
        made = ("--deadlock-detection", "off", "--threads", "1", "--output", str(code))
        run("rumur", *made, str(model))
        run(*COMPILER, "-o", str(program), str(code), "-lpthread")
        said, code_, used = _measured(program)
    failed = re.search(r'(?:invariant|property) "(.*)" (?:failed|violated)', said)
    failed = failed or re.search(r'cover "(.*)" not hit', said)
    counted = re.findall(r"(\d+) states(?: explored in|, \d+ rules fired)", said)
    what = failed[1] if failed else ""
    if code_ not in (0, 1):
        what = f"it is visited to its end (it ended with {code_})"
    elif not counted or bool(failed) != bool(code_):
        raise RuntimeError(f"{row.name}: it ended with {code_}: {said[-2000:]}")
    rules = re.findall(r'^Rule "(.*)"(.*) fired', said, re.MULTILINE)
    trace = "".join(f"    {name}{where}\n" for name, where in rules)
    states = int(counted[-1]) if counted else 0
    return Visited(what, states, used.ru_utime, used.ru_maxrss >> 10, trace)


def _measured(program: Path) -> tuple[str, int, resource.struct_rusage]:
    """What a checker said, how it ended, and what it used, within the bounds."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            (*BOUNDED, str(program)), stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return out.read(), process.returncode, used


def run(*words: str) -> None:
    """Run a program. RuntimeError with its own words where it fails."""
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{words[0]}: {ended.stdout}{ended.stderr}")


def as_expected(rows: list[Row], workers: int) -> Iterator[bool]:
    """Visit all, and say of each what was found, and whether that was expected."""
    print(f"{'world':34}{'states':>12}{'CPU s':>8}{'MB':>6}  found")
    with ThreadPoolExecutor(workers) as pool:
        for row, found in zip(rows, pool.map(visit, rows), strict=True):
            what = f'not: "{found.failed}"' if found.failed else "all holds"
            numbers = f"{found.states:>12,}{found.seconds:>8.1f}{found.megabytes:>6}"
            print(f"{row.name:34}{numbers}  {what}", flush=True)
            right = found.failed == row.fails
            if not right:
                print(f"  expected: {row.fails or 'all holds'}\n{found.trace}", end="")
            yield right


def main() -> int:
    """0 where all was as expected, 1 where it was not, 2 where it cannot be tried."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="rows, by a part of their names")
    parser.add_argument("--large", action="store_true", help="larger worlds")
    parser.add_argument("--workers", type=int, default=2, help="worlds at a time")
    asked = parser.parse_args()
    missing = [name for name in ("rumur", "cc") if not shutil.which(name)]
    if missing:
        print(f"{' and '.join(missing)}: not found; `apt install rumur gcc` brings it")
        return 2
    rows = [*WORLDS, *(LARGE if asked.large else ()), *MUTATIONS]
    if asked.names:
        rows = [row for row in rows if any(name in row.name for name in asked.names)]
    right = list(as_expected(rows, asked.workers))
    print(f"{sum(right)} of {len(rows)} as expected")
    return 0 if all(right) and rows else 1


if __name__ == "__main__":
    sys.exit(main())
