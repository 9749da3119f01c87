"""A seat that is gone holds nothing for ever; one that is alive loses nothing.

The server's clock is moved by a time namespace; lease 1 h, grace 60 s.
"""

import subprocess

import pytest
from harness import command

SURFACE = "CAMBER:job:leased"
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


def test_a_takeover_names_whom_it_is_from(scene, leased, asks):
    asks(scene.other, 3670, "claim", leased, *TAKE)
    post = f"main:feed/CMB/000/{leased}/0002.yaml"
    said = scene.server.git("show", post).stdout
    assert "taken over from CAMBER-06, at epoch 1" in said
    assert "REASON: it is silent" in said


def test_another_item_parks_what_has_lapsed(scene, leased, asks):
    claim = (
        "claim", "--new", "CMB", "--surface", SURFACE, "--proof", "CMB-0003 is silent",
        "--subject", "instead", "--park", leased, *TAKE,
    )  # fmt: skip
    assert "FF502" in asks(scene.other, 100, *claim, ok=False).stderr
    said = asks(scene.other, 3670, *claim).stdout
    assert f"item={leased} state=PARKED" in said
    late = scene.me.fleetfeed("renew", leased, "--epoch", "1", ok=False)
    assert late.returncode == 4


def test_of_many_takers_one_gets_it(scene, leased, ahead, stress):
    crowd = 6 if stress else 4
    seats = [scene.seat(f"ORA-{number:02d}") for number in range(crowd)]
    under_way = [
        subprocess.Popen(
            (*ahead(3670), *command("claim", leased, *TAKE, "--timeout", "10m")),
            cwd=seat.folder, env=seat.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for seat in seats
    ]  # fmt: skip
    codes = [each.wait() for each in under_way]
    assert sorted(codes) == [0, *[1] * (crowd - 1)]


def test_a_late_push_by_plain_git_is_refused(scene, leased, asks):
    seat = scene.me
    seat.git("pull", "-q", "--ff-only")
    asks(scene.other, 3670, "claim", leased, *TAKE)
    seat.git("pull", "-q", "--ff-only")
    late = f"ITEM: {leased}\nSTATE: DONE\nSEAT: CAMBER-06\nEPOCH: 1\n"
    seat.write(f"feed/CMB/000/{leased}/0003.yaml", late)
    seat.git("add", "-A")
    seat.git("commit", "-q", "--no-verify", "-m", "late")
    said = seat.git("push", "--no-verify", "origin", "main", ok=False)
    assert "FF304" in said.stderr


def test_wall_clocks_decide_nothing(scene, leased, asks):
    post = "ITEM: {}\nSTATE: IN_PROGRESS\nSEAT: CAMBER-06\nAT: 2099-01-01T00:00:00Z\n"
    seat = scene.me
    seat.git("pull", "-q", "--ff-only")
    seat.write(f"feed/CMB/000/{leased}/0002.yaml", post.format(leased))
    seat.commit("renew from the far future")
    seat.push()
    assert "FF502" in asks(scene.other, 3500, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 3700, "claim", leased, *TAKE)


def test_where_the_stamps_cannot_be_kept_posts_pass_and_takeovers_do_not(
    scene, leased, asks
):
    folder = scene.server.folder / "fleetfeed"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("no folder can be made here")
    scene.me.fleetfeed("renew", leased)
    said = asks(scene.other, 9000, "claim", leased, *TAKE, ok=False)
    assert "FF501" in said.stderr


def test_a_seat_that_retired_in_prose(scene, leased, asks):
    """Scenario 10: its rows stayed in progress."""
    scene.me.fleetfeed("note", leased, "--body", "farewell, I retire")
    assert "FF502" in asks(scene.other, 60, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 3670, "claim", leased, "--reason", "CAMBER-06 has retired")
    asks(scene.other, 3680, "done", leased)
    late = scene.me.fleetfeed("done", leased, "--epoch", "1", ok=False)
    assert late.returncode == 4
