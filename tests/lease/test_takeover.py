"""A seat that is gone holds nothing for ever; one that is alive loses nothing.

The server's clock is moved by a time namespace; lease 1 h, grace 60 s.
"""

import pytest

TAKE = ("--reason", "it is silent")


@pytest.mark.parametrize("seconds", [0, 3500, 3650])
def test_nobody_takes_over_before_lease_and_grace(scene, leased, asks, seconds):
    said = asks(scene.other, seconds, "claim", leased, *TAKE, ok=False)
    assert said.returncode == 1
    assert "FF502" in said.stderr


def test_after_lease_and_grace_anyone_takes_over(scene, leased, asks):
    said = asks(scene.other, 3670, "claim", leased, *TAKE)
    assert f"item={leased} state=IN_PROGRESS owner=CAMBER-07" in said.stdout
    assert "epoch=2" in said.stdout
    late = scene.me.fleetfeed("done", leased, "--epoch", "1", ok=False)
    assert late.returncode == 4
    assert "held by CAMBER-07" in late.stderr


def test_a_post_of_the_holder_renews(scene, leased, asks):
    asks(scene.me, 3000, "renew", leased)
    said = asks(scene.other, 3670, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr
    asks(scene.other, 3000 + 3670, "claim", leased, *TAKE)


def test_a_lapsed_holder_whom_nobody_replaced_goes_on(scene, leased, asks):
    asks(scene.me, 9000, "renew", leased)
    said = asks(scene.other, 9100, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr


def test_lost_stamps_lengthen_a_lease(scene, leased, asks):
    (scene.server.folder / "fleetfeed/stamps.sqlite").unlink()
    said = asks(scene.other, 4000, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr
    asks(scene.other, 4000 + 3670, "claim", leased, *TAKE)


def test_damaged_stamps_are_begun_anew(scene, leased, asks):
    (scene.server.folder / "fleetfeed/stamps.sqlite").write_bytes(b"no database" * 99)
    said = asks(scene.other, 4000, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr
    asks(scene.other, 4000 + 3670, "claim", leased, *TAKE)


def test_one_lapse_serves_one_takeover(scene, leased, asks):
    asks(scene.other, 3670, "claim", leased, *TAKE)
    said = asks(scene.seat("ORA-01"), 3670, "claim", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr


def test_a_steward_says_force(scene, leased):
    said = scene.other.fleetfeed("evict", leased, *TAKE, ok=False)
    assert "FF502" in said.stderr
