"""Whoever lands the inbox is killed, at each step: all others' posts land, and once."""

import os
import signal
import subprocess

import pytest
from faults.wrapped import WrappedGit
from harness.environment import command
from ledger.inbox_hosts import Host

from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.testing.posts import OTHER, first

BEFORE = "kill -9 $PPID; exit 1"
BEHIND = '"$real" "$@"; kill -9 $PPID; exit 1'


@pytest.fixture
def host(fleet):
    made = Host(fleet)
    yield made
    made.close()


@pytest.fixture
def git(tmp_path):
    path = os.environ["PATH"]
    return WrappedGit.make(tmp_path / "git", path)


def claiming(seat, number, git=None, seconds=60):
    """A claim of a new item and a surface of its own, in a process."""
    words = ("--surface", f"CAMBER:file:s{number}", "--proof", "nobody else")
    more = ("--subject", "x", "--timeout", f"{seconds}s")
    return subprocess.Popen(
        command("claim", "--new", "CMB", *words, *more),
        cwd=seat.folder,
        env={**seat.environment, **({"PATH": git.path} if git else {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def holders(host, number):
    """How many posts on the feed claim the surface of a number."""
    key = f"SURFACE_KEY: CAMBER:file:s{number}\n"
    return sum(key in text for text in host.files().values())


def lost(host, git, step, shell):
    """Have another's post land before the first push, and play `shell` at `step`.

    Where somebody else was first, theirs does as well.
    """
    base = host.truth.line("rev-parse", "refs/heads/main")
    ahead = host.left("FLT-0001", "FLEET:page:other", ref="refs/heads/ahead")
    moved = f"update-ref refs/heads/main {ahead} {base}"
    move = f'"$real" -C {host.truth.folder} {moved} 2>/dev/null || :'
    git.on("push.1", f"{move}\n{shell if step == 'push.1' else ''}")
    if step != "push.1":
        git.on(step, shell)


STEPS = {
    "before it is left": ("push.1", BEFORE, 0),
    "when it is left": ("push.1", BEHIND, 1),
    "before it looks": ("fetch.2", BEFORE, 1),
    "when it has looked": ("fetch.2", BEHIND, 1),
    "before it lands all": ("push.2", BEFORE, 1),
    "when all has landed": ("push.2", BEHIND, 1),
}
SMALL = ("before it lands all", "when all has landed")


@pytest.mark.parametrize(
    "name",
    [n if n in SMALL else pytest.param(n, marks=pytest.mark.large) for n in STEPS],
)
def test_killed_at_a_step(host, git, name):
    step, shell, there = STEPS[name]
    lost(host, git, step, shell)
    killed = claiming(host.clone(), 1, git)
    said, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, said
    ok = host.store().append_if_match("ORA-0001", 0, first(OTHER, "ORA-01"))
    assert isinstance(ok, Ok)
    assert holders(host, 1) == there
    assert not host.waiting()


@pytest.mark.stress
def test_others_that_wait_land_all_the_same(host, git, stress):
    seats = [host.clone() for _ in range(8 if stress else 4)]
    lost(host, git, "push.2", BEFORE)
    running = [
        claiming(seat, number, None if number else git)
        for number, seat in enumerate(seats)
    ]
    said = [each.communicate()[0] for each in running]
    assert {each.returncode for each in running[1:]} == {0}, said
    assert running[0].returncode in {0, -signal.SIGKILL}
    assert [holders(host, number) for number in range(1, len(seats))] == [1] * (
        len(seats) - 1
    )
    host.store().append_if_match("ORA-0001", 0, first(OTHER, "ORA-01"))
    assert holders(host, 0) == 1
    assert not host.waiting()
