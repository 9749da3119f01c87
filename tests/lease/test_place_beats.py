"""Who waits in line beats for its place, as a holder does, whatever the fleet asks."""

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from harness import Seat, path
from harness.signing import SignedFleet

KEY = "CAMBER:file:src/map.ts"
NEW = ("--new", "CMB", "--subject", "the map", "--surface", KEY, "--proof", "in turn")
BEATS = "refs/fleetfeed/beats/CMB-0002"


@pytest.fixture(params=["fleet", "pushers", "signed"])
def fleet_of(request):
    """The fleet with each kind of identity; its server."""
    made = request.getfixturevalue(request.param)
    return made, made.fleet.server if isinstance(made, SignedFleet) else made.server


def seat_of(fleet, name, login):
    seat = fleet.seat(name)
    return Seat(seat.folder, {**seat.environment, "REMOTE_USER": login})


@contextmanager
def in_line(holder, waiter):
    """The process of `waiter`, who waits for what `holder` has claimed."""
    holder.fleetfeed("claim", *NEW)
    words = ("-m", "fleetfeed", "claim", *NEW, "--wait", "--lease", "6s")
    waiting = subprocess.Popen(
        (sys.executable, *words), cwd=waiter.folder, env=waiter.environment
    )
    try:
        yield waiting
    finally:
        waiting.kill()
        waiting.wait()


def at(server, item, number):
    return re.search(
        "^AT: (.*)", server.holds(path(item, number), "main"), re.MULTILINE
    )[1]


def until(is_so, waiting):
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, waiting.poll()
        time.sleep(0.1)


def test_a_place_is_kept_by_beats_that_the_server_takes(fleet_of):
    fleet, server = fleet_of
    holder = seat_of(fleet, "CAMBER-06", "alice")
    waiter = seat_of(fleet, "CAMBER-07", "bob")
    # Without signatures there are a few beats, which take turns.
    beats = [""]

    def many():
        now = server.git("for-each-ref", BEATS, "--format=%(objectname)").stdout
        beats.extend([now] * (now != beats[-1]))
        # On a busy machine one may come late: then a post renews the place.
        late = bool(server.holds(path("CMB-0002", 2), "main"))
        return len(beats) == (3 if late else 5)

    with in_line(holder, waiter) as waiting:
        until(many, waiting)
        holder.fleetfeed("done", "CMB-0001")
        assert waiting.wait(60) == 0
    # Whoever keeps no stamps estimates the lease by AT.
    last = 2 + bool(server.holds(path("CMB-0002", 3), "main"))
    assert at(server, "CMB-0002", last) >= at(server, "CMB-0001", 2)


def test_who_was_silent_for_too_long_keeps_the_place_by_a_post(fleet):
    holder, waiter = fleet.seat("CAMBER-06"), fleet.seat("CAMBER-07")

    def posts(number):
        return lambda: fleet.server.holds(path("CMB-0002", number), "main")

    with in_line(holder, waiter) as waiting:
        until(posts(1), waiting)
        waiting.send_signal(signal.SIGSTOP)
        time.sleep(7)
        waiting.send_signal(signal.SIGCONT)
        until(posts(2), waiting)
        assert "TURN: 1" in posts(2)()
        holder.fleetfeed("done", "CMB-0001")
        assert waiting.wait(60) == 0
