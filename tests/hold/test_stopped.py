"""A `hold` that is stopped and goes on at random, and a command that minds no signal.

The server's stamp of the last sign of life, the lease and the grace say when a takeover
is lawful. However `hold` was stopped, its command has written for the last time before
that by more than clocks may drift apart.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from harness import command
from hold.held import alive, wait_for

LEASE = 4
SLOW = max(1.0, 200e-6 * LEASE)
"""Seconds that the holder's clock may be slow by."""

STUBBORN = """\
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(sys.argv[1], "w", buffering=1) as file:
    file.write(f"{os.getpid()}\\n")
    while True:
        file.write("%.3f\\n" % time.clock_gettime(time.CLOCK_BOOTTIME))
        time.sleep(0.02)
"""


def kept(server, item):
    with closing(sqlite3.connect(server.folder / "fleetfeed/stamps.sqlite")) as db:
        asked = "SELECT max(at) FROM stamp WHERE item = ? AND epoch = 1"
        return db.execute(asked, (item,)).fetchone()[0] or 0.0


class Stopped(threading.Thread):
    """One hold; `margin` are the seconds from its command's last write to a takeover."""

    def __init__(self, scene, seat, number, grace, seed):
        super().__init__()
        self.server, self.seat, self.grace = scene.server, seat, grace
        self.name, self.chance = f"work {number}", random.Random(seed)  # noqa: S311
        self.file = seat.folder / f"written-{number}"
        self.log = self.file.with_suffix(".log")
        self.stamp, self.margin, self.stops = 0.0, None, 0

    def run(self):
        while self.margin is None:
            with self.log.open("w") as log:
                self._hold(log)

    def _hold(self, log):
        """One hold; its command is not begun where the claim took most of the lease."""
        new = ("--new", "H", "--subject", self.name, "--lease", f"{LEASE}s")
        script = (sys.executable, "-I", "-S", "-c", STUBBORN, str(self.file))
        process = subprocess.Popen(
            command("hold", *new, "--", *script),
            cwd=self.seat.folder,
            env=self.seat.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: process.poll() is not None or len(self._written()) > 1)
            if self._written():
                self._stop_until_it_ends(process)
        finally:
            process.kill()
            process.wait()

    def _written(self):
        return self.file.read_text().split("\n")[:-1] if self.file.exists() else []

    def _stop_until_it_ends(self, process):
        said = self.log.read_text()
        item, pid = said.partition("holding ")[2].split()[0], int(self._written()[0])
        while alive(pid):
            self._pass(item, pid, self.chance.uniform(0, LEASE))
            process.send_signal(signal.SIGSTOP)
            self.stops += 1
            # The longest of these outlast the lease, and whoever wakes then is late.
            self._pass(item, pid, self.chance.choice((0.5, 2, 3.2, 3.6, 9)))
            process.send_signal(signal.SIGCONT)
        lawful = self.stamp + LEASE + self.grace
        self.margin = lawful - float(self._written()[-1])

    def _pass(self, item, pid, seconds):
        """Let time go by; the stamps of what has ended may be swept away."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and alive(pid):
            self.stamp = max(self.stamp, kept(self.server, item))
            time.sleep(0.1)


def graced(scene, seconds):
    seat = scene.me
    seat.write(
        "feed/policy.yaml", f"ref: refs/heads/main\nleases: {{grace: {seconds}s}}\n"
    )
    seat.commit("a short grace")
    seat.push()
    seat.git("pull", "-q", "--ff-only")


def played(scene, grace, rounds, at_once):
    """`rounds` holds, some of them at once in one fleet."""
    graced(scene, grace)
    seats = [scene.seat(f"SEAT-{number}") for number in range(at_once)]
    seed = int(os.environ.get("SEED") or random.randrange(10**6))  # noqa: S311
    print("SEED", seed)
    left = list(range(rounds))
    while left:
        now, left = left[:at_once], left[at_once:]
        under_way = [
            Stopped(scene, seat, number, grace, seed + number)
            for seat, number in zip(seats, now, strict=False)
        ]
        for each in under_way:
            each.start()
        for each in under_way:
            each.join()
        yield from under_way


def test_a_stopped_hold_ends_in_time(scene):
    for each in played(scene, grace=3, rounds=3, at_once=3):
        assert each.margin > SLOW


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_stopped_hold_ends_in_time_two_hundred_times(scene):
    held = list(played(scene, grace=1, rounds=200, at_once=6))
    margins = sorted(each.margin for each in held)
    print(f"{sum(each.stops for each in held)} stops, margins {margins[:5]} …")
    assert margins[0] > SLOW
