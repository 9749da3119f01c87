"""A command that is run again under its `--op` finds its post, and writes no second."""

import pytest
from cli.busy import key
from cli.shape import check_shape

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
PROOF = ("--proof", "nobody else works on it")

COMMANDS = [
    ["reserve", "CMB", "--subject", "x", "--surface", key(50), *PROOF],
    ["claim", "CMB-0001"],
    ["claim", "CMB-0002", "--resume"],
    ["claim", "--new", "CMB", "--subject", "x", "--park", "CMB-0002"],
    ["next"],
    ["release", "CMB-0002"],
    ["block", "CMB-0002", "--reason", "waits"],
    ["park", "CMB-0002"],
    ["cancel", "CMB-0002"],
    ["done", "CMB-0002"],
    ["handoff", "CMB-0002", "--to", SEVEN],
    ["yield", "CMB-0002", "--to", "CMB-0007"],
    ["append", "CMB-0002", "--state", "IN_PROGRESS", "--lease", "3h"],
    ["append", "CMB-0099", "--state", "PARKED", "--subject", "new"],
    ["note", "CMB-0007", "--body", "x"],
]
_ALWAYS = {"reserve", "claim", "next", "done", "handoff", "yield", "note"}


def _rows():
    seen = set()
    for args in COMMANDS:
        small = args[0] in _ALWAYS - seen
        seen.add(args[0])
        marks = [] if small else pytest.mark.large
        yield pytest.param(args, id="-".join(args[:2]), marks=marks)


# Whatever is not the same the second time.
_HOW = {"tries", "again", "findings"}


@pytest.mark.parametrize("args", list(_rows()))
def test_run_again_it_answers_as_the_first_time(busy, args):
    me = busy.of(SIX)
    won = me.json(*args, "--op", "op-1")
    tip, posts = busy.tip(), busy.posts()
    again = me.json(*args, "--op", "op-1")
    check_shape(again)
    assert busy.tip() == tip
    assert (won["again"], again["again"]) == (False, True)
    assert all(again[name] == won[name] for name in won if name not in _HOW)
    said = me(*args, "--op", "op-1")
    assert "an earlier run of this command wrote it" in said.stderr
    assert busy.posts() == posts


def test_a_crash_between_is_no_matter(busy):
    """Another command of the seat came between: the answer is still the first one's."""
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    me("append", "CMB-0001", "--state", "IN_PROGRESS", "--priority", "3")
    again = me.json("claim", "CMB-0001", "--op", "op-1")
    assert again["posts"][0]["number"] == 2
    assert again["again"]


def test_what_changed_hands_in_between_is_no_longer_yours(busy):
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    me("handoff", "CMB-0001", "--to", SEVEN)
    said = me.json("claim", "CMB-0001", "--op", "op-1", code=4)
    check_shape(said)
    assert (said["holder"], said["epoch"]) == (SEVEN, 2)


@pytest.mark.parametrize(
    "args",
    [
        ["claim", "CMB-0009"],
        ["done", "CMB-0002"],
        ["claim", "CMB-0001", "--lease", "2h"],
        ["reserve", "CMB", "--subject", "x"],
        ["note", "CMB-0001", "--body", "x"],
        ["claim", "CMB-0001", "--seat", SEVEN],
    ],
    ids=" ".join,
)
def test_the_op_of_another_command_is_a_usage_error(busy, args):
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    tip = busy.tip()
    said = me.json(*args, "--op", "op-1", code=2)
    check_shape(said)
    assert "op-1 was used for another command" in said["message"]
    assert busy.tip() == tip


def test_without_an_op_each_run_has_its_own(busy):
    me = busy.of(SIX)
    ops = {me.json("note", "--body", "x")["op"] for _ in range(2)}
    assert len(ops) == 2
