"""A push that has its feed elsewhere than the server guards is refused (FF406)."""

import pytest
from harness import claim, path

KEY = "CAMBER:file:a"


@pytest.fixture
def seat(fleet):
    """A seat that goes past its own hooks."""
    seat = fleet.seat()
    seat.fleetfeed("uninstall")
    return seat


def test_posts_in_another_folder_do_not_land(seat, fleet):
    """Where the guarded folder is not there at all: two holders would have been let in."""
    bare = fleet.server
    bare.git("config", "fleetfeed.dir", "ops")
    for item in ("CMB-0001", "CMB-0002"):
        seat.write(path(item), claim(item, KEY))
    seat.commit("two holders")
    done = seat.push(ok=False)
    assert "FF406" in done.refusals
    assert "it is a post of a feed in feed/, but this server guards ops/" in done.stderr
    assert "`fleetfeed install --server . --dir feed`" in done.stderr
    bare.git("config", "fleetfeed.dir", "feed")
    assert "FF401" in seat.push(ok=False).refusals


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dir: ops/feed\n", "it says dir: ops/feed, but this server guards feed"),
        ("ref: refs/heads/x\n", "it says ref: refs/heads/x, but this server guards"),
        ("folder: x\n", ".fleetfeed.yaml:1:1: unknown key folder"),
    ],
)
def test_a_pointer_that_leads_elsewhere_does_not_land(seat, text, words):
    seat.write(".fleetfeed.yaml", text)
    seat.commit("a pointer")
    done = seat.push(ok=False)
    assert "FF406" in done.said
    assert words in done.stderr


@pytest.mark.parametrize("text", ["dir: feed\n", "ref: refs/heads/main\ndir: feed\n"])
def test_a_pointer_that_agrees_lands(seat, text):
    seat.write(".fleetfeed.yaml", text)
    seat.commit("a pointer")
    seat.push()


def test_another_branch_may_say_what_it_likes(seat):
    seat.write(".fleetfeed.yaml", "dir: ops/feed\n")
    seat.commit("a pointer")
    seat.push("HEAD:refs/heads/topic")


def test_an_example_beside_the_feed_is_nobodys_business(seat):
    for item in ("CMB-0001", "CMB-0002"):
        seat.write(f"examples/{path(item)}", claim(item, KEY))
    seat.commit("examples")
    seat.push()


def test_code_without_any_feed_lands(tmp_path, fleet):
    server = type(fleet.server).create(tmp_path / "new.git")
    seat = fleet.seat()
    seat.git("checkout", "-q", "--orphan", "code")
    seat.git("rm", "-q", "-r", "-f", ".")
    seat.write("app.py", "1\n")
    seat.commit("code", "--no-verify")
    seat.git("push", "-q", "--no-verify", str(server.folder), "HEAD:refs/heads/main")


def test_a_feed_that_begins_elsewhere_is_not_let_in(tmp_path, fleet):
    """Neither folder nor ref are those that an empty server has been told to guard."""
    server = type(fleet.server).create(tmp_path / "new.git", install=False)
    server.install("--ref", "refs/heads/master")
    seat = type(fleet.seat()).clone(server, tmp_path / "seat", install=False)
    seat.git("checkout", "-q", "-b", "main")
    seat.git("remote", "remove", "origin")
    seat.fleetfeed("init", "--dir", "ops/feed", "--ref", "refs/heads/main")
    seat.commit("start")
    push = ("push", str(server.folder), "HEAD:refs/heads/main")
    done = seat.git(*push, ok=False)
    assert "FF406" in done.stderr
    todo = "`fleetfeed install --server . --dir ops/feed --ref refs/heads/main`"
    assert todo in done.stderr
    server.fleetfeed(
        "install", "--server", ".", "--dir", "ops/feed", "--ref", "refs/heads/main"
    )
    seat.git(*push)
