"""A day of a fleet against a real database: its figures, and whether all was lawful."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from statistics import median

from harness.postgres import Postgres

from bench.contention.found import p95
from bench.ledger.fleet import DAY, GRACE, LEASE, Told
from bench.ledger.places import environment, made
from bench.ledger.plan import Plan
from bench.ledger.truth import count, held_by_two
from bench.spread import Spread
from bench.tables import Row, Table

REPOSITORIES = 20
_DESKS = 8
"""Connections of each process: more seats than these take turns."""

_POLICY = """\
leases: {{default: {lease:.0f}s, grace: {grace:.0f}s}}
"""
# The shortest that a policy can say, in real seconds.
_LEAST = 2.0


def played(postgres: Postgres, plan: Plan) -> tuple[list[Told], str]:
    """What every act of the day was told, and where it was written."""
    pressed = plan.seconds / DAY
    lease, grace = max(LEASE * pressed, _LEAST), max(GRACE * pressed, _LEAST)
    url = made(postgres, _POLICY.format(lease=lease, grace=grace))
    share = -(-plan.fleet // plan.processes)
    asked = [
        {
            "first": at,
            "last": min(at + share, plan.fleet),
            "repositories": REPOSITORIES,
            "desks": _DESKS,
            "pressed": pressed,
            "length": DAY * plan.share,
        }
        for at in range(0, plan.fleet, share)
    ]
    started = [
        subprocess.Popen(
            (sys.executable, "-m", "bench.ledger.fleet", url, json.dumps(each)),
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        for each in asked
    ]
    said = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise RuntimeError("a process of the fleet has ended before its day")
    return [Told(*row) for one in said for row in json.loads(one)], url


def tables(told: Sequence[Told], url: str, plan: Plan) -> Iterator[Table]:
    """What each kind of act took, and what became of the whole."""
    kinds = sorted({each.what for each in told})
    rows = [(kind, _cells([t for t in told if t.what == kind])) for kind in kinds]
    columns = ("acts", "p50 (ms)", "p95 (ms)", "longest (ms)", "refused", "tried again")
    yield Table("A day: what each act took", columns, tuple(rows), "", 1.0)
    wrong = list(held_by_two(url))
    for line in wrong[:10]:
        print(line, file=sys.stderr)
    length = max(each.start + each.seconds for each in told)
    last = sorted(told, key=lambda each: each.start)[-_LAST:]
    worst = max(_a_second(told).values())
    posts = count(url)
    facts: tuple[Row, ...] = (
        ("seats, repositories", (f"{plan.fleet:,}, {REPOSITORIES}",)),
        ("processes, connections", (_hands(plan),)),
        ("simulated hours", (round(median(t.at for t in last) / 3600, 1),)),
        ("played in (s)", (round(length, 1),)),
        ("posts", (f"{posts:,}",)),
        ("posts a second, on average", (round(posts / length, 1),)),
        ("acts in the busiest second", (f"{worst:,}",)),
        ("late, p50 (s)", (median(t.late for t in told),)),
        ("late, p95 (s)", (p95([t.late for t in told]),)),
        ("late at the end (s)", (median(t.late for t in last),)),
        ("neither yes nor no", (str(sum(t.ended in _NEITHER for t in told)),)),
        ("two that held one surface", (str(len(wrong)),)),
    )
    yield Table("A day: the whole of it", ("",), facts, "", 1.0)


_LAST = 500
"""Acts that are the end of the day."""


def _hands(plan: Plan) -> str:
    return f"{plan.processes}, {plan.processes * _DESKS}"


_NEITHER = ("Unknown", "CannotTell")
_REFUSED = ("Held", "Refused", "NoLongerYours", "NothingReady")


def _a_second(told: Sequence[Told]) -> dict[int, int]:
    """How many acts began in each second."""
    found: dict[int, int] = {}
    for each in told:
        found[int(each.start)] = found.get(int(each.start), 0) + 1
    return found


def _cells(told: Sequence[Told]) -> tuple[Spread | str | float, ...]:
    times = [1000 * each.seconds for each in told]
    refused = sum(each.ended in _REFUSED for each in told)
    again = sum(each.tries > 1 for each in told)
    middle = Spread.of(times).median
    return (
        f"{len(told):,}", middle, p95(times), max(times), f"{refused:,}", f"{again:,}"
    )  # fmt: skip
