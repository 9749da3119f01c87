"""`fleetfeed agents hook` before a file is written: what a tool sends of it is strange."""

import json
import shutil

import pytest
from agents.tool import answer, hook, reason
from checks import code_fleet
from harness import Repo

PATCH = "*** Begin Patch\n*** Add File: docs/n.md\n+x\n{}*** Update File: web/theirs/a.ts\n@@\n-a\n+b\n"
OTHER = {"path": "docs/n.md"}


@pytest.fixture(scope="module")
def me(fleet_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("strange") / "fleet"
    seat = code_fleet.play(fleet_template.copy(folder)).seat("CAMBER-06")
    seat.git("worktree", "add", "-q", "--detach", folder / "linked")
    return seat


@pytest.fixture(scope="module")
def unguarded(me, tmp_path_factory):
    """The same clone, of which nobody has noted that code is guarded in it."""
    folder = tmp_path_factory.mktemp("unguarded") / "clone"
    shutil.copytree(me.folder, folder, symlinks=True)
    (folder / ".git/fleetfeed/code-paths").unlink()
    return Repo(folder, me.environment)


def written(repo, given, tool="Write", *, at=None, text=None, **how):
    """Why a tool of Claude's must not write; empty: it may."""
    sent = {"session_id": "s", "cwd": str(at or repo.folder), "tool_name": tool}
    text = json.dumps({**sent, "tool_input": given}) if text is None else text
    said = hook(repo, "claude", "PreToolUse", text, **how)
    return reason("claude", "PreToolUse", answer(said))


@pytest.mark.parametrize(
    ("given", "tool"),
    [
        ({"file_path": " web/theirs/a.ts\n"}, "Write"),
        ({"file_path": "web/mine/../theirs/n/e/w.ts"}, "Write"),
        ({"file_path": "web/theirs/\udcff.ts"}, "Write"),
        ({"edits": [{"file_path": "web/theirs/a.ts"}]}, "MultiEdit"),
        ({**OTHER, "edits": [{"file_path": "web/theirs/a.ts"}]}, "MultiEdit"),
        ({"command": PATCH.format(" \t")}, "apply_patch"),
        ({"command": PATCH.format("").replace("\n", "\r\n")}, "apply_patch"),
        ({"command": ["apply_patch", PATCH.format("")]}, "apply_patch"),
        ({"command": PATCH.format(""), **OTHER}, "apply_patch"),
        ({"content": "x" * 1_000_000, "file_path": "web/theirs/a.ts"}, "Write"),
    ],
)
def test_whatever_a_tool_calls_the_file_it_is_that_file(me, given, tool):
    assert written(me, given, tool).startswith("fleetfeed: FF701 web/theirs/")


def test_a_tool_that_knows_of_a_home_writes_there(me):
    home = {"HOME": str(me.folder / "web")}
    assert "FF701" in written(me, {"file_path": "~/theirs/a.ts"}, env=home)


def test_what_a_text_quotes_is_no_file(me):
    assert not written(me, {"file_path": "docs/n.md", "content": PATCH.format("")})


@pytest.mark.parametrize("start", ["elsewhere", "linked", "gone", "other"])
def test_from_wherever_a_session_is_at_work_it_is_the_same_file(me, tmp_path, start):
    places = {"linked": me.folder.parents[1] / "linked", "elsewhere": tmp_path}
    place = places.get(start, tmp_path / start)
    if start == "other":
        Repo.init(place)
    env = {"FLEETFEED_SEAT": "CAMBER-06"}
    run = place if start != "gone" else tmp_path
    theirs, mine, none = (
        {"file_path": str(me.folder / "web" / name / "a.ts")}
        for name in ("theirs", "mine", "gen")
    )
    assert "FF701 web/theirs/a.ts" in written(me, theirs, at=place, cwd=run, env=env)
    assert not written(me, mine, at=place, cwd=run, env=env)
    assert not written(me, none, at=place, cwd=run, env=env)


def test_a_file_in_another_worktree_of_the_clone_is_the_same_file(me):
    there = me.folder.parents[1] / "linked/web"
    assert "FF701" in written(me, {"file_path": str(there / "theirs/a.ts")})
    assert not written(me, {"file_path": str(there / "mine/a.ts")})


NOBODY_KNOWS = {
    "NUL": ({"file_path": "web/mine/\0"}, None),
    "half a letter": ({"file_path": "web/mine/\ud800"}, None),
    "deep": (None, '{"tool_input":' + "[" * 90_000),
    "cut": (None, '{"cwd": '),
    "nothing": (None, ""),
    "no object": (None, "[1]"),
    "a number": ({"file_path": 3}, None),
}


@pytest.mark.parametrize("name", NOBODY_KNOWS)
def test_what_nobody_can_tell_is_no_yes_where_code_is_guarded(me, unguarded, name):
    given, text = NOBODY_KNOWS[name]
    said = written(me, given, text=text)
    assert said.startswith("fleetfeed: cannot tell: ")
    assert "this is a bug" not in said
    assert not written(unguarded, given, text=text)
