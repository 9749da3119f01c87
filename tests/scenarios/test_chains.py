"""A chain and a diamond unblock in order by commands alone; each holder is told."""

import json

import pytest
from harness import Fleet

SIX, SEVEN, EIGHT = "CAMBER-06", "CAMBER-07", "CAMBER-08"


class Team:
    """Three seats of one fleet, and the items that they have filed."""

    def __init__(self, fleet: Fleet) -> None:
        self.seats = {name: fleet.seat(name) for name in (SIX, SEVEN, EIGHT)}

    def say(self, name, *args, code=0):
        """The answer, as JSON has it."""
        said = self.seats[name].fleetfeed(*args, "--json", ok=None)
        assert said.returncode == code, said
        return json.loads(said.stdout)

    def file(self, name, *upon):
        """An item of that seat, which depends on others."""
        work = f"CAMBER:work:{name}-{'-'.join(upon) or 'first'}"
        surface = ("--surface", work, "--proof", "apart from all the others")
        depends = [word for item in upon for word in ("--depends-on", item)]
        said = self.say(name, "reserve", "CMB", "--subject", work, *surface, *depends)
        return said["items"][0]["item"]


def ready(document):
    return [row["item"] for row in document["ready"]]


@pytest.fixture
def team(fleet):
    return Team(fleet)


def test_a_chain_unblocks_in_order_and_each_holder_is_told(team):
    first = team.file(SIX)
    second = team.file(SEVEN, first)
    third = team.file(EIGHT, second)
    # None begins upon what is not done, and none is done upon it.
    for name, item, upon in ((SEVEN, second, first), (EIGHT, third, second)):
        said = team.say(name, "claim", item, code=1)
        assert [found["rule"] for found in said["findings"]] == ["FF312"]
        assert upon in said["findings"][0]["message"]
        assert team.say(name, "done", item, code=1)["findings"][0]["rule"] == "FF312"
        team.say(name, "block", item)
    team.say(SIX, "claim", first)
    assert ready(team.say(SEVEN, "active")) == []
    assert team.say(SEVEN, "next", "--mine", code=1)["answer"] == "nothing ready"
    # One after the other is told at its next command, and takes up what is its own.
    assert ready(team.say(SIX, "done", first)) == [second]
    assert ready(team.say(EIGHT, "note", first, "--body", "thanks")) == []
    assert ready(team.say(SEVEN, "note", first, "--body", "thanks")) == [second]
    said = team.say(SEVEN, "next", "--mine")
    assert (said["items"][0]["item"], said["items"][0]["state"]) == (
        second,
        "IN_PROGRESS",
    )
    assert ready(said) == []
    assert ready(team.say(SEVEN, "done", second)) == [third]
    assert ready(team.say(EIGHT, "active")) == [third]
    team.say(EIGHT, "claim", third)
    team.say(EIGHT, "done", third)


def test_a_diamond_unblocks_in_order_and_each_holder_is_told(team):
    top = team.file(SIX)
    left, right = team.file(SEVEN, top), team.file(EIGHT, top)
    bottom = team.file(SIX, left, right)
    team.say(SIX, "claim", top)
    team.say(SIX, "park", bottom)
    assert ready(team.say(SIX, "done", top)) == [left, right]
    for name, item in ((SEVEN, left), (EIGHT, right)):
        team.say(name, "claim", item)
    said = team.say(SEVEN, "done", left)
    assert ready(said) == []
    (waits,) = said["waiting"]
    assert (waits["item"], [w["item"] for w in waits["waits_for"]]) == (bottom, [right])
    assert ready(team.say(EIGHT, "done", right)) == [bottom]
    # Its holder hears of it in text, too, and goes on.
    told = team.seats[SIX].fleetfeed("active").stderr
    assert f"`fleetfeed claim {bottom}` resumes it" in told
    team.say(SIX, "claim", bottom)
    team.say(SIX, "done", bottom)
