"""Leases under any interleaving of seats, time, lost stamps and reboots.

What was let through is read a second time (`lease.oracle_leases`), and compared with what is
promised (`lease.oracle_time`).
"""

import importlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from lease import fake_no_grace_hook
from lease.fake_servers import InMemory, OnGit
from lease.oracle_leases import GRACE
from lease.pushing import DIES, LANDS
from lease.seat_machine import Fleet

from fleetfeed.checks import beats, server_leases
from fleetfeed.judge.epochs import right_epoch
from fleetfeed.lease import stamps
from fleetfeed.lease.lease import standing
from fleetfeed.model.liveness import Alive

# The package has a function of the same name.
VALIDATE = importlib.import_module("fleetfeed.judge.validate")

# The property is not about servers on which nothing happens: this does in some fifty
# histories, and the rest in a thousand.
SURELY = {
    "a beat", "a late beat", "a late post", "renewed", "outlived", "reboot", "loss",
    "jam", "handed over", "lost the race", "taken: claim", "taken: park", "FF502",
    "told NoLongerYours", "FF304",
}  # fmt: skip
SELDOM = {
    "taken: evict", "by force: claim", "by force: evict", "by force: park", "resumed",
    "claimed", "a lapsed holder's", "FF401", "FF501", "FF301", "FF302", "told Held", "told Refused",
}  # fmt: skip


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Nobody waits for stamps that another has locked."""
    monkeypatch.setattr(stamps, "_BUSY", 0.0)


@pytest.fixture
def fleet_on(tmp_path_factory):
    """The machine on servers of a kind, with a count of its own."""

    def make(kind):
        def server_of(policy):
            return kind(tmp_path_factory.mktemp("history") / "server.git", policy)

        more = {"server_of": staticmethod(server_of), "seen": Counter()}
        return type("Fleet", (Fleet,), more)

    return make


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_any_history_in_memory(fleet_on, stress):
    machine = fleet_on(InMemory)
    # One finding at a time: each takes its time to be made small.
    these = settings(stateful_step_count=60, report_multiple_bugs=False)
    run_state_machine_as_test(machine, settings=these)
    print(dict(machine.seen))
    happened = {what for what, often in machine.seen.items() if often}
    assert happened >= (SURELY | SELDOM if stress else SURELY)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_any_history_on_git(fleet_on, stress):
    machine = fleet_on(OnGit)
    few = settings(
        max_examples=60 if stress else 6,
        stateful_step_count=40 if stress else 25,
        report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(machine, settings=few)
    print(dict(machine.seen))
    assert machine.seen["FF502"]


# Histories that were found by these, made small.


@pytest.fixture
def history(fleet_on):
    """CAMBER-06 has just taken CMB-0001 up, for 100 s."""
    machine = fleet_on(InMemory)()
    machine.begin(seat="CAMBER-06", key="A:b:c", lease=None, owner=None)
    yield machine
    machine.server.close()


def by_hand(history, seconds, way="renew", lease=None):
    history.now += seconds
    history.go_on_with(history.handles[0], way, lease, LANDS, by_hand=True)


def test_a_beat_and_a_park_do_not_both_win(history):
    history.meet("CAMBER-07", 0, "park", post=False, first=True, when=GRACE)


def test_a_lapse_outlives_a_lost_race(history):
    history.take_it("CAMBER-07", "CMB-0001", "park", DIES, when=GRACE)
    history.take_it("CAMBER-07", "CMB-0001", "park", LANDS)
    assert history.seen["taken: park"] == 2


def test_a_beat_before_a_rest_does_not_begin_a_lease_anew(history):
    history.beat(0, LANDS, None)
    by_hand(history, 1, "park")
    by_hand(history, 1)
    history.take_it("CAMBER-07", "CMB-0001", "claim", LANDS, when=GRACE)
    assert history.seen["taken: claim"]


def test_the_same_text_again_does_not_shorten_a_lease(history):
    by_hand(history, 90)
    by_hand(history, 1, lease="20s")
    by_hand(history, 1)
    history.now += 30
    history.beat(0, LANDS, None)
    assert history.seen["a beat"]


def test_the_same_text_again_does_not_count_from_the_first_time(history):
    by_hand(history, 50)
    history.now += 90
    history.server.jam("lock")
    handle = history.handles[0]
    history.write(handle.seat, history.by_hand(handle, "renew", None))
    history.server.free()
    history.now += 30
    history.take_it("CAMBER-07", "CMB-0001", "claim", LANDS)


# The smallest counterexample is not worth its time: any will do.
TRIES = settings(
    max_examples=300,
    derandomize=True,
    stateful_step_count=60,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def no_epoch_rule(patch):
    rules = (rule for rule in VALIDATE.STEP_RULES if rule is not right_epoch)
    patch.setattr(VALIDATE, "STEP_RULES", tuple(rules))


class _Any:
    def __contains__(self, _):
        return True


def beats_of_any_epoch(patch):
    patch.setattr(beats, "_of_nobody", lambda *_: None)
    patch.setattr(beats, "beat_ids", lambda *_: _Any())


def no_grace(patch):
    patch.setattr(
        server_leases, "standing", lambda over, now, _: standing(over, now, 0.0)
    )


def late_beats(patch):
    patch.setattr(server_leases.ServerLeases, "stamp_beat", fake_no_grace_hook.beat)


def no_lapse(patch):
    patch.setattr(server_leases, "standing", lambda *_: Alive(1.0, 1.0))


def what_is_lost_is_old(patch):
    seen = stamps.Stamps.seen

    def as_if_long_ago(self, *asked):
        found = seen(self, *asked)
        old = {each: at if at < found.now else -1e9 for each, at in found.at.items()}
        return stamps.SeenStamps(found.now, old, found.last)

    patch.setattr(stamps.Stamps, "seen", as_if_long_ago)


TWINS = {
    "no rule of epochs": (no_epoch_rule, "an epoch fell|an old epoch"),
    "beats of any epoch": (beats_of_any_epoch, "a beat under an old epoch"),
    "no grace": (no_grace, "taken over too early"),
    "late beats count": (late_beats, "a late beat"),
    "a lease never ends": (no_lapse, "a lease without end"),
    "what is lost is old": (what_is_lost_is_old, "taken over too early"),
}


@pytest.mark.parametrize(("twin", "said"), TWINS.values(), ids=TWINS)
def test_it_fails_where_a_rule_is_missing(fleet_on, monkeypatch, twin, said):
    twin(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        run_state_machine_as_test(fleet_on(InMemory), settings=TRIES)
