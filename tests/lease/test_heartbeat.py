"""Beats: the holder moves a ref to the next small object, and the lease begins anew."""

import sqlite3
from contextlib import closing

import pytest
from lease.leased import beat

from fleetfeed.lease.heartbeat import (
    beat_number,
    beyond,
    is_heard,
    last_heard,
    signed_beat,
)
from fleetfeed.model.item import Item

TAKE = ("--reason", "it is silent")


def test_beats_keep_a_claim_alive(scene, leased, later, asks):
    for number in range(1, 4):
        beat(scene.me, leased, later, 3000 * number, turn=number % 2)
    said = asks(scene.other, 9000 + 3000, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr
    asks(scene.other, 9000 + 3670, "claim", leased, *TAKE)


@pytest.mark.parametrize("seconds", [3610, 5000])
def test_a_beat_after_the_lease_is_late(scene, leased, later, seconds):
    said = beat(scene.me, leased, later, seconds, ok=False)
    assert "FF504" in said.stderr


def test_a_beat_of_an_older_epoch_is_refused(scene, leased, later, asks):
    asks(scene.other, 3670, "claim", leased, *TAKE)
    said = beat(scene.me, leased, later, 3670, ok=False)
    assert "FF304" in said.stderr
    assert "CAMBER-07" in said.stderr


def test_beats_are_made_from_the_op(scene, leased, later):
    assert "FF304" in beat(scene.me, leased, later, 1, op="other", ok=False).stderr


def test_beats_of_what_nobody_holds(scene, leased, later):
    beat(scene.me, leased, later, 1)
    gone = ("git", "push", "origin", f":refs/fleetfeed/beats/{leased}")
    assert "FF505" in later(scene.other, 1, *gone, ok=False).stderr
    scene.me.fleetfeed("done", leased)
    assert "FF505" in beat(scene.me, leased, later, 1, turn=1, ok=False).stderr
    assert "heard" not in later(scene.other, 1, *gone).stderr


def test_a_beat_and_posts_are_pushed_apart(scene, leased):
    seat = scene.me
    seat.git("pull", "-q", "origin", "main")
    seat.write("feed/notes/x", "")
    refs = ("HEAD:refs/heads/main", f"HEAD:refs/fleetfeed/beats/{leased}")
    seat.git("commit", "-q", "--allow-empty", "-m", "nothing")
    said = seat.git("push", "--no-verify", "origin", *refs, ok=False)
    assert "FF412" in said.stderr


def test_a_beat_that_cannot_be_stamped_is_no_sign_of_life(scene, leased, later, asks):
    beat(scene.me, leased, later, 1000)
    file = scene.server.folder / "fleetfeed/stamps.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        said = beat(scene.me, leased, later, 2000, turn=1, ok=False)
        assert "cannot tell" in said.stderr
        asks(scene.me, 2000, "renew", leased)
    # The post was not stamped either, so it counts from when it is asked about.
    assert "FF502" in asks(scene.other, 9000, "claim", leased, *TAKE, ok=False).stderr


def test_a_shorter_lease_does_not_shorten_what_a_beat_began(scene, leased, later, asks):
    beat(scene.me, leased, later, 3000)
    asks(scene.me, 3010, "renew", leased, "--lease", "1m")
    assert "FF502" in asks(scene.other, 6500, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 3000 + 3670, "claim", leased, *TAKE)


def test_after_a_reboot_a_lease_begins_anew(scene, leased, asks):
    file = scene.server.folder / "fleetfeed/stamps.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE stamp SET boot = 'another', at = 0")
    assert "FF502" in asks(scene.other, 9000, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 9000 + 3670, "claim", leased, *TAKE)


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("fleetfeed: heard CMB-0001 at epoch 1", True),
        ("fleetfeed: heard CMB-0001 at epoch 1 (server 5f3c)", True),
        ("fleetfeed: heard CMB-0001 at epoch 11", False),
        ("fleetfeed: heard CMB-0001 at epoch 2", False),
        ("fleetfeed: heard CMB-00011 at epoch 1", False),
        ("fleetfeed: heard XCMB-0001 at epoch 1", False),
        ("fleetfeed: push refused; fleetfeed: heard CMB-0001 at epoch 1", False),
        ("heard CMB-0001 at epoch 1", False),
        ("", False),
    ],
)
def test_what_says_that_a_beat_was_heard(said, ours):
    item = Item("CMB-0001", epoch=1)
    assert is_heard(item, ("something else", said)) is ours


def test_the_hook_says_that_it_has_heard_a_beat(scene, leased, later):
    said = beat(scene.me, leased, later, 1)
    assert f"remote: fleetfeed: heard {leased} at epoch 1" in said.stderr
    late = beat(scene.me, leased, later, 5000, turn=1, ok=False)
    assert "heard" not in late.stderr


def test_what_is_signed_as_a_beat_is_of_one_holding_and_one_number():
    item = Item("CMB-0001", epoch=2, op="a1")
    text = b"fleetfeed beat\nITEM: CMB-0001\nEPOCH: 2\nOP: a1\nBEAT: 7\n"
    assert signed_beat(item, 7) == text
    assert beat_number(item, text) == 7
    for other in (
        text[1:],
        text.replace(b"a1", b"a2"),
        text.replace(b"7", b"07"),
        b"7",
    ):
        assert beat_number(item, other) is None


def test_a_server_tells_the_last_beat_that_it_heard():
    item, other = Item("CMB-0001", epoch=2), Item("CMB-0010", epoch=2)
    said = f"fleetfeed: FF502: {beyond(item, 17)}; sign a later one"
    assert last_heard(item, ("something else", said)) == 17
    assert last_heard(other, (said,)) is None
