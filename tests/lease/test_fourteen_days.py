"""Beats leave nothing behind: what a server keeps depends on its posts alone."""

from dataclasses import astuple, dataclass, fields

import pytest
from lease.fleet_at_work import DAY, Census, Work

from fleetfeed.lease.heartbeat import VALUES

BEATS, GRACE = 3, 60
TAKE = ("--reason", "it is silent")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played; `sample` beats a day are pushes of their own."""

    days: int
    holders: int
    lease: int
    sample: int


SMALL = Plan(days=1, holders=5, lease=4 * 3600, sample=2)
LARGE = Plan(days=14, holders=30, lease=1800, sample=10)
SHIFT = 2 * DAY


def days(work, plan):
    """Play day by day; what there is after each."""
    every = plan.lease / BEATS
    beats = round(DAY / every)
    for day in range(plan.days):
        for beat in range(1, beats + 1):
            work.go_to(day * DAY + beat * every)
            work.change()
            work.beat(plan.sample if beat == beats else 0)
        yield work.census()


def check(work, census, fixed):
    """Nothing depends on how many beats there were."""
    crowd = len(work.holders)
    assert census.commits == 1 + census.posts
    assert census.beating == crowd
    assert census.refs == fixed + crowd
    # A claim and its beats each, and what is over and has not been swept yet.
    assert census.stamps <= 3 * (1 + VALUES) * crowd
    assert census.stamped <= 16384 + 512 * census.stamps
    assert work.unreached() <= VALUES * work.epochs


def show(told):
    """The figures, a line a census."""
    print("", *(field.name for field in fields(Census)), sep="\t")
    for name, census in told.items():
        print(name, *astuple(census), sep="\t")


@pytest.mark.stress
@pytest.mark.timeout(5400)
def test_what_beats_leave_behind(fleet, stress):
    plan = LARGE if stress else SMALL
    work = Work(fleet, holders=plan.holders, lease=plan.lease, shift=SHIFT)
    told = {"at first": work.census()}
    fixed = told["at first"].refs
    for day, census in enumerate(days(work, plan), 1):
        told[f"day {day}"] = census
        check(work, census, fixed)
    for how in ((), ("--prune=now",)):
        work.collect(*how)
        told[" ".join(("gc", *how))] = work.census()
    assert work.unreached() == plan.holders  # one object a ref
    goes_on(work, plan)
    told["a lease later"] = work.census()
    show(told)
    ends_by_the_clock(fleet, work, plan)


def goes_on(work, plan):
    """git has thrown away the beats that no ref was at: they are sent again."""
    for _ in range(BEATS):
        work.go_to(work.time + plan.lease / BEATS)
        work.beat(plan.sample)


def ends_by_the_clock(fleet, work, plan):
    """So long as that, nothing but beats has kept the claims alive."""
    taker, item, last = fleet.seat("ORA-01"), work.holders[0].item, work.time
    work.go_to(last + plan.lease + GRACE - 1)
    assert "FF502" in taker.fleetfeed("claim", item, *TAKE, ok=False).stderr
    work.go_to(last + plan.lease + GRACE)
    assert "epoch=2" in taker.fleetfeed("claim", item, *TAKE).stdout


@pytest.mark.parametrize(
    ("setting", "kept"),
    [("true", False), pytest.param("always", True, marks=pytest.mark.large)],
)
def test_a_log_of_beats_goes_with_its_ref(fleet, setting, kept):
    work = Work(fleet, holders=1, lease=4 * 3600, shift=DAY)
    work.server.git("config", "core.logAllRefUpdates", setting)
    log = work.server.folder / "logs/refs/fleetfeed/beats" / work.holders[0].item
    for number in range(1, 5):
        work.go_to(number * 3600)
        work.beat(sample=number % 2)
    assert log.exists() == kept
    if kept:
        assert len(log.read_text().splitlines()) == 4
        print(log.stat().st_size / 4, "bytes a beat")
        work.collect()
    work.go_to(DAY)
    work.change()
    assert not log.exists()
