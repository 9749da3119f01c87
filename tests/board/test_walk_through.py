"""The walk-through of docs/board.md: six questions, answered from the board alone.

Its fleet is played by real commands. Somebody who has never seen the board reads the
page as it is drawn, and the table as it is printed, by their headings and rows; what
they read is held against what the feed says through other commands, and the page of the
docs says the same.
"""

import json
import re
import time
from pathlib import Path

import pytest
from board.browser import Watched, chromium
from docs.console import Command, commands, play

DOCS = Path(__file__).parents[2] / "docs/board.md"
KEY = "CAMBER:file:map"
ASKED = {
    "page": "fleetfeed board --html page.html",
    "table": "fleetfeed board",
    "active": "fleetfeed active --json",
    "held": "fleetfeed show CMB-0001 --json",
    "stats": "fleetfeed stats --json",
    "post": "git show origin/main:feed/CMB/000/CMB-0001/0001.yaml",
}


@pytest.fixture(scope="module")
def played(_settled, tmp_path_factory):
    """What each command printed after the set-up, and where the page is."""
    text = DOCS.read_text("utf-8")
    setup = next(
        n for n, c in enumerate(commands(text)) if c.text.startswith("fleetfeed board")
    )
    asked = [Command(f"{each}\n", "", 0, 0) for each in ASKED.values()]
    folder = tmp_path_factory.mktemp("walk")
    said = play([*list(commands(text))[:setup], *asked], folder)[setup:-1]
    found = dict(zip(ASKED, said, strict=True))
    return found, folder / "session/seven/page.html"


@pytest.fixture(scope="module")
def feed(played):
    """The answers as the feed has them, by other ways than the board."""
    said, _ = played
    active = json.loads(said["active"])["items"]
    (item,) = json.loads(said["held"])["items"]
    leases = {
        each["item"]: each["lease"]["left"] for each in active if each["lease"]["left"]
    }
    next_over = min(leases, key=leases.get)
    stuck = [
        (each["item"], *[d["item"] for d in each["depends_on"]])
        for each in active
        if any(d["state"] == "CANCELLED" for d in each["depends_on"])
    ]
    most = json.loads(said["stats"])["stats"]["contention"][0]
    (at,) = re.findall(r"^AT: \W?(\S+Z)", said["post"], re.MULTILINE)
    assert item["surface"][0]["text"] == KEY
    assert item["since"] == at
    return {
        "holder": item["holder"],
        "since": time.strptime(at, "%Y-%m-%dT%H:%M:%SZ"),
        "waits": [(w["turn"], w["item"], w["seat"]) for w in item["in_line"]],
        "stuck": stuck,
        "next": (
            next_over,
            next(e["holder"] for e in active if e["item"] == next_over),
        ),
        "fought": (
            most["surface"][0]["text"],
            most["refused_count"],
            most["place_count"],
        ),
    }


def test_who_reads_the_page(played, feed):
    _, file = played
    with chromium() as browser:
        seen = Watched(browser, viewport={"width": 1280, "height": 900})
        page = Reader(seen.open(file))
        row = page.row_with(KEY)
        assert row["Holder"].splitlines()[0] == feed["holder"]
        span, at = row["For how long"].splitlines()
        assert at == time.strftime("%d %b %H:%M", feed["since"]).lstrip("0")
        assert re.fullmatch(r"\d+ (s|min)", span)
        surface, has, *waits = page.below("Who waits for whom")
        assert (surface, has) == (KEY, f"CMB-0001 {feed['holder']} has it")
        assert waits == [f"{turn} {item} {who}" for turn, item, who in feed["waits"]]
        look = page.below("Needs a look")
        place = next(n for n, line in enumerate(look) if line.startswith("Stuck"))
        assert look[place] == f"Stuck {len(feed['stuck'])}"
        assert look[place + 1].startswith("Not only blocked")
        for line, (item, other) in zip(look[place + 2 :], feed["stuck"], strict=False):
            assert line.startswith(f"{item} ")
            assert line.endswith(f"waits for {other}, which was cancelled")
        assert page.fact("Runs out next").startswith(
            "{} {}, in ~".format(*feed["next"])
        )
        key, refused, places = feed["fought"]
        assert page.fact("Most fought over") == (
            f"{key}, {refused} refused, {places} in line"
        )
        counts = [f"{refused} refused", f"{places} in line"]
        assert page.below("Fought over")[:4] == [key, feed["holder"], *counts]
        seen.only_asked_for(file)


def test_who_reads_the_table(played, feed):
    said, _ = played
    text = said["table"]
    (row,) = [line for line in text.splitlines() if KEY + ": draw" in line]
    heads = next(line for line in text.splitlines() if line.startswith("ITEM "))
    holder = heads.index("HOLDER")
    assert row[holder:].split()[0] == feed["holder"]
    assert re.match(r"at work +\d+(s|min) ", row[heads.index("STATE") :])
    below = text.partition("WHO WAITS FOR WHOM\n")[2].splitlines()
    assert below[0] == f"  {KEY}: CMB-0001 of {feed['holder']}"
    assert below[1 : 1 + len(feed["waits"])] == [
        f"    {turn}. {item} of {who}" for turn, item, who in feed["waits"]
    ]
    stuck = re.findall(r"^  stuck +(\S+) +\S+ +waits for (\S+),", text, re.MULTILINE)
    assert stuck == feed["stuck"]
    assert f"  runs out next    {' '.join(feed['next'])}: in ~" in text
    key, refused, places = feed["fought"]
    assert f"  most fought over {key}: {refused} refused, {places} in line\n" in text


def test_the_docs_say_the_same(feed):
    section = DOCS.read_text("utf-8").partition("## Six questions")[2]
    rows = re.findall(r"^\| [^|-]+\?.*\| ([^|]+) \|$", section, re.MULTILINE)
    (turn, waiting, who), key = feed["waits"][0], feed["fought"][0]
    assert turn == 1
    assert rows == [
        feed["holder"],
        "since CMB-0001 was claimed",
        f"{waiting} of {who}",
        "{}: waits for {}, which was cancelled".format(*feed["stuck"][0]),
        "{} of {}".format(*feed["next"]),
        "{}: {} refused, {} in line".format(key, *feed["fought"][1:]),
    ]


class Reader:
    """Who reads a page by what is drawn: its headings, its rows, and no ids."""

    def __init__(self, tab):
        self.tab = tab

    def row_with(self, text):
        """The cells of the first row with such a text, each by its column's heading."""
        heads = self.tab.get_by_role("columnheader").all_inner_texts()
        row = self.tab.get_by_role("row").filter(has_text=text).first
        cells = row.get_by_role("cell").all_inner_texts()
        return dict(zip(heads, cells, strict=True))

    def below(self, heading):
        """The lines below a heading."""
        found = self.tab.get_by_role("heading", name=heading, exact=False).first
        text = found.locator("xpath=ancestor::section").inner_text()
        lines = (" ".join(line.split()) for line in text.splitlines()[1:])
        return [line for line in lines if line]

    def fact(self, title):
        """What stands beside a title."""
        term = self.tab.get_by_text(title, exact=True)
        return " ".join(
            term.locator("xpath=following-sibling::dd").inner_text().split()
        )
