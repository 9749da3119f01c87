"""`active` lists what is asked for: each filter alone, and all of them together."""

import pytest
from cli.busy import key

SIX, SUB, SEVEN, ORA = "CAMBER-06", "CAMBER-06/tests", "CAMBER-07", "ORA-01"


def listed(desk, *filters):
    return [int(item["item"][-4:]) for item in desk.json("active", *filters)["items"]]


ASKED = [
    # who asks, with which filters, and the numbers of what is listed
    (SIX, (), [1, 2, 3, 4, 7, 8, 9, 10, 11]),
    (SIX, ("--mine",), [1, 2, 3, 4, 8, 9, 11]),
    (SUB, ("--mine",), [11]),
    (SEVEN, ("--mine",), [7, 8, 9, 10]),
    (ORA, ("--mine",), []),
    (ORA, ("--seat", SIX), [1, 2, 3, 4, 8, 9, 11]),
    (ORA, ("--seat", SIX.lower()), [1, 2, 3, 4, 8, 9, 11]),
    (SIX, ("--mine", "--seat", SEVEN), [8, 9]),
    (SIX, ("--mine", "--state", "IN_PROGRESS"), [2, 11]),
    (ORA, ("--ready",), [1, 8, 9]),
    (SEVEN, ("--ready", "--mine"), [8, 9]),
    (ORA, ("--waiting",), []),
    (ORA, ("--ready", "--waiting"), []),
    (ORA, ("--search", "WORK 1"), [1, 10, 11]),
    (ORA, ("--search", "cmb-0007"), [7]),
    (ORA, ("--search", key(3)), [3, 10]),
    (ORA, ("--search", key(3).lower().replace("/", ":")), [3, 10]),
    (ORA, ("--search", "src/3.py", "--state", "BLOCKED"), [3]),
    (ORA, ("--search", "nothing like it"), []),
    (ORA, ("--lane", "CAMBER", "--search", "work 11"), [11]),
    (ORA, ("--lane", "HEARTWOOD", "--search", "work 11"), []),
]


@pytest.mark.parametrize(
    ("seat", "filters", "numbers"),
    ASKED,
    ids=[f"{s} {' '.join(f)}" for s, f, _ in ASKED],
)
def test_what_is_listed(still, seat, filters, numbers):
    assert sorted(listed(still.of(seat), *filters)) == numbers


def test_text_is_filtered_as_well(still):
    said = still.of(SEVEN)("active", "--mine", "--state", "IN_PROGRESS")
    assert [line.split()[0] for line in said.stdout.splitlines()] == [
        "item=CMB-0007",
        "item=CMB-0010",
    ]
    assert said.stderr.startswith("2 of 9 open; ")


def test_the_first_alone(still):
    desk = still.of(SEVEN)
    whole = listed(desk)
    for limit in (1, 3, 9, 10):
        found = desk.json("active", "--limit", str(limit))
        assert [int(item["item"][-4:]) for item in found["items"]] == whole[:limit]
        assert found["item_count"] == len(whole) == 9
    assert desk.json("active", "--mine", "-n", "2")["item_count"] == 4
    said = desk("active", "-n", "2")
    assert len(said.stdout.splitlines()) == 2
    assert said.stderr.startswith("2 of 9 open; ")
    desk("active", "-n", "0", code=2)
    desk("active", "-n", "1", "--surface-claim", key(50), code=2)


def test_what_waits_is_not_ready_until_it_is(me, other):
    first = me.reserve()
    second = me.reserve("--depends-on", first)
    assert listed(other, "--waiting") == [2]
    assert listed(other, "--ready") == [1]
    me("claim", first)
    me("done", first)
    assert listed(other, "--waiting") == []
    assert listed(other, "--ready") == [2]
    me("claim", second)
    assert listed(other, "--ready") == []


@pytest.mark.parametrize("filters", [("--mine",), ("--lane", "CAMBER"), ("--ready",)])
def test_a_surface_is_asked_about_alone(still, filters):
    said = still.of(SIX).json("active", "--surface-claim", key(2), *filters, code=2)
    assert "leave the filters out" in said["message"]


def test_whose_is_asked_of_somebody(still):
    assert still.of(SIX).json("active", "--seat", "a b", code=2)["answer"] == "usage"
    nobody = {"FLEETFEED_SEAT": ""}
    said = still.of(SIX).json("active", "--mine", code=2, **nobody)
    assert "which seat are you?" in said["message"]
    assert still.of(SIX).json("active", **nobody)["answer"] == "open"
