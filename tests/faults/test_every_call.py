"""Each call of git, from the first to the last, and all that can happen there.

git and fleetfeed are two processes: either can be killed before the call and after it,
and git can do its work and say that it did not.
"""

import pytest
from faults.bench import COMMANDS

CALLS = (
    "rev-parse.1", "cat-file.1", "config.1", "fetch.1", "for-each-ref.1", "rev-parse.2",
    "unpack-objects.1", "config.2", "commit-tree.1", "push.1", "symbolic-ref.1",
    "for-each-ref.2", "rev-parse.3", "merge-base.1", "status.1", "merge.1",
)  # fmt: skip

FAULTS = {
    "killed before it": "kill -KILL $PPID; exit 1",
    "killed after it": '"$real" "$@"; kill -KILL $PPID; exit 1',
    "killed while git goes on": "kill -KILL $PPID",
    "ended while git goes on": "kill -TERM $PPID",
    "Ctrl-C": "kill -INT $PPID",
    "git is killed": "kill -KILL $$",
    "git is killed, its work done": '"$real" "$@"; kill -KILL $$',
    "git fails": "echo 'fatal: no' >&2; exit 128",
    "git fails, its work done": '"$real" "$@" >/dev/null 2>&1; exit 128',
    "git says nothing, its work done": '"$real" "$@" >/dev/null 2>&1; exit 0',
}

SMALL = {
    ("commit-tree.1", "killed before it"),
    ("push.1", "killed while git goes on"),
    ("push.1", "git says nothing, its work done"),
    ("status.1", "git fails"),
}

ROWS = [
    pytest.param(
        call,
        fault,
        id=f"{call}-{fault.replace(' ', '-')}",
        marks=[] if (call, fault) in SMALL else pytest.mark.large,
    )
    for call in CALLS
    for fault in FAULTS
    # A git that goes on reading questions, and swallows the answers, is no fault of git.
    if call != "cat-file.1" or ">/dev/null" not in FAULTS[fault]
    # And settings without a remote are those of a repository that has none.
    if (call, fault) != ("config.1", "git says nothing, its work done")
]


def calls_of(name):
    """What a command asks of git. All objects of a commit go to one git."""
    if name not in {"append", "note"}:
        return CALLS
    # These have no use for the cache, and do not ask where it is.
    left = (call for call in CALLS if call != "rev-parse.2")
    return tuple("rev-parse.2" if call == "rev-parse.3" else call for call in left)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.large
def test_these_are_the_calls(bench_of, name):
    bench = bench_of(name)
    assert bench.run().code == 0
    assert tuple(bench.git.calls) == calls_of(name)


@pytest.mark.parametrize(("call", "fault"), ROWS)
def test_a_call(bench, call, fault):
    bench.git.on(call, FAULTS[fault])
    ran = bench.run("--timeout", "5s")
    bench.check(ran)
