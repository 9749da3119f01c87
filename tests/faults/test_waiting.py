"""`claim --wait` is stopped at each step, and run again under its `--op`.

However far it had come, there is one item, with one place and one claim; and who stops
it by Ctrl-C is told what stands.
"""

import os
import re
import signal
from dataclasses import replace

import pytest
from cli.test_wait import NEW, Started, item, seats, until
from faults.wrapped import WrappedGit

__all__ = ["seats"]

pytestmark = pytest.mark.timeout(600)  # a dozen commands, one after the other

OP = "one-command"
MINE = "CMB-0002"
WAITS = ("claim", *NEW, "--wait", "--op", OP)

UNKNOWN = f"the same command with --op {OP} finds its post, or writes it"
IN_LINE = (
    f"{MINE} keeps its place in line, TURN 1, until 24 h after its last sign of life;"
    f" the same command with --op {OP} goes on waiting, `fleetfeed park {MINE}` ends it"
)
AT_ITS_TURN = f"it was the turn of {MINE}: the same command with --op {OP} tells"

BEFORE = "kill -{} $PPID; sleep 2; exit 1"
AFTER = '"$real" "$@"; kill -{} $PPID; sleep 2; exit 0'

STEPS = {
    "before the place is made": ("commit-tree.1", BEFORE, UNKNOWN),
    "before the place is sent": ("push.1", BEFORE, UNKNOWN),
    "after the place landed, unread": ("push.1", AFTER, UNKNOWN),
    "while it waits": ("fetch.3", BEFORE, IN_LINE),
    "between the turn and the claim": ("commit-tree.2", BEFORE, AT_ITS_TURN),
    "before the claim is sent": ("push.2", BEFORE, AT_ITS_TURN),
    "after the claim landed, unread": ("push.2", AFTER, AT_ITS_TURN),
}
SMALL = {
    ("after the place landed, unread", "KILL"),
    ("while it waits", "INT"),
    ("after the claim landed, unread", "KILL"),
}
ROWS = [
    pytest.param(step, name, marks=[] if (step, name) in SMALL else pytest.mark.large)
    for step in STEPS
    for name in ("KILL", "INT", "TERM")
]


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A git that stops the command that starts it, for who has it first on PATH."""
    return WrappedGit.make(tmp_path / "bin", os.environ["PATH"])


@pytest.mark.parametrize(("step", "name"), ROWS)
def test_stopped_and_run_again(seats, git, step, name):
    six, seven, *_ = seats
    call, shell, sentence = STEPS[step]
    # A seat's first command asks who the server is, by a push.
    seven.fleetfeed("active", "--surface-claim", "CAMBER:page:elsewhere")
    git.on(call, shell.format(name))
    stopped = Started(
        replace(seven, environment={**seven.environment, "PATH": git.path}), *WAITS
    )
    released = sentence is AT_ITS_TURN
    if released:
        until(six, MINE, turn=1)
        six.fleetfeed("done", "CMB-0001")
    out, err = stopped.child.communicate(timeout=120)
    number = signal.Signals[f"SIG{name}"]
    code = 130 if name == "INT" else -number
    assert stopped.child.returncode == code, out + err
    assert (sentence in err) == (name == "INT"), err
    if not released:
        again = seven.fleetfeed(*WAITS, "--at-most", "1s", ok=None)
        assert (again.returncode, MINE in again.said) == (3, True), again
        assert posts(six) == {MINE: [("PARKED", OP)]}
        six.fleetfeed("done", "CMB-0001")
    won = seven.fleetfeed(*WAITS)
    assert f"item={MINE} state=IN_PROGRESS" in won.stdout
    once = {MINE: [("PARKED", OP), ("IN_PROGRESS", f"{OP}.turn")]}
    assert posts(six) == once
    more = seven.fleetfeed(*WAITS)
    assert "an earlier run of this command wrote it" in more.stderr
    assert posts(six) == once


def posts(seat):
    """The posts of all items but the first, by item: STATE and OP of each."""
    seat.git("fetch", "-q")
    found = {}
    files = seat.git("ls-tree", "-r", "--name-only", "origin/main", "feed/CMB").stdout
    for path in files.split():
        text = seat.git("show", f"origin/main:{path}").stdout
        fields = dict(re.findall(r"^([A-Z]+): (.*)$", text, re.MULTILINE))
        if fields["ITEM"] != "CMB-0001":
            row = fields["STATE"], fields["OP"]
            found.setdefault(fields["ITEM"], []).append(row)
    return found


def test_what_was_given_up_or_lost_since_is_no_yes(seats):
    six, seven, eight, _ = seats
    seven.fleetfeed(*WAITS, "--at-most", "1s", ok=None)
    seven.fleetfeed("park", MINE)
    gone = seven.fleetfeed(*WAITS, ok=None)
    assert (gone.returncode, "has no place in line any more" in gone.said) == (1, True)
    other = ("claim", MINE, "--wait", "--proof", "in turn", "--op", "another")
    seven.fleetfeed(*other, "--at-most", "1s", ok=None)
    assert item(six, MINE)["turn"] == 1
    six.fleetfeed("done", "CMB-0001")
    seven.fleetfeed(*other)
    again = seven.fleetfeed(*other)
    assert "an earlier run of this command wrote it" in again.stderr
    seven.fleetfeed("handoff", MINE, "--to", eight.environment["FLEETFEED_SEAT"])
    for op in ("another", "another.turn"):
        lost = seven.fleetfeed(*other[:-1], op, ok=None)
        assert (lost.returncode, "no longer yours" in lost.said) == (4, True), lost
