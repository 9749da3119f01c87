"""Every figure against a slow reckoning from `git log`, on feeds by chance."""

import random
import time

import pytest
from bench.feeds import write_commits
from board.oracle_stats import Slow, document
from harness import Repo, clean, path, post
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.board.gather import figures
from fleetfeed.board.stats import Spread, stats
from fleetfeed.cli.stats import stats_json
from fleetfeed.feed.lives import Life, Phase
from fleetfeed.git.process import Git
from fleetfeed.model.refused import Refused, RefusedRow
from fleetfeed.repo.repository import Repo as Known

NOW = 1_790_000_000
DAY = 24 * 3600
STATES = ["AWAITING_CLAIM", "IN_PROGRESS", "IN_PROGRESS", "BLOCKED", "PARKED", "DONE", "CANCELLED"]  # fmt: skip
KEYS = [
    "CAMBER:file:a",
    "CAMBER:file:b",
    "ORA:job:x",
    ["ORA:job:x", "ORA:job:y"],
    "none",
]


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def texts(chance, item):
    """An item's posts; some tell no time, some one that is to come or too early."""
    at = NOW - chance.randrange(90 * DAY)
    told = chance.random()
    for _ in range(chance.randrange(1, 7)):
        if chance.random() < 0.04:
            yield "BROKEN\n"
            continue
        at += chance.choice([0, 60, 3600, DAY, 9 * DAY, -3600])
        state = chance.choice(STATES)
        more = {"at": stamp(at)} if chance.random() < told or told > 0.3 else {}
        if chance.random() < 0.5:
            more["surface_key"] = chance.choice(KEYS)
        if state == "PARKED" and chance.random() < 0.6:
            more["turn"] = chance.randrange(1, 5)
        seat = chance.choice(["CAMBER-06", "CAMBER-07", "ORA-02"])
        yield post(item=item, state=state, seat=seat, **more)


def feed(chance):
    """Commits of files, items in several shards; all posts in an order by chance."""
    files = []
    for number in chance.sample(
        [*range(1, 9), 999, 1000, 1001, 2500], chance.randrange(1, 9)
    ):
        item = f"CMB-{number:04d}"
        rows = enumerate(texts(chance, item), 1)
        files.append([(path(item, n), text) for n, text in rows])
    commits = [[("README.md", "no post\n"), ("feed/notes/x", "no note\n")]]
    while files:
        rows = chance.choice(files)
        commits.append([rows.pop(0)])
        files = [each for each in files if each]
    return commits


@pytest.fixture(scope="module")
def repo(tmp_path_factory, _settled):
    found = Repo(tmp_path_factory.mktemp("figures"), clean())
    found.git("init", "-q", "--bare", "-b", "main", ".")
    return found


def told(found):
    def spread(each):
        return (each.count, each.median, each.most, each.longest)

    return {
        "open": list(found.open),
        "filed": found.filed,
        "reopened": found.reopened,
        "done": found.done,
        "cancelled": found.cancelled,
        "lead": spread(found.lead),
        "work": spread(found.work),
        "waiting": spread(found.waiting),
        "line": spread(found.line),
        "rest": spread(found.rest),
        "holdings": sorted(
            ((h.seat, h.item, h.keys, h.start, h.end, h.began) for h in found.holdings),
            key=repr,
        ),
        "surfaces": {
            s.key.lower(): (s.holdings, s.seconds, s.places) for s in found.surfaces
        },
        "seats": {s.seat: (s.holdings, s.seconds, s.now) for s in found.seats},
        "undated": found.undated,
    }


def refusals(chance):
    """What a server has refused by chance: of surfaces of the feed, and of others."""
    keys = ["CAMBER:file:a", "camber:FILE:a", "ORA:job:y", "ORA:job:nobody"]
    rows = (
        RefusedRow(NOW // DAY - chance.randrange(50), chance.choice(keys), "FF401", n)
        for n in range(1, chance.randrange(2, 9))
    )
    return Refused(NOW - chance.randrange(999), tuple(rows), chance.randrange(5))


def by_key(said):
    """A document of figures as the oracle has it; that its lists are in order is seen."""
    uses = [
        (each["holding_count"], each["held_seconds"], each["place_count"], each["refused_count"])
        for each in said["contention"]
    ]  # fmt: skip
    wanted = [(-lines - refused, -held, -secs) for held, secs, lines, refused in uses]
    assert wanted == sorted(wanted)
    seats = [(each["holding_count"], each["held_seconds"], each["held_count"]) for each in said["holders"]]  # fmt: skip
    assert [-secs for _, secs, _ in seats] == sorted(-secs for _, secs, _ in seats)
    starts = [each["from"] for each in said["holdings"]]
    assert starts == sorted(starts)
    keys = [each["surface"][0]["key"] for each in said["contention"]]
    assert len({*keys}) == len(keys)
    holdings = (
        (
            each["seat"],
            each["item"],
            tuple(key["text"].lower() for key in each["surface"]),
            each["from"],
            each["to"],
        )
        for each in said["holdings"]
    )
    return {
        **said,
        "contention": dict(zip(keys, uses, strict=True)),
        "holders": {
            each["seat"]: row for each, row in zip(said["holders"], seats, strict=True)
        },
        "holdings": sorted(holdings, key=repr),
    }


@settings(max_examples=settings.default.max_examples // 2)
@given(seed=st.integers(0, 2**32), days=st.sampled_from([1, 7, 30, 400]))
def test_as_the_history_says(repo, seed, days):
    chance = random.Random(seed)  # noqa: S311
    ref = f"refs/heads/f{seed}"
    write_commits(repo, feed(chance), ref=ref)
    slow = Slow.of(repo, ref)
    known = Known(Git(repo.folder, dict(repo.environment)))
    for _ in range(2):  # the second time from what is kept
        view = known.snapshot(known.tip(ref))
        found, lives = figures(view, None, days * DAY, NOW)
        since = NOW - days * DAY
        expected = slow.figures(since, NOW)
        assert told(found) == expected
        rows = refusals(chance)
        found, _ = figures(view, rows, days * DAY, NOW)
        plain = [(row.day, row.key, row.rule, row.count) for row in rows.rows]
        as_told = document(expected, since, NOW, (rows.at, plain, rows.more))
        assert by_key(stats_json(found, rows)) == as_told
        assert sorted(lives) == sorted(item.id for item in view.open)
        known = Known(Git(repo.folder, dict(repo.environment)))


def life(*phases):
    return Life("CMB-0001", tuple(Phase(*phase) for phase in phases))


def test_what_is_to_come_counts_as_now():
    ahead = life((NOW + 50, "IN_PROGRESS", True, "A", 1, (), 0))
    found = stats([ahead], NOW - 100, NOW)
    assert (found.filed, found.open[-1]) == (1, (NOW, 1))
    assert [(h.start, h.end) for h in found.holdings] == [(NOW, None)]


def test_a_spread_has_spans_that_there_are():
    assert Spread.of([]) == Spread()
    assert Spread.of([3]) == Spread(1, 3, 3, 3)
    assert Spread.of(range(1, 11)) == Spread(10, 5, 9, 10)


def test_refusals_are_counted_by_surface_whatever_its_spelling():
    day = NOW // DAY
    rows = [
        RefusedRow(day, "CAMBER:file:a_b", "FF401", 3),
        RefusedRow(day - 2, "camber:file:a-b", "FF507", 2),
        RefusedRow(day - 9, "CAMBER:file:a-b", "FF401", 40),
    ]
    found = stats([], NOW - 3 * DAY, NOW, refused=Refused(NOW, tuple(rows), 7))
    (use,) = found.surfaces
    assert (use.refused, use.contention) == (5, 5)
    assert use.key.lower().replace("_", "-") == "camber:file:a-b"
