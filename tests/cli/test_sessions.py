"""One seat for each session: two sessions of a seat are two holders."""

import pytest
from harness.answers import document

NEW = ("claim", "--new", "CMB", "--subject", "s", "--lease", "1h", "--surface")


def session(name):
    return {"FLEETFEED_SESSION": name}


def test_a_session_is_a_seat_of_its_own(scene):
    said = scene.me.fleetfeed(
        *NEW, "CAMBER:page:one", "--proof", "new", env=session("a")
    )
    item = said.stdout.split()[0]
    assert "owner=CAMBER-06/a " in said.stdout
    for words in (("claim", item), ("claim", item, "--resume"), ("done", item)):
        refused = scene.me.fleetfeed(*words, ok=False, env=session("b"))
        assert refused.returncode == 1
        assert "CAMBER-06/a" in refused.stderr
    mine = scene.me.fleetfeed("active", "--mine", env=session("b"))
    assert item not in mine.stdout
    assert item in scene.me.fleetfeed("active", "--mine", env=session("a")).stdout
    # The seat itself acts for all of its sessions, as before.
    assert item in scene.me.fleetfeed("active", "--mine").stdout
    assert scene.me.fleetfeed("park", item).ok


@pytest.mark.parametrize(
    ("seat", "name", "is_"),
    [
        ("CAMBER-06", "5f2c", "CAMBER-06/5f2c"),
        ("CAMBER-06/5f2c", "5f2c", "CAMBER-06/5f2c"),
        ("CAMBER-06/5F2C", "5f2c", "CAMBER-06/5F2C"),
        ("CAMBER-06/5f2c", "a", "CAMBER-06/5f2c/a"),
        ("CAMBER-06", "", "CAMBER-06"),
    ],
)
def test_a_session_is_said_once(scene, seat, name, is_):
    env = {"FLEETFEED_SEAT": seat, **session(name)}
    found = document(scene.me.fleetfeed("seat", "--json", env=env).stdout)
    assert found["seat"] == is_
    scene.me.git("config", "fleetfeed.seat", seat)
    env = {"FLEETFEED_SEAT": "", **session(name)}
    assert scene.me.fleetfeed("seat", env=env).stdout.startswith(f"{is_} (local")


def test_a_session_that_is_no_name_is_told_what_to_write(scene):
    for words in (("claim", "CMB-0002"), ("seat",), ("beat", "--mine")):
        said = scene.me.fleetfeed(*words, ok=False, env=session("two words"))
        assert said.returncode == 2
        assert (
            "CAMBER-06/two words' is no seat; write CAMBER-06/two-words" in said.stderr
        )
