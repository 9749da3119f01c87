"""The figures of a feed, reckoned slowly: from `git log -p`, text and plain loops.

Nothing of the package is used: posts are cut out of the patches, and each figure is
asked of every item anew.
"""

import json
import math
import re
from calendar import timegm
from dataclasses import dataclass, field
from fractions import Fraction
from time import gmtime, strftime, strptime

from harness import Repo

OVER = ("DONE", "CANCELLED")
RESTING = ("BLOCKED", "PARKED")


@dataclass
class Step:
    """An item as it is from `at` on (None: nobody says when)."""

    at: int | None
    state: str
    open: bool
    holder: str
    keys: tuple[str, ...]
    turn: int


@dataclass
class Slow:
    """All that happened, by item."""

    items: dict[str, list[Step]] = field(default_factory=dict)

    @classmethod
    def of(cls, repo: Repo, ref: str) -> "Slow":
        """Read the history of `ref`."""
        said = repo.git("log", "-p", "--reverse", "--format=", ref, "--", "feed").stdout
        posts: dict[str, dict[int, str]] = {}
        for part in said.split("diff --git ")[1:]:
            found = re.search(
                r"^\+\+\+ b/feed/\w+/\d+/([\w-]+)/(\d+)\.yaml$", part, re.MULTILINE
            )
            if found:
                lines = part[found.end() :].splitlines()
                text = "\n".join(line[1:] for line in lines if line.startswith("+"))
                posts.setdefault(found[1], {})[int(found[2])] = text
        steps = {
            item: _dated(_steps([text for _, text in sorted(there.items())]))
            for item, there in posts.items()
        }
        return cls(steps)

    def figures(self, since: int, now: int) -> dict[str, object]:
        """Everything that `stats` tells."""
        dated = {i: s for i, s in self._until(now).items() if s[0].at is not None}
        stays = [stay for steps in dated.values() for stay in _stays(steps)]
        ended = [stay for stay in stays if stay[1] is not None and stay[1] >= since]
        done = [stay for stay in ended if stay[2] == "DONE"]
        runs = [run for item, steps in dated.items() for run in _runs(item, steps)]
        rests = [run for run in runs if run[0] in RESTING]
        holds = [run for run in runs if run[0] == "IN_PROGRESS"]
        holds = [h for h in holds if h[5] >= since or h[6] is None or h[6] > since]
        places = [run for run in rests if run[4] and run[5] >= since]
        gone = [run for run in rests if run[6] is not None and run[6] >= since]
        return {
            "open": [(at, self._open(at, now)) for at in _moments(since, now)],
            "filed": sum(s[0] >= since and not s[4] for s in stays),
            "reopened": sum(s[0] >= since and s[4] for s in stays),
            "done": len(done),
            "cancelled": len(ended) - len(done),
            "lead": _spread([s[1] - s[0] for s in done]),
            "work": _spread([s[1] - s[3] for s in done if s[3] is not None]),
            "waiting": _spread(
                [s[3] - s[0] for s in stays if s[3] is not None and s[3] >= since]
            ),
            "line": _spread([r[6] - r[5] for r in gone if r[4]]),
            "rest": _spread([r[6] - r[5] for r in gone if not r[4]]),
            "holdings": sorted(
                (
                    (h[1], h[2], h[3], max(h[5], since), h[6], h[5] >= since)
                    for h in holds
                ),
                key=repr,
            ),
            "surfaces": _surfaces(holds, places, since, now),
            "seats": _seats(holds, since, now),
            "undated": sum(s[0].at is None for s in self.items.values()),
        }

    def _until(self, now: int) -> dict[str, list[Step]]:
        return {
            item: [
                Step(None if s.at is None else min(s.at, now), s.state, s.open, s.holder, s.keys, s.turn)
                for s in steps
            ]
            for item, steps in self.items.items()
        }  # fmt: skip

    def _open(self, at: int, now: int) -> int:
        count = 0
        for steps in self._until(now).values():
            if steps[0].at is None:
                count += steps[-1].open
                continue
            there = [step for step in steps if step.at is not None and step.at <= at]
            count += bool(there) and there[-1].open
        return count


def _moments(since: int, now: int) -> list[int]:
    return [since + Fraction(now - since, 60) * point // 1 for point in range(61)]


def _fields(text: str) -> dict[str, object] | None:
    found: dict[str, object] = {}
    for line in text.splitlines():
        name, _, value = line.partition(": ")
        found[name] = json.loads(value) if value[:1] in ('"', "[") else value
    return found if "STATE" in found else None


def _steps(texts: list[str]) -> list[Step]:
    steps, broken = list[Step](), False
    for text in texts:
        said = _fields(text)
        last = steps[-1] if steps else Step(None, "", True, "", (), 0)
        if said is None:
            broken = True
            steps.append(
                Step(None, last.state, True, last.holder, last.keys, last.turn)
            )
            continue
        state, keys = str(said["STATE"]), last.keys
        if "SURFACE_KEY" in said:
            given = said["SURFACE_KEY"]
            keys = tuple(given) if isinstance(given, list) else (str(given),)
            keys = () if keys == ("none",) else keys
        at = said.get("AT")
        seconds = timegm(strptime(str(at)[:19], "%Y-%m-%dT%H:%M:%S")) if at else None
        turn = 0
        if state == "PARKED" and keys:
            kept = last.turn if last.state == "PARKED" and keys == last.keys else 0
            turn = int(str(said["TURN"])) if "TURN" in said else kept
        holder = str(said["SEAT"]) if state == "IN_PROGRESS" else ""
        alive = broken or state not in OVER
        steps.append(Step(seconds, state, alive, holder, keys, turn))
    return steps


def _dated(steps: list[Step]) -> list[Step]:
    known = [step.at for step in steps if step.at is not None]
    latest = known[0] if known else None
    for step in steps:
        if latest is not None:
            latest = max(latest, step.at if step.at is not None else latest)
        step.at = latest
    return steps


def _stays(steps):
    """From, to, what it ended as, when it was taken up, and whether it is a second one."""
    found, at = [], 0
    while at < len(steps):
        if not steps[at].open:
            if at == 0:
                found.append((steps[0].at, steps[0].at, steps[0].state, None, False))
            at += 1
            continue
        end = next((n for n in range(at, len(steps)) if not steps[n].open), None)
        own = steps[at:end]
        taken = next((s.at for s in own if s.state == "IN_PROGRESS"), None)
        over = (None, "") if end is None else (steps[end].at, steps[end].state)
        found.append((steps[at].at, *over, taken, at > 0))
        at = len(steps) if end is None else end
    return found


def _runs(item, steps):
    """What an item was in without a break: for holders and keys, or by its place."""

    def alike(step):
        if step.state == "IN_PROGRESS":
            return (step.state, step.holder.casefold(), step.keys)
        return (step.state, step.turn)

    at = 0
    while at < len(steps):
        end = at
        while end < len(steps) and alike(steps[end]) == alike(steps[at]):
            end += 1
        first = steps[at]
        until = steps[end].at if end < len(steps) else None
        yield (first.state, first.holder, item, first.keys, first.turn, first.at, until)
        at = end


def _spread(spans):
    if not spans:
        return (0, 0, 0, 0)
    found = sorted(spans)
    half = next(n for n in found if sum(o <= n for o in found) >= len(found) / 2)
    most = next(
        n for n in found if sum(o <= n for o in found) >= math.ceil(len(found) * 0.9)
    )
    return (len(found), half, most, found[-1])


def _surfaces(holds, places, since, now):
    found = {}
    for _, _, _, keys, _, start, end in holds:
        for key in keys:
            row = found.setdefault(key.lower(), [0, 0, 0])
            row[0] += start >= since
            row[1] += (now if end is None else end) - max(start, since)
    for run in places:
        for key in run[3]:
            found.setdefault(key.lower(), [0, 0, 0])[2] += 1
    return {key: tuple(row) for key, row in found.items()}


def _seats(holds, since, now):
    found = {}
    for _, holder, _, _, _, start, end in holds:
        row = found.setdefault(holder, [0, 0, 0])
        row[0] += start >= since
        row[1] += (now if end is None else end) - max(start, since)
        row[2] += end is None
    return {seat: tuple(row) for seat, row in found.items()}


def document(figures, since, now, refused):
    """What `stats --json` has to say of them; surfaces and holdings by a key each.

    `refused` is when a server told last what it has refused, its rows (day, key,
    rule, count) and how many are in none.
    """
    until, rows, more = refused
    uses = {key: [*row, 0] for key, row in figures["surfaces"].items()}
    for day, key, _, count in rows:
        if day * 86400 + 86400 > since:
            uses.setdefault(key.lower(), [0, 0, 0, 0])[3] += count
    return {
        "from": _stamp(since),
        "to": _stamp(now),
        **{f"{name}_count": figures[name] for name in _COUNTED},
        "open_at": [{"at": _stamp(at), "count": n} for at, n in figures["open"]],
        **{told: _spread_told(figures[name]) for told, name in _SPREADS.items()},
        "refused_until": _stamp(until),
        "refused_elsewhere": more,
        "contention": {key: tuple(row) for key, row in uses.items()},
        "contention_more": 0,
        "holders": {seat: tuple(row) for seat, row in figures["seats"].items()},
        "holdings": sorted(
            (
                (seat, item, tuple(key.lower() for key in keys), _stamp(start), _stamp(end))
                for seat, item, keys, start, end, _ in figures["holdings"]
            ),
            key=repr,
        ),
        "holdings_more": 0,
    }  # fmt: skip


_COUNTED = ("filed", "done", "cancelled", "reopened", "undated")
_SPREADS = {
    "lead_time": "lead",
    "working_time": "work",
    "until_claimed": "waiting",
    "in_line_time": "line",
    "at_rest_time": "rest",
}


def _spread_told(spread):
    names = ("count", "median", "nine_of_ten", "longest")
    values = spread if spread[0] else (0, None, None, None)
    return dict(zip(names, values, strict=True))


def _stamp(at):
    return None if at is None else strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(at))
