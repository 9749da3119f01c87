"""The benchmark of large feeds runs, at a tiny size. No time is judged."""

import json
import re
import sys
from itertools import pairwise
from xml.dom.minidom import parseString

import pytest
from harness import Repo, Seat, Server, clean

from bench import render
from bench.__main__ import main
from bench.feeds import write_commits
from bench.goals import Goal
from bench.scale import sizes
from bench.scale.cache import Cache
from bench.scale.memo import Memo
from bench.scale.memory import peak
from bench.scale.places import make
from bench.scale.plan import Plan
from bench.scale.plot import Line, svg
from bench.scale.sizes import Size, life
from bench.spread import Spread
from bench.timing import Command


def _kept(folder):
    """A cache, and what it says that it builds."""
    said = []
    return Cache(folder / "cache", said.append), said


@pytest.mark.large
def test_a_quick_run_gives_every_figure(tmp_path, capsys):
    page, values = tmp_path / "scale.md", tmp_path / "values.json"
    page.write_text(f"before\n{render.BEGIN}\nold\n{render.END}\nafter\n")
    options = ("--quick", "--only", "scale", "--docs", tmp_path)
    main([str(o) for o in (*options, "--json", values, "--cache", tmp_path / "kept")])
    text, found = capsys.readouterr().out, json.loads(values.read_text())["scale"]
    for feed in ("60 posts, 0 claims", "60 posts, 3 claims"):
        assert re.search(rf"^{feed} +\d+\.\d+ \[", text, re.MULTILINE)
    assert re.search(
        r"^\| audit of 20 commits .* at least 2,000 ", page.read_text(), re.MULTILINE
    )
    assert re.search(
        r"^\| verify of 20 commits .* at least 200 ", page.read_text(), re.MULTILINE
    )
    assert "![scale](scale.svg)" in page.read_text()
    assert "\nold\n" not in page.read_text()
    assert (tmp_path / "scale.svg").read_text().startswith("<svg ")
    assert {len(row["wall"]) for row in found["series"]} == {1}
    assert found["once"]["audited"] > 0
    assert found["once"]["verified"] > 0


def test_a_generated_feed_passes_and_holds_what_it_says(tmp_path):
    cache, _ = _kept(tmp_path)
    size = Size(60, 4)
    world = make(tmp_path / "world", cache.base(size), size)
    assert world.seat.fleetfeed("check", "feed").ok
    rows = world.seat.fleetfeed("active", "--offline").stdout.splitlines()
    assert [row.split()[0] for row in rows if row.startswith("item=")] == [
        f"item=CMB-{number}" for number in range(1010, 1014)
    ]
    assert size.next_item() == "CMB-1014"
    listed = world.server.line("ls-tree", "-r", "--name-only", "main", "feed/CMB")
    assert len(listed.splitlines()) == 60 + 4


def test_a_generated_history_passes_and_has_one_post_in_each_commit(tmp_path):
    cache, _ = _kept(tmp_path)
    repo = cache.history(7)
    assert repo.line("rev-list", "--count", "main") == "8"
    seat = Seat.clone(repo, tmp_path / "seat", install=False)
    assert seat.fleetfeed("audit", "--offline").ok
    assert len(list(life(7))) == 7


def test_a_feed_is_built_once_and_never_half(tmp_path):
    cache, said = _kept(tmp_path)
    first = cache.base(Size(60, 3))
    assert said
    said.clear()
    assert cache.base(Size(60, 0)).folder == first.folder
    assert not said
    assert cache.base(Size(90)).folder != first.folder
    assert not list(cache.folder.glob("*.part"))


def test_a_sealed_feed_has_one_file_for_each_full_shard(tmp_path, monkeypatch):
    sealed = []
    monkeypatch.setattr(
        sizes, "seal", lambda posts: sealed.append(posts) or b"a file\n"
    )
    size = Size(60, sealed=True)
    assert size.worth_sealing
    assert not Size(1000, sealed=True).worth_sealing
    bare = Repo.init(tmp_path / "bare", "--bare")
    write_commits(bare, size.below())
    names = bare.line("ls-tree", "-r", "--name-only", "main", "feed/CMB").splitlines()
    assert names[0] == "feed/CMB/000.sealed"
    assert names[1] == "feed/CMB/001/CMB-1000/0001.yaml"
    assert len(names) == 1 + 30
    assert len(sealed) == 1
    assert min(sealed[0]) == "CMB-0990/0001.yaml"
    assert len(sealed[0]) == 30


def test_a_plan_measures_the_wire_where_it_must():
    plan = Plan((1000, 9000), (0, 100, 1000, 5000), 2000, 9000, 10, 1, None)
    feeds = list(plan.sizes())
    assert [s.sealed for s in feeds].count(True) == 5
    assert plan.largest == Size(9000, 1000)
    assert plan.sealed(9000) == Size(9000, 2000, sealed=True)
    assert plan.sealed(1000) == Size(1000, 1000)
    wired = [s for s in feeds if plan.wired(s)]
    assert wired == [
        *(Size(posts, claims) for posts in plan.posts for claims in (0, 1000)),
        Size(9000, 2000, sealed=True),
    ]


def test_a_memo_is_what_a_rebuild_writes_wherever_it_is(tmp_path, monkeypatch):
    class Rebuilt(Server):
        def fleetfeed(self, *args, **_):
            assert args == ("index", "rebuild")
            self.write("fleetfeed/memo.sqlite", "known\n")
            return self.git("--version")

    server = Rebuilt(tmp_path / "one.git", clean())
    other = Server.create(tmp_path / "other.git", install=False)
    Server.create(server.folder, install=False)
    server.write("fleetfeed/stamps.sqlite", "seen\n")
    memo = Memo.make(server)
    memo.copy(other)
    memo.drop()
    assert (other.folder / "fleetfeed/memo.sqlite").read_text() == "known\n"
    assert [p.name for p in (server.folder / "fleetfeed").iterdir()] == [
        "stamps.sqlite"
    ]


def test_memory_is_that_of_all_processes_together(tmp_path):
    held = "import os, time; x = b'x' * 30_000_000; os.fork(); x = x + b'y'; time.sleep(.3)"
    command = Command((sys.executable, "-c", held), tmp_path, clean())
    assert peak(command) > 60_000_000
    with pytest.raises(RuntimeError):
        peak(Command(("false",), tmp_path, clean()))


def test_a_goal_is_a_bound_from_above_or_below():
    assert Goal("a time", 1.2, Spread.of([1.1, 1.2, 9])).met == "yes"
    assert Goal("a time", 1.2, Spread.of([1.3])).met == "no"
    assert Goal("a speed", 2000, Spread.of([1999.0]), least=True).met == "no"
    assert Goal("a speed", 2000, Spread.of([2001.0]), least=True).met == "yes"
    assert Goal("a time", None, Spread.of([1.0])).met == ""


def test_a_plot_is_a_picture_whose_labels_do_not_touch():
    flat = [(1000, Spread(5, 4, 6)), (1_000_000, Spread(5, 4, 6))]
    lines = [Line(f"<{n}>", "#888888", flat) for n in range(4)]
    drawn = svg("A & B", [*lines, Line("none", "#000000", [])])
    picture = parseString(drawn)  # noqa: S318 - it is our own
    found = picture.getElementsByTagName("text")
    texts = {t.firstChild.data: float(t.getAttribute("y")) for t in found}
    assert {"A & B", "ms", "1,000", "1,000,000", "<3>"} <= texts.keys()
    assert "none" not in texts
    heights = sorted(texts[f"<{n}>"] for n in range(4))
    assert all(b - a >= 15 for a, b in pairwise(heights))
