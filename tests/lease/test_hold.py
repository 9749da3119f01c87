"""`hold`: a claim that lives as long as a command, and not longer."""

import os
import signal
import subprocess
import time

import pytest
from harness import command

NEW = (
    "--new", "CMB", "--subject", "held work", "--surface", "CAMBER:job:held",
    "--proof", "new work", "--seat", "CAMBER-06",
)  # fmt: skip
ITEM = "CMB-0003"


def hold(seat, *words, flags=NEW, **options):
    return seat.fleetfeed("hold", *flags, "--", *words, **options)


def started(seat, *words, flags=NEW):
    """A hold under way, whose command has begun: it wrote its pid."""
    script = f"echo $$ > pid.tmp && mv pid.tmp pid; exec {' '.join(words)}"
    held = subprocess.Popen(
        command("hold", *flags, "--", "sh", "-c", script),
        cwd=seat.folder,
        env=seat.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not (seat.folder / "pid").exists():
        assert held.poll() is None, held.stdout.read()
        time.sleep(0.02)
    return held, int((seat.folder / "pid").read_text())


def ended(pid):
    """Waits for a process that is not our child."""
    while True:
        try:
            os.kill(pid, 0)
            if b"Z" in open(f"/proc/{pid}/stat", "rb").read().split()[2:3]:
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)


def state(seat):
    return seat.fleetfeed("show", ITEM).stdout.split()[1]


def test_the_item_is_done_with_the_command(scene):
    said = hold(scene.me, "sh", "-c", 'echo "$FLEETFEED_ITEM $FLEETFEED_EPOCH"')
    assert said.stdout == f"{ITEM} 1\n"
    assert state(scene.me) == "state=DONE"


def test_a_command_that_fails_parks_it(scene):
    said = hold(scene.me, "sh", "-c", "exit 7", ok=False)
    assert said.returncode == 7
    assert state(scene.me) == "state=PARKED"


def test_then_release(scene):
    hold(scene.me, "true", flags=("--then", "release", *NEW))
    assert state(scene.me) == "state=AWAITING_CLAIM"


def test_what_cannot_be_started_leaves_no_claim(scene):
    said = hold(scene.me, "./no-such-command", ok=False)
    assert said.returncode == 2
    assert state(scene.me) != "state=IN_PROGRESS"


def test_two_holds_of_one_seat(scene):
    held, _ = started(scene.me, "sleep", "60")
    said = hold(scene.me, "true", flags=(ITEM,), ok=False)
    assert said.returncode == 1
    assert "your own seat" in said.stderr
    held.terminate()
    assert held.wait() == 128 + signal.SIGTERM
    assert state(scene.me) == "state=PARKED"


def test_beats_outlast_a_short_lease(scene):
    held, pid = started(scene.me, "sleep", "9", flags=("--lease", "3s", *NEW))
    said = held.communicate()[0]
    assert held.returncode == 0, said
    assert state(scene.me) == "state=DONE"
    assert not scene.me.line("ls-tree", "-r", "--name-only", "origin/main", f"feed/CMB/000/{ITEM}/0003.yaml")


def test_who_is_cut_off_stops_by_itself(scene):
    held, pid = started(scene.me, "sleep", "60", flags=("--lease", "3s", *NEW))
    away = scene.server.folder.rename(scene.server.folder.with_name("away.git"))
    said = held.communicate()[0]
    assert held.returncode == 3, said
    assert "counts as lost" in said
    ended(pid)
    away.rename(scene.server.folder)


def test_the_command_of_a_killed_hold_ends(scene):
    held, pid = started(scene.me, "sleep", "60")
    held.kill()
    held.wait()
    ended(pid)


def test_fence(scene):
    held, _ = started(scene.me, "sleep", "60")
    scene.me.fleetfeed("fence", ITEM, "--epoch", "1")
    assert scene.other.fleetfeed("fence", ITEM, "--epoch", "2", ok=False).returncode == 4
    held.terminate()
    held.wait()
    assert scene.me.fleetfeed("fence", ITEM, "--epoch", "1", ok=False).returncode == 4
