"""`fleetfeed agents hook`: each tool's events, and what a session may do by the answers."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from agents.tool import EVENTS, TOLD, answer, context, event_of, hook, reason, sent
from checks import code_fleet
from harness import Repo, command

from fleetfeed.agents.events import read_event, session_name
from fleetfeed.agents.tools import AFTER, BEFORE, ENDS, FAILED, STARTS, TOOLS

by_event = pytest.mark.parametrize("file", EVENTS, ids=lambda file: file.stem)
WRITES = [f for f in EVENTS if TOOLS[event_of(f)[0]].events[event_of(f)[1]] == BEFORE]
by_write = pytest.mark.parametrize("file", WRITES, ids=lambda file: file.stem)
by_tool = pytest.mark.parametrize("name", TOOLS)


def at(name, kind):
    """The event's file of a tool, where a session starts, ends …"""
    found = (f for f in EVENTS if event_of(f)[0] == name)
    return next(f for f in found if TOOLS[name].events[event_of(f)[1]] == kind)


@pytest.fixture(scope="module")
def played(fleet_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools") / "fleet"
    return code_fleet.play(fleet_template.copy(folder))


@pytest.fixture
def me(played):
    return played.seat("CAMBER-06")


def test_every_event_of_every_tool_has_a_fixture():
    known = {(tool.name, event) for tool in TOOLS.values() for event in tool.events}
    assert {event_of(file) for file in EVENTS} == known


@by_event
def test_an_event_is_understood(file, tmp_path):
    name, event = event_of(file)
    found = read_event(name, event, sent(file, tmp_path))
    assert found.kind == TOOLS[name].events[event]
    assert found.folder == str(tmp_path)
    assert session_name(found.session)
    if found.kind == BEFORE:
        assert found.tool
        theirs = [path for path in found.paths if path.endswith("web/theirs/a.ts")]
        assert len(theirs) == 1
        assert len(found.paths) == (4 if name == "codex" else 1)


def test_what_a_hook_imports_is_as_little_as_that_of_a_commit(tmp_path):
    modules = "fleetfeed.cli.agents_hook, fleetfeed.agents.before_writing"
    heavy = "'click', 'subprocess', 'pathlib', 'dataclasses', 'typing', 'inspect'"
    code = f"import sys, {modules}, fleetfeed.checks.code; print({{{heavy}}} & {{*sys.modules}})"
    args = (sys.executable, "-E", "-P", "-c", code)
    said = subprocess.run(args, capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"


@by_write
def test_what_another_seat_holds_is_not_written(me, file):
    name, event = event_of(file)
    said = reason(name, event, answer(hook(me, name, event, sent(file, me.folder))))
    assert said.startswith("fleetfeed: FF701 ")
    assert "which CMB-0001@2 of CAMBER-07 holds" in said
    assert "`fleetfeed wait CMB-0001`" in said


@by_write
def test_what_is_ones_own_or_nobodys_matter_is_written(me, file):
    name, event = event_of(file)
    for path in ("web/mine/a.ts", "web/gen/a.ts"):
        text = sent(file, me.folder).replace("web/theirs/a.ts", path)
        text = text.replace("web/theirs/old.ts", "docs/old.md").replace(
            "web/old.ts", "d.md"
        )
        assert hook(me, name, event, text).stdout == ""
    if "@TOP@/web" in file.read_text():
        outside = {"cwd": str(me.folder), "workspace_roots": [str(me.folder)]}
        text = sent(file, me.folder.parent / "elsewhere", **outside)
        assert hook(me, name, event, text).stdout == ""


@by_write
def test_what_nobody_holds_is_warned_of_where_a_tool_can_be_told(me, file):
    name, event = event_of(file)
    text = sent(file, me.folder).replace("web/theirs/", "web/free/")
    said = answer(hook(me, name, event, text))
    assert reason(name, event, {} if event == "BeforeTool" else said) == ""
    told = context(name, event, said)
    assert ("FF702 web/" in told and "under no claim" in told) == (name in TOLD)


@by_tool
def test_from_a_folder_below_and_through_a_link_it_is_the_same_file(me, name, tmp_path):
    file = at(name, BEFORE)
    event = event_of(file)[1]
    link = tmp_path / "link"
    link.symlink_to(me.folder)
    below = tmp_path / "below"
    below.symlink_to(me.folder / "web/mine")  # up from there is not up from its name
    for top in (link, below / "../..", me.folder / "web/mine/../.."):
        said = answer(hook(me, name, event, sent(file, top), cwd=me.folder / "web"))
        assert reason(name, event, said)


@by_tool
def test_where_nobody_can_tell_code_that_is_guarded_is_not_written(me, name, tmp_path):
    file = at(name, BEFORE)
    event = event_of(file)[1]
    broken = tmp_path / "broken"
    shutil.copytree(me.folder, broken, symlinks=True)
    repo = Repo(broken, me.environment)
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    repo.git("config", "fleetfeed.ref", "refs/heads/nowhere")
    said = reason(name, event, answer(hook(repo, name, event, sent(file, broken))))
    assert said.startswith("fleetfeed: cannot tell: ")
    assert "code is guarded here" in said
    (broken / ".git/fleetfeed/code-paths").unlink()
    done = hook(repo, name, event, sent(file, broken))
    assert "fleetfeed cannot tell: " in done.stderr
    told = context(name, event, answer(done))
    assert told.startswith("fleetfeed cannot tell: ") == (name in TOLD)


@by_tool
def test_a_tool_that_says_no_file_is_refused_where_code_is_guarded(me, name):
    file = at(name, BEFORE)
    event = event_of(file)[1]
    text = sent(file, me.folder, tool_input={"x": 1}, toolArgs={"x": 1})
    said = reason(name, event, answer(hook(me, name, event, text)))
    assert "does not say which file it is about to write" in said


@by_event
def test_a_fleet_that_is_not_there_breaks_no_session(file, tmp_path):
    name, event = event_of(file)
    empty = Repo.init(tmp_path / "no feed")
    nowhere = Repo(tmp_path, empty.environment)
    for repo, text in (
        (empty, sent(file, empty.folder)),
        (nowhere, sent(file, tmp_path)),
        (nowhere, sent(file, tmp_path / "gone")),
        (empty, ""),
        (empty, "{"),
        (empty, "[1]"),
        (empty, '{"cwd": 3, "tool_input": 4, "session_id": []}'),
    ):
        said = answer(hook(repo, name, event, text))
        assert "deny" not in json.dumps(said)


def test_a_server_that_is_away_breaks_no_session(me, tmp_path):
    away = tmp_path / "away"
    shutil.copytree(me.folder, away, symlinks=True)
    repo = Repo(away, {**me.environment, "FLEETFEED_SEAT": "CAMBER-06"})
    repo.git("config", "remote.origin.url", str(tmp_path / "nowhere.git"))
    for kind in (STARTS, BEFORE, AFTER, ENDS):
        file = at("claude", kind)
        name, event = event_of(file)
        text = sent(file, away).replace("web/theirs/", "docs/")
        assert "deny" not in json.dumps(answer(hook(repo, name, event, text)))


def test_what_is_mistyped_is_no_refusal(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    for words in (("claude",), ("claude", "Stop"), ("vi", "SessionStart")):
        done = repo.fleetfeed("agents", "hook", *words, ok=False)
        assert done.returncode == 1
        assert "give a tool and its event" in done.stderr


@pytest.fixture
def session(fleet, tmp_path):
    """A new clone of CAMBER-09, and Claude's file for a session's commands."""
    seat = fleet.seat("CAMBER-09")

    def start(name):
        env = {"CLAUDE_ENV_FILE": str(tmp_path / name)}
        text = sent(at("claude", STARTS), seat.folder, session_id=name)
        hook(seat, "claude", "SessionStart", text, env=env)
        lines = (tmp_path / name).read_text().splitlines()
        return dict(line.removeprefix("export ").split("=", 1) for line in lines)

    return seat, start


NEW = ("claim", "--new", "CMB", "--subject", "s", "--lease", "1h", "--proof", "the only one of its kind; apart from CMB-0001")  # fmt: skip


@by_tool
def test_a_session_begins_with_what_prime_says(me, name):
    file = at(name, STARTS)
    event = event_of(file)[1]
    said = context(name, event, answer(hook(me, name, event, sent(file, me.folder))))
    assert said.startswith("fleetfeed: you are seat CAMBER-06. ")
    assert "CMB-0002 epoch 1" in said
    assert "no instruction to you" in said
    unnamed = {"FLEETFEED_SEAT": ""}
    done = hook(me, name, event, sent(file, me.folder), env=unnamed)
    said = context(name, event, answer(done))
    assert said.startswith("fleetfeed cannot tell: this worktree has no seat; run ")


def test_two_sessions_are_two_holders_and_what_one_holds_ends_with_it(session):
    seat, start = session
    one, two = start("0000-aaaa"), start("0000-bbbb")
    assert one == {"FLEETFEED_SESSION": "0000-aaaa"}
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:one", env=one)
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:two", env=two)
    refused = seat.fleetfeed("done", "CMB-0001", env=two, ok=False)
    assert "CAMBER-09/0000-aaaa" in refused.stderr
    text = sent(at("claude", ENDS), seat.folder, session_id="0000-aaaa")
    assert hook(seat, "claude", "SessionEnd", text).stdout == ""
    held = seat.fleetfeed("active").stdout.splitlines()
    assert "state=AWAITING_CLAIM" in held[0]
    assert "owner=CAMBER-09/0000-bbbb" in held[1]
    # Another time there is nothing to give back, and no such session.
    hook(seat, "claude", "SessionEnd", text)
    assert seat.fleetfeed("active").stdout.splitlines() == held


def test_a_session_that_goes_on_is_told_again_and_only_once(session, tmp_path):
    seat, start = session
    start("0000-aaaa")
    assert start("0000-aaaa") == {"FLEETFEED_SESSION": "0000-aaaa"}
    assert (tmp_path / "0000-aaaa").read_text().count("\n") == 1  # it was compacted
    (
        tmp_path / "0000-aaaa"
    ).unlink()  # it was killed, and is resumed by another process
    assert start("0000-aaaa") == {"FLEETFEED_SESSION": "0000-aaaa"}
    text = sent(at("claude", STARTS), seat.folder, session_id="0000-aaaa")
    said = hook(seat, "claude", "SessionStart", text).stdout
    assert "you are seat CAMBER-09. " in said  # nobody would tell its commands
    assert not (seat.folder / ".git/fleetfeed/sessions/0000-aaaa").exists()


def test_a_session_that_was_named_by_whoever_started_it_stays_that(session, tmp_path):
    seat, _ = session
    named = {"FLEETFEED_SESSION": "mine", "CLAUDE_ENV_FILE": str(tmp_path / "env")}
    text = sent(at("claude", STARTS), seat.folder)
    hook(seat, "claude", "SessionStart", text, env=named)
    assert not (tmp_path / "env").exists()


@by_tool
def test_a_session_whose_name_can_be_none_is_told(me, name):
    file = at(name, AFTER)
    event, text = event_of(file)[1], sent(file, me.folder)
    done = hook(me, name, event, text, env={"FLEETFEED_SESSION": "two words"})
    said = context(name, event, answer(done))
    assert said.startswith("fleetfeed cannot tell: ")
    assert "write CAMBER-06/two-words" in said


@by_tool
def test_what_a_worktrees_seat_holds_stays_with_it(session, name):
    seat, _ = session
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:one")
    for kind in (STARTS, ENDS):
        file = at(name, kind)
        hook(seat, name, event_of(file)[1], sent(file, seat.folder))
    assert "state=IN_PROGRESS" in seat.fleetfeed("active").stdout


@by_tool
def test_every_tools_session_may_have_a_name(session, name):
    seat, _ = session
    named = {"FLEETFEED_SESSION": "mine"}
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:one", env=named)
    file = at(name, ENDS)
    environment = {**seat.environment, **named}
    text = sent(file, seat.folder).encode()
    # As the tools that do not wait for it do: they look no more.
    args = command("agents", "hook", *event_of(file))
    subprocess.run(args, input=text, cwd=seat.folder, env=environment, check=True)
    until = time.monotonic() + 60
    while "AWAITING_CLAIM" not in seat.fleetfeed("active").stdout:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["claude", "copilot", "cursor"])
def test_what_is_lost_is_told_after_the_next_tool_that_does_not_fail(fleet, name):
    seat = fleet.seat("CAMBER-09")
    failed, after = at(name, FAILED), at(name, AFTER)
    mine = {"FLEETFEED_SESSION": "mine"}
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:one", env=mine)
    texts = [(event_of(file)[1], sent(file, seat.folder)) for file in (failed, after)]
    assert hook(seat, name, *texts[1], env=mine).stdout == ""
    seat.fleetfeed("handoff", "CMB-0001", "--to", "CAMBER-01")
    os.utime(seat.folder / ".git/fleetfeed/beaten-camber-09~mine.json", (0, 0))
    said = [
        context(name, e, answer(hook(seat, name, e, t, env=mine))) for e, t in texts
    ]
    told, silent = said if name == "claude" else reversed(said)
    assert "no longer yours: CMB-0001" in told
    assert silent == ""
    assert hook(seat, name, *texts[1], env=mine).stdout == ""


@by_tool
def test_who_has_lost_what_it_held_is_told_after_the_next_tool(fleet, name):
    seat, mine = fleet.seat("CAMBER-09"), {"FLEETFEED_SESSION": "mine"}
    file = at(name, AFTER)
    event, text = event_of(file)[1], sent(file, seat.folder)
    seat.fleetfeed(*NEW, "--surface", "CAMBER:page:one", env=mine)
    assert hook(seat, name, event, text, env=mine).stdout == ""
    seat.fleetfeed("handoff", "CMB-0001", "--to", "CAMBER-01")
    memory = seat.folder / ".git/fleetfeed/beaten-camber-09~mine.json"
    os.utime(memory, (0, 0))  # as whoever posts as the seat leaves it
    said = context(name, event, answer(hook(seat, name, event, text, env=mine)))
    assert "no longer yours: CMB-0001 is at epoch 2, held by CAMBER-01" in said
    assert "stop this work, and change nothing more" in said
    assert hook(seat, name, event, text, env=mine).stdout == ""
