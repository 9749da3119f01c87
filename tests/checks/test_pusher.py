"""Who pushed, as the one variable says it that the server's keeper has recorded."""

import pytest
from harness import Seat, claim, path
from harness.pushes import FEED, put

from fleetfeed.model.policy import Policy
from fleetfeed.model.pusher import SOURCES, Pusher, pushed_by, pusher

POLICY = Policy(
    stewards=("FLEET-01",), logins={"alice": ("CAMBER-06", "CAMBER-06/*"), "idle": ()}
)
ALL = dict.fromkeys(SOURCES.values(), "mallory")


@pytest.mark.parametrize("source", SOURCES)
def test_one_variable_counts_and_no_other(source):
    named = {**ALL, SOURCES[source]: "alice"}
    assert pusher(source, named) == Pusher("alice")
    without = {name: value for name, value in ALL.items() if name != SOURCES[source]}
    for unset in (without, {**without, SOURCES[source]: ""}):
        assert SOURCES[source] in pusher(source, unset).doubt


@pytest.mark.parametrize("source", [None, "", "svn", "GitLab", "gitlab "])
def test_what_is_not_recorded_is_nobody(source):
    found = pushed_by(pusher(source, {**ALL, "GL_USERNAME": "alice"}), POLICY)
    assert found.flaw.code == "FF607"
    assert "fleetfeed install --server . --pusher-from" in found.flaw.words


def test_a_server_that_asks_nobody_knows_nobody():
    assert pushed_by(None, POLICY).flaw.code == "FF607"


@pytest.mark.parametrize("key", ["GITEA_DEPLOY_KEY_ID", "GITEA_IS_DEPLOY_KEY"])
def test_a_deploy_key_is_not_the_owner_of_the_repository(key):
    """Gitea hands its hook the owner's name there (routers/private/serv.go)."""
    owner = {"GITEA_PUSHER_NAME": "alice"}
    for value in ("7", "true"):
        assert "deploy key" in pusher("gitea", {**owner, key: value}).doubt
    for value in ("", "0", "false"):
        assert pusher("gitea", {**owner, key: value}) == Pusher("alice")


@pytest.mark.parametrize(
    ("login", "speaks"),
    [
        ("alice", True),
        ("Alice", False),
        ("alice ", False),
        ("alice\n", False),
        ("*", False),
        ("idle", False),
        ("mallory", False),
    ],
)
def test_a_login_is_compared_as_it_is_written(login, speaks):
    found = pushed_by(Pusher(login), POLICY)
    assert found.speaks_for("CAMBER-06") == found.speaks_for("CAMBER-06/b") == speaks
    assert not found.speaks_for("CAMBER-07")
    if not speaks:
        assert found.flaw.code == "FF607"
        assert "FLEET-01" in found.flaw.words
        assert "\n" not in found.who


def test_a_push_by_a_login(pushers):
    """The hook finds in its environment what the way in has put there."""
    pushers.server.git("config", "fleetfeed.pusherFrom", "gitea")
    seat = pushers.seat("CAMBER-06")
    put(seat, path("CMB-0001"), claim("CMB-0001", "CAMBER:page:a", seat="CAMBER-06"))

    def push(**said):
        return Seat(seat.folder, {**seat.environment, **said}).git(
            "push", "--no-verify", "origin", FEED, ok=None
        )

    assert push(GL_USERNAME="alice").refusals == {"FF607"}
    deploys = push(GITEA_PUSHER_NAME="alice", GITEA_DEPLOY_KEY_ID="3")
    assert "a deploy key pushed" in deploys.stderr
    by_another = push(GITEA_PUSHER_NAME="bob", GL_USERNAME="alice")
    assert by_another.refusals == {"FF601"}
    assert "login bob may not speak for CAMBER-06" in by_another.stderr
    assert push(GITEA_PUSHER_NAME="alice", GITEA_DEPLOY_KEY_ID="0").ok
