"""A store that checks, and then writes: the suite finds it, as anyone would run it."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from harness import clean

from fleetfeed.ledger.testing.contract import TestContract as _Contract

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "library.md"


def suite(ledger):
    """What the page tells anyone to write, for this ledger, and with more rounds."""
    (block,) = re.findall(
        r"^    import pytest\n.*?made\.close\(\)\n",
        PAGE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    text = dedent(block).replace('"feed.db")', '"feed.db", rounds=40)')
    theirs, ours = "from mystore import", "from ledger.sqlite_ledger import"
    return text.replace(theirs, ours).replace("MyLedger", ledger)


def run(folder, ledger, *only):
    """What pytest says, and the names of the tests that failed."""
    (folder / "test_mine.py").write_text(suite(ledger))
    asked = [f"test_mine.py::{each}" for each in only] or ["test_mine.py"]
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", *asked),
        cwd=folder,
        env=clean(PYTHONPATH=str(TESTS)),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, re.findall(
        r"^FAILED \S+::(test_\w+)", done.stdout, re.MULTILINE
    )


def test_one_call_after_another_it_does_all_that_is_promised(tmp_path):
    one = [f"TestStore::{name}" for name in vars(_Contract) if name[:5] == "test_"]
    said, failed = run(tmp_path, "NaiveLedger", *one)
    assert failed == []
    assert re.search(r"^3\d passed", said, re.MULTILINE)


def test_the_probe_finds_it_and_nothing_more_is_run(tmp_path):
    said, failed = run(tmp_path, "NaiveLedger")
    assert failed == ["test_who_is_stopped_on_the_way_writes_over_nobody"]
    assert "the probe failed, so no other test would say anything: stopped" in said
    assert "1 failed, 1 passed" in said


RACES = ["test_a_surface_goes_to_one", "test_an_item_goes_to_one"]


@pytest.mark.parametrize("race", RACES)
def test_so_do_the_races(tmp_path, race):
    """In one of four rounds, on two busy cores."""
    _, failed = run(tmp_path, "NaiveLedger", f"TestStore::{race}")
    assert failed == [race]
