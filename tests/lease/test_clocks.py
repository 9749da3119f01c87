"""Wall clocks that are wrong, and reboots: against a real server's hook.

The lease is 1 h, the grace 60 s. The boot clock is moved by time namespaces, wall clocks
by libfaketime; a reboot is another boot id in a mount namespace.
"""

import os
import shutil
import subprocess
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path

import pytest
from harness import command

TAKE = ("--reason", "it is silent")
LEASE = 3600
OVER = LEASE + 60 + 10
"""Seconds after which a takeover is lawful for sure."""

HOUR, YEAR = 3600, 365 * 86400
MOVES = [
    pytest.param(-5 * YEAR, id="5 years back"),
    pytest.param(5 * YEAR, id="5 years on"),
    pytest.param(-3 * HOUR, id="3 h back", marks=pytest.mark.large),
    pytest.param(3 * HOUR, id="3 h on", marks=pytest.mark.large),
]
CLOCKS = """\
import time
from pathlib import Path
boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
print(int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME)), boot)
"""
SLOW = 300
"""Seconds that a step of a test never takes."""


def clocks(*prefix, env=None):
    """The wall clock, the boot clock and the boot's id under `prefix`, if it works."""
    if not all(map(shutil.which, prefix[:1])):
        return None
    told = subprocess.run(
        (*prefix, sys.executable, "-c", CLOCKS),
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        return None
    wall, boot, id_ = told.stdout.split()
    return int(wall), int(boot), id_


def boot_time():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.fixture(scope="session")
def moved():
    """The variables under which the wall clock, and no other, is some seconds off."""
    places = [Path("/usr/local/lib/faketime"), *Path("/usr/lib").glob("**/faketime")]
    found = (folder / "libfaketime.so.1" for folder in places)
    library = next((file for file in found if file.exists()), None)
    if library is None:
        pytest.skip("libfaketime is not here")

    def variables(seconds):
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME": f"{seconds:+d}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    told = clocks(env=variables(YEAR))
    wrong = told is None or abs(told[0] - time.time() - YEAR) > SLOW
    if wrong or abs(told[1] - boot_time()) > SLOW:
        pytest.skip("libfaketime cannot move the wall clock alone here")
    return variables


# libfaketime takes the sleeps of Python 3.11, which have a moment to end at, for those
# of the clock that it moves.
_AWAKE = """\
import select, sys, time
time.sleep = lambda seconds: select.select((), (), (), seconds)
from fleetfeed.__main__ import main
sys.exit(main())
"""


def words_of(*args):
    """The command line of `fleetfeed args` under a wall clock that is moved."""
    return (sys.executable, "-P", "-c", _AWAKE, *args)


class Walls:
    """The wall clocks of a scene: of the server, and of each seat's own processes."""

    def __init__(self, scene, moved):
        self.scene, self._moved = scene, moved
        # The hook that was there before ours tells the server's time.
        hook = scene.server.write(
            "hooks/pre-receive.before-fleetfeed", "#!/bin/sh\ndate +%s >wall\n"
        )
        hook.chmod(0o755)

    def at(self, seat, *, server=0, own=0):
        """The prefix of a seat's commands, so many seconds off on either side."""
        server = self._words(server)
        seat.git("config", "remote.origin.receivepack", f"{server} git-receive-pack")
        return tuple(self._words(own).split())

    def off(self):
        """How far the server's hook was off, when it last ran."""
        return hours(int((self.scene.server.folder / "wall").read_text()))

    def _words(self, seconds):
        variables = self._moved(seconds)
        if not seconds:
            return " ".join(("env", *(f"-u {name}" for name in variables)))
        return " ".join(("env", *(f"{name}={v}" for name, v in variables.items())))


@pytest.fixture
def walls(scene, moved):
    return Walls(scene, moved)


@pytest.mark.parametrize("seconds", MOVES)
@pytest.mark.parametrize("whose", ["server", "own"])
def test_a_wall_clock_decides_nothing(scene, leased, ahead, walls, whose, seconds):
    prefix = walls.at(scene.other, **{whose: seconds})

    def takes(after, ok):
        words = words_of("claim", leased, *TAKE)
        return scene.other.run((*ahead(after), *prefix, *words), ok=ok)

    assert "FF502" in takes(LEASE - SLOW, ok=False).stderr
    takes(OVER, ok=True)
    off = {"server": 0, "own": 0, whose: seconds // HOUR}
    assert {"server": walls.off(), "own": said_at(scene, leased)} == off


def said_at(scene, item):
    """How far the clock was off of the seat that wrote the second post."""
    post = scene.server.git("show", f"main:feed/CMB/000/{item}/0002.yaml").stdout
    (at,) = (line.split()[1] for line in post.splitlines() if line[:3] == "AT:")
    return hours(datetime.fromisoformat(at).timestamp())


def hours(moment):
    """From now."""
    return round((moment - time.time()) / HOUR)


@pytest.mark.parametrize("seconds", [5 * YEAR, -5 * YEAR])
def test_a_wall_clock_that_is_set_in_between(scene, leased, ahead, walls, seconds):
    prefix = walls.at(scene.me, server=seconds, own=-seconds)
    scene.me.run((*ahead(3000), *prefix, *words_of("renew", leased)))
    assert walls.off() == seconds // HOUR
    walls.at(scene.other, server=-seconds)
    words = command("claim", leased, *TAKE)
    said = scene.other.run((*ahead(3000 + LEASE - SLOW), *words), ok=False)
    assert "FF502" in said.stderr
    assert walls.off() == -seconds // HOUR
    scene.other.run((*ahead(3000 + OVER), *words))


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_what_a_taker_says_of_the_time_is_not_asked(scene, leased, later, at):
    seat = scene.other
    seat.git("pull", "-q", "--ff-only")
    post = f"ITEM: {leased}\nSTATE: IN_PROGRESS\nSEAT: CAMBER-07\nAT: {at}\nEPOCH: 2\n"
    seat.write(f"feed/CMB/000/{leased}/0002.yaml", f"{post}REASON: it is silent\n")
    seat.git("add", "-A")
    seat.git("commit", "-q", "--no-verify", "-m", "take over")
    push = ("git", "push", "--no-verify", "origin", "HEAD:refs/heads/main")
    assert "FF502" in later(seat, LEASE - SLOW, *push, ok=False).stderr
    later(seat, OVER, *push)


# A reboot.

_BOUND = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'


@pytest.fixture
def booted(tmp_path):
    """The prefix of a command on a machine that was booted some seconds ago."""
    made = {}

    def prefix(seconds, boot="second"):
        file = made.setdefault(boot, tmp_path / boot)
        if not file.exists():
            file.write_text(f"{uuid.uuid4()}\n")
        offset = str(round(seconds - boot_time()))
        apart = ("unshare", "--mount", "--time", "--boottime", offset)
        return (*apart, "sh", "-c", _BOUND, str(file))

    told = clocks(*prefix(60))
    if told is None or told[2] != made["second"].read_text().strip():
        pytest.skip("another boot id cannot be laid over this machine's here")
    assert abs(told[1] - 60) < SLOW
    return prefix


def takes(seat, item, prefix, ok):
    return seat.run((*prefix, *command("claim", item, *TAKE)), ok=ok).stderr


@pytest.mark.parametrize("first", [10, 9000])
def test_after_a_reboot_a_lease_runs_from_the_first_question(
    scene, leased, booted, first
):
    assert "FF502" in takes(scene.other, leased, booted(first), ok=False)
    late = booted(first + LEASE - SLOW)
    assert "FF502" in takes(scene.other, leased, late, ok=False)
    takes(scene.other, leased, booted(first + OVER), ok=True)


def test_each_reboot_begins_anew(scene, leased, booted):
    assert "FF502" in takes(scene.other, leased, booted(9000), ok=False)
    again = booted(9000 + OVER, "third")
    assert "FF502" in takes(scene.other, leased, again, ok=False)
    takes(scene.other, leased, booted(9000 + 2 * OVER, "third"), ok=True)


def test_a_holder_goes_on_after_a_reboot(scene, leased, booted):
    text = f"ITEM: {leased}\nEPOCH: 1\nOP: acquired\nBEAT: 0\n"
    blob = scene.me.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    beat = ("git", "push", "origin", f"+{blob}:refs/fleetfeed/beats/{leased}")
    scene.me.run((*booted(9000), *beat))
    late = booted(9000 + LEASE - SLOW)
    assert "FF502" in takes(scene.other, leased, late, ok=False)
    takes(scene.other, leased, booted(9000 + OVER), ok=True)


def test_a_reboot_into_another_year(scene, leased, booted, walls):
    """A machine without a battery comes back in the year in which it was made."""
    walls.at(scene.other, server=-5 * YEAR)
    assert "FF502" in takes(scene.other, leased, booted(10), ok=False)
    assert walls.off() == -5 * YEAR // HOUR
    late = booted(LEASE - SLOW)
    assert "FF502" in takes(scene.other, leased, late, ok=False)
    takes(scene.other, leased, booted(10 + OVER), ok=True)
