"""Lines of seats that die at random: in order, nobody twice, and everybody in time."""

import math
from collections import Counter

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from writing.line_machine import PAUSE, TURN, Lines

from fleetfeed.judge import line
from fleetfeed.ledger import memory

SURELY = {"in line", "began", "pushed in, refused", "died in line", "evicted"}


def machine():
    return type("Lines", (Lines,), {"seen": Counter()})


def played(lines, histories, steps):
    """Play so many histories at random, or as many as it takes until one goes wrong."""
    few = settings(
        max_examples=histories,
        stateful_step_count=steps,
        phases=[Phase.generate, Phase.explicit],
        report_multiple_bugs=False,
        database=None,
    )
    run_state_machine_as_test(lines, settings=few)


@pytest.mark.stress
@pytest.mark.timeout(7200)
def test_lines_are_kept(stress):
    lines = machine()
    played(lines, *((1000, 80) if stress else (6, 30)))
    print(dict(lines.seen))
    assert {what for what, often in lines.seen.items() if often} >= SURELY


def one_history(lines):
    """One at work and four in line, the first of them dead; some push in."""
    key = ("A:f:x",)
    for _ in range(5):
        lines.come(key)
    lines.push_in(key, "1")
    lines.there[1].alive = False
    while lines.there[0].holds:
        lines.later_in_order(PAUSE)
    lines.push_in(key, "")
    lines.teardown()


def test_who_was_behind_one_that_gives_up_has_its_turn_then():
    """The first in line waits for more than the others, and gives up at last."""
    lines = machine()()
    for keys in (("A:f:y",), ("A:f:x/1",), ("A:f:x/1", "A:f:y")):
        lines.come(keys)
    lines.come(("A:f:x/1",))
    lines.come(("a:F:X:1",))
    other, held, wide, one, two = lines.there
    other.ends = held.ends + 4 * TURN
    while lines.clock.now() < held.ends + 3 * TURN:
        lines.later_in_order(PAUSE)
    assert not any(each.holds for each in (wide, one, two))
    lines.gives_up(wide)
    lines.look_in(1, [two, one])
    assert (one.holds, two.holds) == (True, False)


def test_who_was_behind_one_that_was_passed_has_its_turn_then():
    """One that is dead waits for two things, and is passed by who wants the other."""
    lines = machine()()
    both = ("A:f:x/1", "A:f:y")
    for keys in (both[1:], both[:1], both, both[:1], ("a:F:X:1",), both[1:]):
        lines.come(keys)
    longer, held, wide, one, two, other = lines.there
    wide.alive = False
    longer.ends = held.ends + 2 * TURN
    while longer in lines.there:
        each = (longer, held, one, two, other)
        lines.look_in(PAUSE, [seat for seat in each if seat in lines.there])
    while not other.holds:
        lines.look_in(1, [other, two, one])
    assert (one.holds, two.holds) == (True, False)


def nobody(*_):
    return iter(())


BROKEN = [
    pytest.param(line, "not_your_turn", nobody, "comes before", id="turn unchecked"),
    pytest.param(line, "turn_number", nobody, "comes before", id="number unchecked"),
    pytest.param(
        memory,
        "places_over",
        lambda *_, **__: lambda _: math.inf,
        "the dead hold it up",
        id="dead for ever",
    ),
    pytest.param(memory, "unblocked", nobody, "the dead hold it up", id="no FREE"),
    pytest.param(memory, "overtaken", nobody, "the dead hold it up", id="not passed"),
]
"""A part of it, what is in its place, and what is said of it."""


@pytest.mark.parametrize(("where", "name", "broken", "says"), BROKEN)
def test_what_is_broken_is_found(monkeypatch, where, name, broken, says):
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(AssertionError, match=says):
        one_history(machine()())


@pytest.mark.large
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("where", "name", "broken", "says"), BROKEN)
def test_what_is_broken_is_found_at_random(monkeypatch, where, name, broken, says):
    """By histories that nobody wrote; any of the things that cannot be is found."""
    del says
    monkeypatch.setattr(where, name, broken)
    lines = machine()
    with pytest.raises(AssertionError):
        played(lines, 1000, 80)  # no more than it takes
    print(f"found within {lines.seen['histories']} histories")


def test_what_is_whole_is_not():
    lines = machine()()
    one_history(lines)
    told = {"began": 4, "in line": 4, "pushed in, refused": 2}
    assert lines.seen == told | {"histories": 1, "most at once": 5}
