"""A seat that is gone holds nothing for ever; one that is alive loses nothing."""

import subprocess

import pytest
from harness import claim, command, path

NEW = "CAMBER:job:leased"


def shifted(seconds):
    """A command prefix under which the boot clock is `seconds` ahead."""
    prefix = ("unshare", "--time", "--boottime", str(seconds))
    tried = subprocess.run((*prefix, "true"), check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("time namespaces are not to be had here")
    return prefix


def later(seat, seconds, *args, ok=True, **env):
    return seat.run((*shifted(seconds), *command(*args)), ok=ok, env=env)


@pytest.fixture
def leased(scene):
    """CAMBER-06 holds an item for an hour; CAMBER-07 wants it."""
    made = scene.me.fleetfeed(
        "claim", "--new", "CMB", "--surface", NEW, "--proof", "new work", "--subject",
        "leased", "--lease", "1h",
    )
    return scene, made.stdout.split()[0]


def test_nobody_takes_over_before_lease_and_grace(leased):
    scene, item = leased
    for seconds in (0, 3500, 3650):
        said = later(scene.other, seconds, "claim", item, "--reason", "gone", ok=False)
        assert said.returncode == 1
        assert "FF502" in said.stderr, said


def test_after_lease_and_grace_anyone_takes_over(leased):
    scene, item = leased
    said = later(scene.other, 3670, "claim", item, "--reason", "it is silent")
    assert f"item={item} state=IN_PROGRESS owner=CAMBER-07" in said.stdout
    assert "epoch=2" in said.stdout
    late = scene.me.fleetfeed("done", item, "--epoch", "1", ok=False)
    assert late.returncode == 4
    assert "CAMBER-07" in late.stderr


def test_a_post_of_the_holder_renews(leased):
    scene, item = leased
    later(scene.me, 3000, "append", item, "--state", "IN_PROGRESS", "--lease", "1h")
    said = later(scene.other, 3670, "claim", item, "--reason", "gone", ok=False)
    assert "FF502" in said.stderr, said
    later(scene.other, 3000 + 3670, "claim", item, "--reason", "gone")
