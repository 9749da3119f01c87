"""One seat of a race, in a process of its own: `python -m harness.racer CLONE BRANCH`.

It says `ready`, waits for the start, and pushes its commit to a branch of its own and
to the feed ref; whoever loses fetches, rebases and pushes again, until it has won or
is told with whom it collides.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.environment import clean
from harness.repo import Repo, Result

TRIES = 20
FEED = "HEAD:refs/heads/main"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a race ended for one seat: `won`, `held`, or `lost` for no stated reason."""

    answer: str
    pushes: int
    said: str


def race(seat: Repo, branch: str) -> Outcome:
    """Push until the answer is clear."""
    said = ""
    for tries in range(1, TRIES + 1):
        own = f"+HEAD:refs/heads/{branch}"
        pushed = seat.git("push", "--porcelain", "origin", own, FEED, ok=None)
        said = pushed.said
        if _landed(pushed):
            return Outcome("won", tries, said)
        if "COLLIDE-WITH-" in said:
            return Outcome("held", tries, said)
        seat.git("fetch", "-q", "origin")
        seat.git("rebase", "-q", "origin/main")
    return Outcome("lost", TRIES, said)


def _landed(pushed: Result) -> bool:
    """Whether the feed ref moved, whatever became of the branch."""
    rows = [line.split("\t") for line in pushed.stdout.splitlines()]
    return any(row[1:2] == [FEED] and row[0] in {" ", "+", "*"} for row in rows)


def start_together(seats: list[tuple[Repo, str]]) -> list[Outcome]:
    """Race all `seats` with their branches, each in a process, from one start."""
    racers = [_racer(seat, branch) for seat, branch in seats]
    try:
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        ended = [racer.communicate(timeout=60) for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
    return [Outcome(**json.loads(stdout)) for stdout, _ in ended]


def _racer(seat: Repo, branch: str) -> "subprocess.Popen[str]":
    tests = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        (sys.executable, "-m", "harness.racer", str(seat.folder), branch),
        env={**seat.environment, "PYTHONPATH": str(tests)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    """Race, and print the outcome."""
    folder, branch = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    outcome = race(Repo(Path(folder), clean()), branch)
    sys.stdout.write(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
