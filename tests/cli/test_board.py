"""`board`, `stats` and `near` as commands: what they print, write, and leave alone."""

import json

import pytest
from cli.terminals import Terminal
from harness import TAKEN, Scene
from harness.answers import document
from harness.environment import command

from fleetfeed.board.table import columns


def test_in_a_pipe_it_is_a_plain_table_of_80_columns(scene: Scene) -> None:
    me = scene.me
    me.fleetfeed("note", "CMB-0002", "--seat", "ORA-02", "--body", "how far?")
    said = me.fleetfeed("board", env={"NO_COLOR": "1"})
    lines = said.stdout.splitlines()
    assert lines[0] == "2 open: 2 at work"
    assert all(columns(line) <= 80 and line.isprintable() for line in lines)
    assert any(
        line.startswith("CMB-0001  at work    -       CAMBER-07") for line in lines
    )
    assert any("unseen notes   CMB-0002" in line for line in lines)
    assert "asked just now" in said.stderr
    narrow = me.fleetfeed("board", "--offline", env={"COLUMNS": "50"})
    assert max(columns(line) for line in narrow.stdout.splitlines()) <= 50


def test_on_a_terminal_it_stays_open_and_follows(scene: Scene) -> None:
    me = scene.me
    env = {**me.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    screen = Terminal(command("board"), env, me.folder, (24, 80))
    screen.until("q leave")
    words = ("--subject", "third", "--surface", "CAMBER:file:third", "--proof", "new")
    scene.other.fleetfeed("claim", "--new", "CMB", *words)
    screen.until("CMB-0003")
    assert screen.rest(pressing="q")[1] == 0
    plain = Terminal(command("board"), {**env, "NO_COLOR": "1"}, me.folder, (24, 80))
    said, code = plain.rest()
    assert (code, "3 open: 3 at work" in said, "\x1b" in said) == (0, True, False)


def test_what_it_has_for_a_program(scene: Scene) -> None:
    found = document(scene.me.fleetfeed("board", "--json").stdout)
    assert [item["item"] for item in found["items"]] == ["CMB-0001", "CMB-0002"]
    assert found["stats"]["open_at"][-1]["count"] == 2
    assert found["stats"]["undated_count"] == 2  # these were written without a time
    assert found["alerts"] == []


def test_a_page_is_replaced_as_a_whole(scene: Scene, tmp_path) -> None:
    me, file = scene.me, tmp_path / "b d.html"
    file.write_text("old")
    said = me.fleetfeed("board", "--html", str(file))
    assert said.stdout.startswith(f"{file}: 2 open; ")
    text = file.read_text()
    assert text.startswith("<!doctype html>")
    assert TAKEN in text
    assert [each.name for each in tmp_path.iterdir() if "html" in each.name] == [
        file.name
    ]
    refused = me.fleetfeed(
        "board", "--html", str(tmp_path / "no/such/b.html"), ok=False
    )
    assert (refused.returncode, "name another file" in refused.stderr) == (3, True)
    assert me.fleetfeed("board", "--html", "x", "--json", ok=False).returncode == 2


@pytest.mark.parametrize("command", ["board", "stats"])
def test_a_span_that_is_none(scene: Scene, command: str) -> None:
    said = scene.me.fleetfeed(command, "--since", "soon", ok=False)
    assert (said.returncode, "is no span of time; write 12h or 7d" in said.stderr) == (
        2,
        True,
    )


def test_a_span_that_is_longer_than_time(scene: Scene) -> None:
    """What is before 1970 was never told by a clock; and it says so in four digits."""
    said = scene.me.fleetfeed("stats", "--since", "9999999d", "--json")
    found = document(said.stdout)["stats"]
    assert found["from"] == found["open_at"][0]["at"] == "1970-01-01T00:00:00Z"


def test_near_tells_pairs_and_what_is_near_a_key(scene: Scene) -> None:
    me = scene.me
    key = "ORA:page:taken"
    new = (
        "--new",
        "CMB",
        "--subject",
        "x",
        "--surface",
        key,
        "--proof",
        "CMB-0001 is a file",
    )
    me.fleetfeed("claim", *new)
    (line, *_) = me.fleetfeed("near", key.replace("ORA", "X")).stdout.splitlines()
    assert line == "CMB-0001 of CAMBER-07 is near (CAMBER:file:taken, same artifact)"
    said = me.fleetfeed("near", "--report").stdout
    assert "CMB-0003 of CAMBER-06 is near (ORA:page:taken, same artifact)" in said
    (pair,) = json.loads(me.fleetfeed("near", "--report", "--json").stdout)["pairs"]
    assert (pair["item"], pair["near"][0]["item"]) == ("CMB-0001", "CMB-0003")
    assert me.fleetfeed("near", "X:y:nothing").stdout == "nothing is near X:y:nothing\n"
