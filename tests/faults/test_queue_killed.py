"""The queue's leader, its gits, its followers and who pushes are killed, at every step."""

import signal

import pytest
from faults.queue_bench import QueueBench, end, until

large = pytest.mark.large


CALLS = (*(f"call.{number}" for number in range(1, 11)), "update-ref.1")
"""Where: at each git that the leader starts on its way through a batch."""

_FEWEST = 6
"""How many of them there are in every batch that is merged."""

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


def test_the_tables_have_each_git_of_the_leaders(queue_bench):
    """A push that is alone lands as it is: to write a merge takes one more."""
    queue_bench.start(next(iter(queue_bench.commits))).end()
    assert {*queue_bench.git.calls} <= {*VERBS}
    assert len(queue_bench.git.calls) < len(CALLS) - 1


@pytest.mark.parametrize(
    ("call", "way"),
    [
        pytest.param(call, way, marks=[] if (call, way) in SMALL else large)
        for call in CALLS
        for way in WAYS
    ],
)
def test_at_a_call(queue_bench, call, way):
    queue_bench.git.on(call, WAYS[way])
    pushes = queue_bench.all()
    queue_bench.check(pushes)


AFTER = ("while", "after")
VERBS = (
    "config", "for-each-ref", "rev-list", "cat-file", "rev-parse", "unpack-objects",
    "update-ref",
)  # fmt: skip


NEEDED = {"config", "rev-list", "cat-file", "update-ref"}


@pytest.mark.parametrize(
    "verb", [pytest.param(v, marks=[] if v == "rev-list" else large) for v in VERBS]
)
def test_a_git_of_the_leaders_never_lives(queue_bench, verb):
    """Where it cannot be asked nobody is told that he has landed."""
    first, *others = queue_bench.commits
    queue_bench.start(first, "refs/heads/main").end()
    queue_bench.git.on(f"{verb}.each", WAYS["git-before"])
    pushes = [queue_bench.start(commit) for commit in others]
    for push in pushes:
        ended = push.end()
        assert ended.refused or ended.away or verb not in NEEDED, push
    queue_bench.git.clear()
    queue_bench.check(pushes)


@pytest.mark.parametrize(
    "way",
    ["leader-before", *(pytest.param(f"leader-{w}", marks=large) for w in AFTER)],
)
def test_every_leader_dies_as_it_moves_the_ref(queue_bench, way):
    """What it was doing may have been done: neither yes nor no is said in vain."""
    queue_bench.git.on("update-ref.each", WAYS[way])
    pushes = queue_bench.all()
    if way == "leader-before":
        assert all("is not known" in push.said for push in pushes), pushes
    queue_bench.git.clear()
    queue_bench.check(pushes)


@pytest.mark.parametrize("times", [1, pytest.param(9, marks=large)])
def test_as_soon_as_there_is_a_leader(queue_bench, times):
    pushes = [queue_bench.start(commit) for commit in queue_bench.commits]
    for _ in range(times):
        if not any(push.process.poll() is None for push in pushes):
            break
        for pid in until(queue_bench.leaders):
            end(pid, signal.SIGKILL)
    queue_bench.check([push.end() for push in pushes])


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
        for call in (*CALLS[:_FEWEST], CALLS[-1])
        for who in WHO
    ],
)
def test_whoever_waits(queue_bench, call, who):
    """The leader lands what it has heard, whether somebody waits for it or not."""
    gate, pushes = queue_bench.at_gate(call)
    for pid in WHO[who](queue_bench):
        end(pid, signal.SIGKILL)
    gate.open()
    queue_bench.check([push.end() for push in pushes])


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=large)]
)
def test_a_follower_that_dies_before_it_has_asked(queue_bench, number):
    hook = queue_bench.server.folder / "hooks/proc-receive"
    kept = hook.read_text()
    hook.write_text(f"#!/bin/sh\nkill -{number.value} $$\n")
    pushes = queue_bench.all()
    assert not any(map(queue_bench.has, queue_bench.commits.values()))
    hook.write_text(kept)
    queue_bench.check(pushes)


@large
def test_nothing_is_left_when_nobody_comes_any_more(queue_bench):
    queue_bench.check(queue_bench.all())
    assert queue_bench.leaders()
    until(lambda: not queue_bench.leaders())
    assert not queue_bench.followers()
    assert not list(queue_bench.server.folder.glob("fleetfeed/*.sock"))
