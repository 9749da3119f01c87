"""The queue's leader, its gits, its followers and who pushes are killed, at every step."""

import signal
import sys

import pytest
from faults.queue_bench import QueueBench, arm, end, until

large = pytest.mark.large

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="who leads is read from /proc"
)


@pytest.fixture
def bench(fleet, tmp_path):
    arm(fleet.server)
    made = QueueBench(fleet, tmp_path / "bench")
    yield made
    made.close()


CALLS = (*(f"call.{number}" for number in range(1, 11)), "update-ref.1")
"""Where: at each git that the leader starts on its way through a batch."""

WAYS = {
    "leader-before": "kill -KILL $PPID; exit 1",
    "leader-while": "kill -KILL $PPID",
    "leader-after": '"$real" "$@"; kill -KILL $PPID; exit 1',
    "git-before": "kill -KILL $$",
    "git-after": '"$real" "$@"; kill -KILL $$',
}
SMALL = {
    ("call.1", "leader-before"),
    ("call.3", "git-before"),
    ("call.6", "leader-after"),
    ("update-ref.1", "leader-while"),
    ("update-ref.1", "leader-after"),
    ("update-ref.1", "git-after"),
    ("update-ref.1", "followers"),
    ("update-ref.1", "leader-and-followers"),
}


def test_the_tables_have_each_git_of_the_leaders(bench):
    """A push that is alone lands as it is: to write a merge takes one more."""
    bench.start(next(iter(bench.commits))).end()
    assert {*bench.git.calls} <= {*VERBS}
    assert len(bench.git.calls) < len(CALLS) - 1


@pytest.mark.parametrize(
    ("call", "way"),
    [
        pytest.param(call, way, marks=[] if (call, way) in SMALL else large)
        for call in CALLS
        for way in WAYS
    ],
)
def test_at_a_call(bench, call, way):
    bench.git.on(call, WAYS[way])
    pushes = bench.all()
    bench.check(pushes)


AFTER = ("while", "after")
VERBS = (
    "config", "for-each-ref", "rev-list", "cat-file", "rev-parse", "unpack-objects",
    "update-ref",
)  # fmt: skip


@pytest.mark.parametrize(
    "verb", [pytest.param(v, marks=[] if v == "rev-list" else large) for v in VERBS]
)
def test_a_git_of_the_leaders_never_lives(bench, verb):
    """Where it cannot be asked nobody is told that he has landed."""
    bench.git.on(f"{verb}.each", WAYS["git-before"])
    pushes = bench.all()
    needed = verb not in {"rev-parse", "unpack-objects"}
    assert not needed or all(push.refused for push in pushes), pushes
    bench.git.clear()
    bench.check(pushes)


@pytest.mark.parametrize(
    "way",
    ["leader-before", *(pytest.param(f"leader-{w}", marks=large) for w in AFTER)],
)
def test_every_leader_dies_as_it_moves_the_ref(bench, way):
    """What it was doing may have been done: neither yes nor no is said in vain."""
    bench.git.on("update-ref.each", WAYS[way])
    pushes = bench.all()
    if way == "leader-before":
        assert all("is not known" in push.said for push in pushes), pushes
    bench.git.clear()
    bench.check(pushes)


@pytest.mark.parametrize("times", [1, pytest.param(9, marks=large)])
def test_as_soon_as_there_is_a_leader(bench, times):
    pushes = [bench.start(commit) for commit in bench.commits]
    for _ in range(times):
        if not any(push.process.poll() is None for push in pushes):
            break
        for pid in until(bench.leaders):
            end(pid, signal.SIGKILL)
    bench.check([push.end() for push in pushes])


WHO = {
    "followers": QueueBench.followers,
    "receive-pack": QueueBench.receiving,
    "clients": lambda bench: [push.process.pid for push in bench.pushes],
    "leader-and-followers": lambda b: [*b.leaders(), *b.followers()],
}


@pytest.mark.parametrize(
    ("call", "who"),
    [
        pytest.param(call, who, marks=[] if (call, who) in SMALL else large)
        for call in CALLS
        for who in WHO
    ],
)
def test_whoever_waits(bench, call, who):
    """The leader lands what it has heard, whether somebody waits for it or not."""
    gate = bench.gate(call)
    pushes = [bench.start(commit) for commit in bench.commits]
    gate.reached()
    for pid in WHO[who](bench):
        end(pid, signal.SIGKILL)
    gate.open()
    bench.check([push.end() for push in pushes])


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=large)]
)
def test_a_follower_that_dies_before_it_has_asked(bench, number):
    hook = bench.server.folder / "hooks/proc-receive"
    kept = hook.read_text()
    hook.write_text(f"#!/bin/sh\nkill -{number.value} $$\n")
    pushes = bench.all()
    assert not any(map(bench.has, bench.commits.values()))
    hook.write_text(kept)
    bench.check(pushes)


@large
def test_nothing_is_left_when_nobody_comes_any_more(bench):
    bench.check(bench.all())
    assert bench.leaders()
    until(lambda: not bench.leaders())
    assert not bench.followers()
    assert not list(bench.server.folder.glob("fleetfeed/*.sock"))
