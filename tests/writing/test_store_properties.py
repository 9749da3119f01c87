"""Many clients at one store, in any order, with lost, late and repeated messages.

After each step what is on the feed is read a second time (`ledger.oracle_feed`), and compared
with what the clients were told.
"""

import shutil
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from ledger.gen_worlds import Memory, Remote
from writing.client_machine import SEATS, Clients

from fleetfeed.checks import write as judging
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.findings import Verdict

POLICY = "stewards: [FLEET-01]\n"


def clients_at(make, **more):
    """The machine on the feeds that `make` makes, with a count of its own."""
    more = {"world_of": staticmethod(make), "seen": Counter(), **more}
    return type("Clients", (Clients,), more)


def in_memory():
    return Memory(POLICY)


# The property is not about feeds on which nothing happens: this does in some fifty
# histories, and the rest in a thousand.
SURELY = {"Ok", "again", "after a lost race", "Conflict", "Refused", "CannotTell"}
SELDOM = {"NotFound", "Unknown", "late, and landed", "two held and more"}


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_many_clients_in_memory(stress):
    machine = clients_at(in_memory)
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=60))
    print(dict(machine.seen))
    happened = {what for what, often in machine.seen.items() if often}
    assert happened >= (SURELY | SELDOM if stress else SURELY)


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


def broken(machine):
    """What the property says against a store that is not one."""
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=TRIES)
    return str(found.value)


def test_without_compare_and_set_it_fails():
    """Which of its sentences says so depends on what is written over."""
    assert broken(clients_at(in_memory, twin=True))


def test_without_the_look_for_the_own_op_it_fails(monkeypatch):
    monkeypatch.setattr(Snapshot, "posts_by_op", lambda *_: ())
    assert broken(clients_at(in_memory))


def test_without_the_judge_it_fails(monkeypatch):
    monkeypatch.setattr(judging, "judge_write", lambda *_, **__: Verdict(()))
    assert "shared" in broken(clients_at(in_memory))


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_many_clients_on_git(fleet, tmp_path_factory, stress):
    """The same on a server without a hook, each client with a clone of its own."""
    names = [f"CLONE-{number}" for number in range(1, len(SEATS) + 1)]
    for name in names:
        fleet.seat(name)

    def on_git():
        return OnGit(fleet.copy(tmp_path_factory.mktemp("history") / "fleet"))

    machine = clients_at(on_git)
    few = settings(
        max_examples=60 if stress else 5,
        stateful_step_count=25 if stress else 15,
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(machine, settings=few)
    print(dict(machine.seen))
    assert machine.seen["Ok"]


class OnGit(Remote):
    """A copy of a fleet, clones and all, that goes when it is closed."""

    def __init__(self, fleet):
        super().__init__(fleet, guarded=False)
        self._folder = fleet.folder

    def clone(self):
        seat = super().clone()
        seat.git("remote", "set-url", "origin", str(self.truth.folder))
        return seat

    def close(self):
        super().close()
        shutil.rmtree(self._folder)
