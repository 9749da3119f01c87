"""A command that is run again under its `--op` finds its post, and writes no second."""

import pytest
from cli.busy import key

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
_HOW = {"tries", "again", "findings", "remarks", "lease", "items", "feed"}


@pytest.mark.parametrize("args", list(_rows()))
def test_run_again_it_answers_as_the_first_time(busy, args):
    me = busy.of(SIX)
    won = me.json(*args, "--op", "op-1")
    tip, posts = busy.tip(), busy.posts()
    again = me.json(*args, "--op", "op-1")
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
    # The item is told as it is by now, and so is the feed that it is told from.
    assert again["items"][0]["newest"] == 3
    assert again["feed"]["commit"] == busy.tip()


def test_what_changed_hands_in_between_is_no_longer_yours(busy):
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    me("handoff", "CMB-0001", "--to", SEVEN)
    said = me.json("claim", "CMB-0001", "--op", "op-1", code=4)
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
    assert "op-1 was used for another command" in said["message"]
    assert busy.tip() == tip


NEW = ("--subject", "x", *PROOF)
OTHERS = [
    (["reserve", "CMB", *NEW], ["reserve", "HWD", *NEW]),
    (["claim", "--new", "CMB", *NEW], ["claim", "--new", "HWD", *NEW]),
    (["claim", "--new", "CMB", *NEW], ["next"]),
    # A later post of an item is no new item's, however much alike they are.
    (
        ["claim", "CMB-0001", "--subject", "work 1"],
        ["claim", "--new", "CMB", "--subject", "work 1"],
    ),
    (["claim", "CMB-0001"], ["claim", "CMB-0001", "--park", "CMB-0002"]),
    (
        ["yield", "CMB-0002", "--to", "CMB-0007"],
        ["yield", "CMB-0002", "--to", "CMB-0008"],
    ),
    (["yield", "CMB-0002", "--to", "CMB-0007"], ["cancel", "CMB-0002"]),
    (["note", "CMB-0001", "--body", "hi"], ["note", "--body", "hi"]),
    (["note", "--body", "hi"], ["note", "CMB-0001", "--body", "hi"]),
]


@pytest.mark.parametrize(
    ("first", "second"), OTHERS, ids=lambda args: "-".join(args[:3])
)
def test_what_only_looks_alike_is_another_command(busy, first, second):
    me = busy.of(SIX)
    me(*first, "--op", "op-1")
    tip = busy.tip()
    me(*second, "--op", "op-1", code=2)
    assert busy.tip() == tip


def test_posts_in_files_are_told_apart_by_all_of_them(busy):
    me = busy.of(SIX)
    rows = {"p1": "PARKED", "p2": "DONE", "p3": "BLOCKED"}
    items = {"p1": "CMB-0002", "p2": "CMB-0007", "p3": "CMB-0007"}
    files = {}
    for name, state in rows.items():
        seat = SEVEN if items[name] == "CMB-0007" else SIX
        files[name] = me.folder / name
        files[name].write_text(f"ITEM: {items[name]}\nSTATE: {state}\nSEAT: {seat}\n")
    one, two, three = (("--post", str(file)) for file in files.values())
    me("append", *one, *two, "--op", "op-1")
    tip = busy.tip()
    assert me.json("append", *two, *one, "--op", "op-1")["again"]
    me("append", *one, *three, "--op", "op-1", code=2)
    me("append", *one, "--op", "op-1", code=2)
    assert busy.tip() == tip


def test_a_value_is_compared_as_it_is_read_back(busy):
    me = busy.of(SIX)
    me("note", "CMB-0001", "--body", "a\r\nb", "--op", "op-1")
    assert me.json("note", "CMB-0001", "--body", "a\r\nb", "--op", "op-1")["again"]


def test_a_claim_that_was_let_go_since_is_not_won(busy):
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    me("park", "CMB-0001")
    said = me.json("claim", "CMB-0001", "--op", "op-1", code=1)
    assert "post 3 let it go since" in said["message"]


def test_a_handoff_that_went_through_stays_one(busy):
    me = busy.of(SIX)
    me("handoff", "CMB-0002", "--to", SEVEN, "--op", "op-1")
    busy.of(SEVEN)("claim", "CMB-0002", "--resume")
    assert me.json("handoff", "CMB-0002", "--to", SEVEN, "--op", "op-1")["again"]


def test_a_dry_run_looks_for_itself(busy):
    me = busy.of(SIX)
    me("claim", "CMB-0001", "--op", "op-1")
    assert me.json("claim", "CMB-0001", "--op", "op-1", "--dry-run")["again"]


def test_without_an_op_each_run_has_its_own(busy):
    me = busy.of(SIX)
    ops = {me.json("note", "--body", "x")["op"] for _ in range(2)}
    assert len(ops) == 2
