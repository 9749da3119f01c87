"""The words that all faces share, and the plots' columns."""

import math

import pytest
from board.scenes import board_of, snapshot

from fleetfeed.board.model import ALERTS, WORDS, Lease
from fleetfeed.board.plots import lead_bars
from fleetfeed.board.stats import Spread, Stats
from fleetfeed.board.words import EXPLAINED, glance, holder, lease_words, other


def test_each_shape_is_explained():
    assert set(EXPLAINED) == {*WORDS, *ALERTS}


@pytest.mark.parametrize(
    ("left", "exact", "whole", "cell"),
    [
        (6 * 3600, False, "ends in ~6 h", "in ~6h"),
        (90, True, "ends in 90 s", "in 90s"),
        (-15 * 3600, False, "ended 15 h ago", "15h ago"),
        (0, True, "ended 0 s ago", "0s ago"),
        (math.inf, False, "has no end", "no end"),
    ],
)
def test_when_a_lease_ends(left, exact, whole, cell):
    words = lease_words(Lease(left, 8 * 3600, exact))
    assert (words.whole, words.cell) == (whole, cell)


def test_who_holds_is_told_apart_from_whose_it_is():
    rows = {row.item: row for row in board_of(snapshot()).rows}
    said = {name: (holder(row), other(row)) for name, row in rows.items()}
    assert said["CMB-0001"] == ("CAMBER-07", "")
    assert said["CMB-0002"] == ("", "in line: CAMBER-06")
    assert said["ORA-0011"] == ("", "offered to ORA-02")
    assert said["CMB-0004"] == ("", "filed by CAMBER-06")
    assert said["CMB-0010"] == ("", "")


def test_what_is_at_a_glance():
    facts = [(f.title, f.item or f.key, f.text) for f in glance(board_of(snapshot()))]
    assert facts == [
        ("runs out next", "CMB-0008", "in ~10 min"),  # none of those that are over
        ("longest line", "CAMBER:file:src/app.py", "2 wait"),
        ("most fought over", "CAMBER:file:src/app.py", "2 in line"),
    ]


@pytest.mark.parametrize(
    ("leads", "names", "counts"),
    [
        ([], ["<1 min", "<8 min", "longer"], [0] * 9),
        # Nine of ten are within 15 h: eight columns of 2 h, and one took longer.
        ([3600 * n for n in (1, 2, 3, 5, 7, 9, 11, 13, 15, 90)], ["<2 h", "<16 h", "longer"], [1, 2, 1, 1, 1, 1, 1, 1, 1]),
        ([3000 * 24 * 3600], ["<100 d", "<800 d", "longer"], [0] * 8 + [1]),
    ],
)  # fmt: skip
def test_columns_of_lead_times_are_as_wide_as_each_other(leads, names, counts):
    bars = lead_bars(Stats(0, 1, lead=Spread.of(leads), leads=tuple(leads)))
    assert [bar.count for bar in bars] == counts
    first, last, rest = names
    assert (bars[0].text, bars[7].text, bars[8].text) == (first, last, rest)
