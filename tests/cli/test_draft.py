"""`fleetfeed draft`: what it derives, and what it does not take."""

import pytest
from harness import Scene
from harness.posts import path, post


@pytest.fixture
def taken_over(scene: Scene) -> Scene:
    """CMB-0001 has gone from CAMBER-07 to CAMBER-06, which makes its epoch 2."""
    other = scene.other
    handed = post(
        ITEM="CMB-0001",
        STATE="IN_PROGRESS",
        SEAT="CAMBER-07",
        OWNER="CAMBER-06",
        EPOCH="2",
    )
    other.write(path("CMB-0001", 2), handed)
    other.commit("handed over")
    other.push()
    scene.me.git("pull", "-q", "origin", "main")
    return scene


@pytest.mark.parametrize("way", ["flag", "environment"])
def test_a_stale_epoch_is_no_longer_yours(taken_over: Scene, way: str) -> None:
    asked = ("draft", "CMB-0001", "--state", "IN_PROGRESS", "--dry-run")
    flag = ("--epoch", "1") if way == "flag" else ()
    env = {} if way == "flag" else {"FLEETFEED_EPOCH": "1"}
    done = taken_over.me.fleetfeed(*asked, *flag, env=env, ok=False)
    assert done.returncode == 4
    now = "CMB-0001 is at epoch 2, held by CAMBER-06, and epoch 1 is asked about; `fleetfeed show CMB-0001` says more"
    assert done.stderr == f"fleetfeed: no longer yours: {now}\n"
    assert done.stdout == ""


def test_the_epoch_held_is_checked_and_the_epoch_written_is_derived(
    taken_over: Scene,
) -> None:
    asked = ("draft", "CMB-0001", "--seat", "CAMBER-07", "--owner", "CAMBER-07")
    done = taken_over.me.fleetfeed(
        *asked, "--state", "IN_PROGRESS", "--epoch", "2", "--dry-run",
        env={"FLEETFEED_EPOCH": "1"},
    )  # fmt: skip
    assert "EPOCH: 3\n" in done.stdout


def test_a_new_item_has_no_epoch_to_lose(scene: Scene) -> None:
    asked = ("draft", "CMB", "--subject", "x", "--dry-run")
    scene.me.fleetfeed(*asked, env={"FLEETFEED_EPOCH": "7"})
    done = scene.me.fleetfeed(*asked, "--epoch", "7", ok=False)
    assert done.returncode == 4
    assert "CMB-0003 is at epoch 0, held by nobody" in done.stderr


def test_an_item_that_is_new_is_said_to_be(scene: Scene) -> None:
    asked = ("--subject", "x", "--state", "PARKED", "--dry-run")
    done = scene.me.fleetfeed("draft", "CMB-0009", *asked)
    assert done.stderr == "fleetfeed: CMB-0009 is a new item\n"
    assert scene.me.fleetfeed("draft", "CMB", *asked).stderr == ""
    assert scene.me.fleetfeed("draft", "CMB-0002", *asked).stderr == ""


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--field", "STATE=DONE"), "--field STATE: use --state"),
        (("--field", "EPOCH=2"), "--field EPOCH: use --epoch"),
        (("--field", "SURFACE_KEY=x"), "--field SURFACE_KEY: use --surface"),
        (("--field", "BODY=x"), "--field BODY: use --body"),
        (("--field", "ITEM=CMB-0007"), "--field ITEM: name the item itself"),
        (("--field", "OP=x"), "--field OP: fleetfeed writes it itself"),
        (("--field", "MINE=1", "--field", "MINE=2"), "--field MINE is given twice"),
        (("--subject", ""), "--subject is empty"),
        (("--seat", ""), "--seat is empty"),
        (("--surface", "CAMBER:page:a", "--surface", " "), "--surface is empty"),
        (("--depends-on", ""), "--depends-on is empty"),
        (("--body", ""), "--body is empty"),
        (("--field", "MINE="), "--field MINE is empty"),
    ],
)
def test_flags_that_are_not_taken(
    scene: Scene, flags: tuple[str, ...], words: str
) -> None:
    done = scene.me.fleetfeed("draft", "CMB-0002", "--state", "DONE", *flags, ok=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert not scene.me.git("status", "--porcelain").stdout
