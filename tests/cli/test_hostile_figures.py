"""`stats` and `near --report` of a feed of everything hostile: text, and no more."""

import pytest
from board.hostile_feed import RUNS, hostile_files
from board.scenes import DAY, NOON
from harness import claim, path

from fleetfeed.board.gather import figures
from fleetfeed.board.pairs import pairs
from fleetfeed.cli.near import _pair_lines, _refused, _refused_lines
from fleetfeed.cli.stats import _lines
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.refused import Refused, RefusedRow
from fleetfeed.util.invisible import masked

SEQUENCES = ("\x1b]8;;http://elsewhere.invalid\x07x", "\u202egnp.exe", "[bold]x[/]")


@pytest.fixture(scope="module")
def feed():
    """Beside the corpus, pairs that look like one thing, by names that would run."""
    files = hostile_files()
    for number, text in enumerate((*RUNS, *SEQUENCES), 7000):
        for shift, lane in ((0, "CAMBER"), (1000, "ORA")):
            item = f"CMB-{number + shift}"
            key = f"{lane}:file:same-{number}"
            files[path(item)[5:]] = claim(item, key, subject=text, body=text).encode(
                "utf-8", "surrogatepass"
            )
    return Snapshot(from_files(files))


@pytest.fixture(scope="module")
def refused():
    day = int(NOON // DAY)
    keys = (*RUNS, *(f"CAMBER:file:{text}" for text in SEQUENCES))
    return Refused(NOON, tuple(RefusedRow(day, k[:200], "FF401", 3) for k in keys))


def test_the_figures(feed, refused):
    found, _ = figures(feed, refused, 400 * DAY, NOON)
    assert found.surfaces
    fine(_lines(found, refused, "400d", len(feed.open)))


def test_the_report(feed, refused):
    found = list(pairs(feed))
    assert len(found) >= len(RUNS)
    fine(_pair_lines(found))
    for start in range(0, len(found), 10):
        fine(_pair_lines(found[start : start + 10]))
    uses = _refused(refused, feed.rules.families)
    assert len(uses) >= len(RUNS)
    for start in range(0, len(uses), 10):
        fine(_refused_lines(feed, uses[start : start + 10], refused))


def fine(lines):
    for line in lines:
        assert all(ch.isprintable() for ch in masked(line)), line
