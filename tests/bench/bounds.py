"""What the largest pushes cost a server's hook: time, processor, memory, and the bound.

The hook file is run as git runs it, on a server that has the push's objects already: so
git's own work (the pack, the connection) is in no figure.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import sub
from pathlib import Path

from harness import Repo, Seat, Server, claim, path, post
from harness.fleet import MAIN
from harness.progress import tell

from bench import feeds, hardware
from bench.feeds import File
from bench.report import Report
from bench.spread import Spread, paired
from bench.tables import Row, Table

PAGE = "bounds.md"
PARTS = ("bounds",)
_PUSHED = "refs/heads/pushed"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rounds, and by how much the pushes are smaller (1: as they should be)."""

    rounds: int
    shrunk: int = 1


@dataclass(frozen=True, slots=True)
class Bound:
    """A push: what its commits add, the exit code of the hook, and what it may cost."""

    label: str
    commits: Callable[[int], Iterable[Iterable[File]]]
    size: int
    code: int = 0
    allowed: str = ""


def _chain(count: int) -> Iterator[Iterator[File]]:
    yield (
        (
            path(f"CMB-{n:04d}"),
            post(item=f"CMB-{n:04d}", depends_on=f"CMB-{n - 1:04d}" if n > 1 else None),
        )
        for n in range(1, count + 1)
    )


def _sealed(count: int) -> Iterator[list[File]]:
    """One sealed file of so many documents with nothing in them."""
    head = "# fleetfeed: a sealed shard, version 1 (docs/sealing.md)\n"
    rows = (
        f"--- # CMB-{n // 2500 + 1:04d}/{n % 2500 + 1:04d}.yaml 1\n\n"
        for n in range(count)
    )
    yield [("feed/CMB/000.sealed", head + "".join(rows))]


def _notes(count: int) -> Iterator[Iterator[File]]:
    where = "feed/notes/2026/11/20261120T1552{:02d}Z-CAMBER-06-{:04x}.yaml"
    text = "SEAT: CAMBER-06\nBODY: seen\n"
    yield ((where.format(n // 60_000, n % 60_000), text) for n in range(count))


def _beside(count: int) -> Iterator[list[File]]:
    return ([(f"src/{n % 97}/file", f"{n}\n")] for n in range(count))


_CHAIN = "a chain of {:,} new items, each waiting for the one before it"
BOUNDS = (
    Bound(_CHAIN, _chain, 400),
    Bound(_CHAIN, _chain, 800, allowed="3 times the one before"),
    Bound(
        "a sealed file of {:,} documents that were no files",
        _sealed,
        2_490_000,
        code=1,
        allowed="2 s, 200 MB",
    ),
    Bound("{:,} notes on one file", _notes, 60_000, allowed="3 s"),
    Bound("{:,} commits that touch no post", _beside, 2000, allowed="0.5 s"),
)
OTHER = "another branch"
CODE = "{0:,} changed paths, against {0:,} held surfaces"


@dataclass(frozen=True, slots=True)
class _Ran:
    """What one run of a hook took: seconds on the wall and the processor, and bytes."""

    wall: float
    cpu: float
    memory: float


def run(folder: Path, plan: Plan) -> Report:
    """Build the pushes in `folder`, and measure the hook."""
    before, rows, values = hardware.load(), list[Row](), dict[str, object]()
    for bound in BOUNDS:
        size = max(bound.size // plan.shrunk, 2)
        label = bound.label.format(size)
        tell(label)
        server = _guarded(folder / f"{len(rows)}", bound.commits(size))
        line = f"{server.tip(MAIN)} {server.tip(_PUSHED)} {MAIN}\n"
        hook = server.folder / "hooks/pre-receive"
        # A push that is small enough is not refused for what is too much of it.
        code = None if plan.shrunk > 1 else bound.code
        found = [_ran(server, hook, line, code) for _ in range(plan.rounds)]
        rows.append((label, (*_spreads(found), bound.allowed)))
        values[label] = [(each.wall, each.cpu, each.memory) for each in found]
    rows.append(_other(folder / OTHER, plan.rounds, values))
    guarded = _code(folder / "code", plan, values)
    tell("")
    facts = {
        **hardware.described(),
        **hardware.loads(before),
        "figures": hardware.LEGEND.format(rounds=plan.rounds),
    }
    columns = ("wall (s)", "processor (s)", "memory (MB)", "allowed")
    tables = (
        Table("The server's hook, for one push of", columns, tuple(rows), "", 1.0),
        Table("A clone's hook, for one commit of", columns, (guarded,), "", 1.0),
    )
    return Report(PAGE, facts, tables, values)


def _guarded(folder: Path, commits: Iterable[Iterable[File]]) -> Server:
    """A guarded server with an empty feed, and `commits` on it, beside the feed ref."""
    server = Server.create(folder, install=False)
    feeds.write_commits(server, [[("feed/policy.yaml", feeds.policy())]])
    feeds.write_commits(server, commits, ref=_PUSHED, onto=server.tip(MAIN))
    server.install()
    return server


def _other(folder: Path, rounds: int, values: dict[str, object]) -> Row:
    """What the hook adds to one that is empty, for a push of another branch."""
    server = _guarded(folder, [[("src/file", "x\n")]])
    tip = server.tip(_PUSHED)
    line = f"{'0' * len(tip)} {tip} refs/heads/other\n"
    both = _beside_empty(server, server.folder / "hooks/pre-receive", line, rounds)
    values[OTHER] = [(one.wall, other.wall) for one, other in both]
    return f"{OTHER}: beyond an empty hook", (*_beyond(both), "0.025 s")


def _code(folder: Path, plan: Plan, values: dict[str, object]) -> Row:
    """What a clone's hook adds, for a commit of paths that are all claimed."""
    size = max(1000 // plan.shrunk, 2)
    server = Server.create(folder / "server.git", install=False)
    policy = f'{feeds.policy()}\npaths: {{"web/**": "CAMBER:file"}}\n'
    claims = (
        (path(item), claim(item, f"CAMBER:file:web/{n}"))
        for n in range(1, size + 1)
        for item in [f"CMB-{n:04d}"]
    )
    feeds.write_commits(server, [[("feed/policy.yaml", policy)], claims])
    label = CODE.format(size)
    tell(label)
    seat = Seat.clone(server, folder / "seat")
    for n in range(1, size + 1):
        seat.write(f"web/{n}/a.ts", "x\n")
    seat.git("add", "web")
    file = seat.folder / ".git/hooks/pre-commit"
    both = _beside_empty(seat, file, "", plan.rounds)
    values[label] = [(one.wall, other.wall) for one, other in both]
    return f"{label}: beyond an empty hook", (*_beyond(both), "0.1 s")


def _beside_empty(
    repo: Repo, hook: Path, line: str, rounds: int
) -> list[tuple[_Ran, _Ran]]:
    """A hook that does nothing, and ours, one after the other."""
    empty = hook.with_name("empty")
    empty.write_text("#!/bin/sh\nexit 0\n")
    empty.chmod(0o755)
    return [
        (_ran(repo, empty, line, 0), _ran(repo, hook, line, 0)) for _ in range(rounds)
    ]


def _beyond(both: Sequence[tuple[_Ran, _Ran]]) -> tuple[Spread, Spread, Spread]:
    bare, ours = zip(*both, strict=True)
    return (
        paired([each.wall for each in ours], [each.wall for each in bare], sub),
        paired([each.cpu for each in ours], [each.cpu for each in bare], sub),
        _spreads(ours)[2],
    )


def _spreads(found: Sequence[_Ran]) -> tuple[Spread, Spread, Spread]:
    return (
        Spread.of([each.wall for each in found]),
        Spread.of([each.cpu for each in found]),
        Spread.of([each.memory / 1e6 for each in found]),
    )


# In a process of its own, since one that is forked begins with its parent's memory.
_WATCH = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stderr=subprocess.DEVNULL)
wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
"""


def _ran(repo: Repo, hook: Path, line: str, code: int | None) -> _Ran:
    """Run a hook file as git does; RuntimeError where it does not end with `code`."""
    where = os.path.relpath(hook.parent.parent, repo.folder)
    around = {"GIT_DIR": where, "FLEETFEED_SEAT": "CAMBER-06"}
    said = repo.run((sys.executable, "-c", _WATCH, str(hook)), stdin=line, env=around)
    ended, *used = map(float, said.stdout.split())
    if code is not None and ended != code:
        raise RuntimeError(f"{hook} ended with {ended:.0f}, not {code}: {line}")
    return _Ran(*used)
