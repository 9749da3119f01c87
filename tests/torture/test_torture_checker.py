"""The checker of histories: good ones pass, and a bad one of each kind is caught."""

import sys
from dataclasses import fields

import pytest

from torture.__main__ import main
from torture.anomaly import KINDS
from torture.checker import check
from torture.gen_bad import (
    BAD,
    FOUND_BY_ITSELF,
    GOOD,
    PASSED_IN_TIME,
    TAKEN_IN_TIME,
    long,
)
from torture.history import History, read


@pytest.mark.parametrize(
    "good", [GOOD, FOUND_BY_ITSELF, PASSED_IN_TIME, TAKEN_IN_TIME, long(50)]
)
def test_a_good_history_passes(good):
    assert check(good) == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_caught(name):
    kind, made = BAD[name]
    assert kind in {found.kind for found in check(made())}


def test_each_kind_has_a_history():
    assert {kind for kind, _ in BAD.values()} == set(KINDS)


def test_a_history_is_the_same_when_it_is_read_again(tmp_path):
    for number, (_, made) in enumerate(BAD.values()):
        file, history = tmp_path / str(number), made()
        history.write(file)
        again = read(file)
        for field in fields(History):
            assert getattr(again, field.name) == getattr(history, field.name)


def test_a_history_is_checked_again_by_one_command(tmp_path, capsys):
    bad = BAD["one command has claimed twice"][1]()
    for made, exits in ((GOOD, 0), (bad, 1)):
        made.write(tmp_path / "history.jsonl")
        assert main(["check", str(tmp_path / "history.jsonl")]) == exits
    found = capsys.readouterr().out
    assert f"{len(GOOD.runs)} operations, {len(GOOD.steps)} steps: 0 anomalies" in found
    assert "\ntwice: " in found


def _lines(history):
    """How many lines of the checker are run for a history: that is its time."""
    counted = 0

    def count(frame, event, _):
        nonlocal counted
        counted += event == "line"
        return count

    sys.settrace(count)
    try:
        assert check(history) == []
    finally:
        sys.settrace(None)
    return counted


def test_twice_as_long_takes_twice_the_work():
    """No time is asked, but what is done: lines, which do not hang on the machine."""
    once, twice = _lines(long(40)), _lines(long(80))
    assert twice < 2.05 * once
