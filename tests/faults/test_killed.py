"""The writer is killed: among its objects, and while the server works on its push."""

import os
import signal

import pytest
from faults.bench import COMMANDS
from harness.transport import GIT_DAEMON

large = pytest.mark.large

# What the scene's claim stores: the post, then the folders above it, and the top.
STEPS = [
    pytest.param("write.1:SIGKILL", id="before-the-objects", marks=large),
    pytest.param("write.1:SIGINT", id="before-the-objects-ctrl-c", marks=large),
    pytest.param("write.1:SIGTERM", id="before-the-objects-term", marks=large),
    pytest.param("write.2:SIGKILL", id="between-blobs-and-trees"),
    pytest.param("write.3:SIGKILL", id="between-two-trees", marks=large),
    pytest.param("write.6:SIGKILL", id="before-the-top", marks=large),
]


@pytest.mark.parametrize("step", STEPS)
def test_among_the_objects(bench, step):
    ran = bench.run(step=step)
    number = signal.Signals[step.partition(":")[2]]
    assert ran.code == (130 if number is signal.SIGINT else -number)
    assert not bench.landed()
    bench.check(ran)


@large
@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "claim"])
def test_among_the_objects_of_other_commands(bench_of, name):
    bench = bench_of(name)
    bench.check(bench.run(step="write.2:SIGKILL"))


def test_ctrl_c_before_anything_began(bench):
    """click by itself would exit with 1, which says that somebody else has it."""
    ran = bench.run(step="load:SIGINT")
    assert ran.code == 130
    # What is asked ahead of everything is all that has begun.
    assert {*bench.git.calls} <= {"rev-parse.1", "config.1", "cat-file.1"}
    bench.check(ran)


WHO = {
    "python": ("KILL", ["python"]),
    "python-term": ("TERM", ["python"]),
    "python-ctrl-c": ("INT", ["python"]),
    "python-and-git": ("KILL", ["python", "git"]),
    "git": ("KILL", ["git"]),
    "git-term": ("TERM", ["git"]),
}

# The server's hook at the moment wanted: before it judges; when the ref has moved and
# nobody was told (gitglossary: the hook `reference-transaction`); when it is all over.
HOOKS = {
    "while-the-hook-runs": ("pre-receive", "{gate}"),
    "after-the-ref-moved": (
        "reference-transaction",
        '[ "$1" != committed ] || {{ {gate}; }}',
    ),
    "after-the-answer": ("post-receive", "{gate}"),
}

SMALL = {
    ("while-the-hook-runs", "python-and-git"),
    ("after-the-ref-moved", "git"),
}


@pytest.mark.parametrize(
    ("when", "who"),
    [
        pytest.param(when, who, marks=[] if (when, who) in SMALL else large)
        for when in HOOKS
        for who in WHO
    ],
)
def test_while_the_server_works(bench, when, who):
    number, whom = WHO[who]
    gate = bench.gate()
    name, shell = HOOKS[when]
    bench.hook(name, shell.format(gate=gate.shell))
    run = bench.start()
    gate.reached()
    for one in whom:
        (run if one == "python" else bench.pushing()).kill(
            signal.Signals[f"SIG{number}"]
        )
    if whom == ["git"]:
        # The writer reads the feed again; its next tries find the gate open.
        gate.open()
        gate.open()
        gate.open()
    ran = run.end()
    gate.open()
    bench.alone()
    bench.unhook(name)
    if "python" in whom:
        assert ran.code == {"KILL": -9, "TERM": -15, "INT": 130}[number]
    bench.check(ran)


def test_ctrl_c_at_a_terminal(bench):
    """git and its helpers get it too; the server, elsewhere, does not."""
    gate = bench.gate()
    with GIT_DAEMON.open(bench.server) as address:
        address.join(bench.me)
        bench.meet()
        bench.hook("pre-receive", f"echo $PPID > {bench.folder}/server; {gate.shell}")
        run = bench.start()
        gate.reached()
        os.killpg(run.process.pid, signal.SIGINT)
        ran = run.end()
        assert ran.code == 130
        assert "interrupted; the same command with --op one-command finds" in ran.err
        gate.open()
        bench.ended(int((bench.folder / "server").read_text()))
        bench.unhook("pre-receive")
        bench.check(ran)


@large
@pytest.mark.parametrize("call", ["commit-tree.1", "update-ref.1", "read-tree.2"])
@pytest.mark.parametrize("when", ["before it", "after it"])
def test_where_the_feed_is_the_seats_own_branch(bench, call, when):
    """No remote: the ref is moved here, and then index and files."""
    bench.me.alone()
    bench.server = bench.me
    end = "kill -KILL $PPID; exit 1"
    bench.git.on(call, end if when == "before it" else f'"$real" "$@"; {end}')
    ran = bench.run()
    assert ran.code == -signal.SIGKILL
    bench.check(ran)
