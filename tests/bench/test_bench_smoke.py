"""The benchmark runs, and what it measures is a hook that works. No time is judged."""

import json
import re

import pytest
from harness import Seat, Server

from bench import render
from bench.__main__ import main
from bench.claims import CLAIM, FETCH, GROUPS, PUSH, claims
from bench.costs import PARTS
from bench.feeds import Shape, another_claim, fresh_claim, refused_claim, write
from bench.identity import MODES, groups
from bench.proof import NoProof, prove
from bench.spread import Spread, paired
from bench.stages import CALLS, IMPORTS
from bench.subjects import COMMIT_POST, STAGES_OF, Commit, Name, Push, hooked
from bench.world import Hooks, World


@pytest.fixture
def quick(tmp_path, capsys):
    """One run with the smallest sizes: its text, its page and its values."""
    page, values = tmp_path / "benchmarks.md", tmp_path / "values.json"
    page.write_text(f"before\n\n{render.BEGIN}\nold\n{render.END}\n\nafter\n")
    folder = tmp_path / "made"
    folder.mkdir()
    options = ("--quick", "--folder", folder, "--docs", tmp_path, "--json", values)
    main([*map(str, options), "--only", *PARTS])
    assert not list(folder.iterdir())
    found = json.loads(values.read_text())
    return capsys.readouterr().out, page.read_text(), found["benchmarks"]


def test_a_quick_run_gives_every_figure(quick):
    text, page, values = quick
    assert "git commit, no post touched" in text
    assert "\x1b" not in text
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "\nold\n" not in page
    assert re.search(r"^\| ours adds .* \| -?[\d.]+ \[", page, re.MULTILINE)
    rounds = {len(row["wall"]) for row in values["series"]}
    assert rounds == {1}
    called = {(row["group"], row["variant"]) for row in values["calls"]}
    for what, group in STAGES_OF.items():
        stages = {*IMPORTS.values(), *(stage for _, _, stage in CALLS)}
        for stage in stages - _NOT_IN.get(what, _NOT_IN_A_HOOK):
            inside = "git " if stage == "git processes" else stage
            assert any(g == group and v.startswith(inside) for g, v in called), stage
    # One run for all that there is to see: it takes seconds.
    _says_what_a_claim_adds(text, page, values)
    _says_what_identity_adds(page, values)


# A quick run reads too few objects for pygit2 to be imported.
_NOT_IN_A_HOOK = {IMPORTS["pygit2"], IMPORTS["click"], "writing objects"}
_NOT_IN = {"claim": {IMPORTS["pygit2"], IMPORTS["click"]}}


def _says_what_a_claim_adds(text, page, values):
    named = {(row["group"], row["variant"]) for row in values["series"]}
    for group in GROUPS.values():
        assert {(group, variant) for variant in (CLAIM, FETCH, PUSH)} <= named
        assert group.capitalize() in text
    assert re.search(r"^\| a claim adds .* \| -?[\d.]+ \[", page, re.MULTILINE)
    claimed = {row["variant"] for row in values["calls"] if "claim" in row["group"]}
    assert {"git fetch", "git push"} <= claimed


def _says_what_identity_adds(page, values):
    named = {(row["group"], row["variant"]) for row in values["series"]}
    assert named >= {(group, mode) for group in groups(3) for mode in MODES}
    added = re.findall(r"^\| (?:pusher|signed) adds \| ", page, re.MULTILINE)
    assert len(added) == 2 * len(groups(3))


@pytest.mark.parametrize("kind", [Commit, Push])
def test_a_hook_that_does_nothing_is_no_proof(tmp_path, kind):
    world = World.make(tmp_path / "world", Shape(0, 2))
    name = Name(COMMIT_POST, "an empty one", 0)
    ref = () if kind is Commit else ("refs/heads/main",)
    with pytest.raises(NoProof):
        prove(kind(name, world, Hooks.EMPTY, *ref))


def test_every_subject_leaves_its_world_as_it_was_and_ours_are_put_to_the_proof(
    tmp_path,
):
    world = World.make(tmp_path / "world", Shape(1, 2))
    every = [*hooked(world), *claims(world)]
    before = _state(world)
    for subject in every:
        subject.prepare(world.fresh(post=subject.post))
        subject.reset()
        assert _state(world) == before
    proven = {s.name.variant for s in every if s.refuses}
    ours = {"ours", "ours, and our pre-push", "pre-commit, one post", "in all", PUSH}
    assert proven == ours


def _state(world):
    refs = [repo.line("for-each-ref") for repo in (world.server, world.seat)]
    objects = [
        sorted(p.name for p in (folder / "objects").rglob("*") if p.is_file())
        for folder in (world.server.folder, world.seat.folder / ".git")
    ]
    return refs, objects, world.seat.line("status", "--porcelain")


def test_a_generated_feed_passes_and_holds_what_it_says(tmp_path):
    server = Server.create(tmp_path / "feed.git", install=False)
    write(server, Shape(active=7, closed=5))
    seat = Seat.clone(server, tmp_path / "seat", "-b", "main", install=False)
    seat.fleetfeed("check", "feed")
    rows = seat.fleetfeed("active", "--offline").stdout.splitlines()
    assert sum(row.startswith("item=") for row in rows) == 7


def test_a_fresh_claim_is_another_one_each_time():
    shape = Shape(4, 4)
    assert fresh_claim(shape, 1) != fresh_claim(shape, 2)
    assert fresh_claim(shape, 1)[0] == refused_claim(shape)[0]
    assert another_claim(shape, 0)[0] == fresh_claim(shape, 0)[0]
    assert another_claim(shape, 1)[0] != fresh_claim(shape, 1)[0]


def test_spreads_are_medians_and_quartiles():
    assert Spread.of([5, 1, 3, 2, 4]) == Spread(3, 2, 4)
    pairs = paired([10, 30, 20], [9, 20, 10], lambda ours, base: ours - base)
    assert pairs == Spread(10, 5.5, 10)


def test_a_page_without_markers_is_not_written():
    with pytest.raises(ValueError, match="begin figures"):
        render.within("no markers", "figures")


def test_a_stage_that_does_not_occur_takes_no_time():
    assert Spread.of([]) == Spread(0.0, 0.0, 0.0)
