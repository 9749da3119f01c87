"""Beats now, a keeper, and what an agent is told, where posts are in a database."""

import os
import time

import pytest
from harness import Repo
from harness.answers import document

TAKE = ("--reason", "it is silent")


@pytest.fixture
def seat(tmp_path, postgres):
    here = Repo.init(tmp_path / "repo", FLEETFEED_SEAT="CAMBER-06")
    here.git("commit", "-q", "--allow-empty", "-m", "some code")
    here.fleetfeed("ledger", "init", "--here", postgres.url())
    return here


def claimed(seat, name, lease="8s", **env):
    new = (
        "claim",
        "--new",
        "CMB",
        "--subject",
        name,
        "--proof",
        "new",
        "--lease",
        lease,
    )
    said = seat.fleetfeed(*new, "--surface", f"CAMBER:page:{name}", env=env)
    return said.stdout.split()[0]


def left(seat, item):
    """The seconds that the database gives its lease still."""
    (shown,) = document(seat.fleetfeed("show", item, "--json").stdout)["items"]
    return shown["lease"]["left"]


def test_beats_keep_it_for_as_long_as_they_come(seat):
    session = {"FLEETFEED_SESSION": "a"}
    item = claimed(seat, "a", **session)
    now, heard = ("beat", "--mine", "--at-most-every", "5m"), 0
    end = time.monotonic() + 60
    while heard < 4:
        assert time.monotonic() < end
        heard += seat.fleetfeed(*now, env=session).stdout.count(
            f"{item} (epoch 1): heard"
        )
        time.sleep(0.3)
    assert left(seat, item) > 0
    assert f"{item} (epoch 1): heard" in seat.fleetfeed("beat", item).stdout
    told = seat.fleetfeed("prime", env=session).stdout
    assert "you are seat CAMBER-06/a. " in told
    assert f"  {item} epoch 1, lease left about " in told
    seat.fleetfeed("release", "--mine", *TAKE, env=session)
    assert "You hold nothing." in seat.fleetfeed("prime", env=session).stdout


def test_a_keeper_beats_for_it_and_ends_with_it(seat):
    item = claimed(seat, "a")
    words = ("keep", item, "--parent", str(os.getpid()), "--json")
    (keeper,) = document(seat.fleetfeed(*words).stdout)["keepers"]
    time.sleep(11)
    assert left(seat, item) > 0
    seat.fleetfeed("done", item)
    end = time.monotonic() + 20
    while list(seat.folder.glob(".git/fleetfeed/kept-*")):
        assert time.monotonic() < end, keeper


def test_what_is_given_away_is_no_longer_yours(seat):
    item = claimed(seat, "a")
    seat.fleetfeed("beat", "--mine")
    seat.fleetfeed("handoff", item, "--to", "CAMBER-07", "--seat", "CAMBER-06")
    assert seat.fleetfeed("beat", item, ok=False).returncode == 4
