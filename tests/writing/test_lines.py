"""Lines of seats that die at random: in order, nobody twice, and everybody in time."""

import math
from collections import Counter

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from writing.line_machine import PAUSE, Lines

from fleetfeed.judge import line
from fleetfeed.ledger import memory

SURELY = {"in line", "began", "pushed in, refused", "died in line", "evicted"}


def machine():
    return type("Lines", (Lines,), {"seen": Counter()})


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_lines_are_kept(stress):
    lines = machine()
    few = settings(
        max_examples=1000 if stress else 6,
        stateful_step_count=80 if stress else 40,
        phases=[Phase.generate, Phase.explicit],
    )
    run_state_machine_as_test(lines, settings=few)
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


def nobody(*_):
    return iter(())


@pytest.mark.parametrize(
    ("where", "name", "broken", "says"),
    [
        (line, "not_your_turn", nobody, "comes before"),
        (line, "turn_number", nobody, "comes before"),
        (
            memory,
            "places_over",
            lambda *_, **__: lambda _: math.inf,
            "the dead hold it up",
        ),
        (memory, "unblocked", nobody, "the dead hold it up"),
        (memory, "overtaken", nobody, "the dead hold it up"),
    ],
    ids=[
        "turn unchecked",
        "number unchecked",
        "dead for ever",
        "no FREE",
        "not passed",
    ],
)
def test_what_is_broken_is_found(monkeypatch, where, name, broken, says):
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(AssertionError, match=says):
        one_history(machine()())


def test_what_is_whole_is_not():
    lines = machine()()
    one_history(lines)
    assert lines.seen == {"began": 4, "in line": 4, "pushed in, refused": 2}
