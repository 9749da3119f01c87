"""From an empty folder with a server's URL: an agent that reads what it is told."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agents.player import LEASE
from checks.code_fleet import GUARD
from harness import Fleet, clean, make_home
from harness.answers import document

from fleetfeed.agents.tools import TOOLS

GRACE = 1.0
PATHS = 'paths: {"web/**": "CAMBER:file"}\n'
NEW = (
    "--subject",
    "x",
    "--proof",
    "apart from the others (another folder)",
    "--surface",
)


@pytest.fixture(scope="module")
def template(fleet_template, tmp_path_factory):
    """A fleet of short leases, in which `web/theirs` is CAMBER-07's, and one is ready."""
    folder = tmp_path_factory.mktemp("played") / "fleet"
    fleet = fleet_template.copy(folder)
    first = fleet.first()
    policy = first.folder / "feed/policy.yaml"
    text = re.sub(r"(?m)^# (paths|guard): .*\n", "", policy.read_text())
    short = f"default: {LEASE:.0f}s, max: 7d, indefinite: false, grace: {GRACE:.0f}s"
    text, found = re.subn("default: 24h.*grace: 60s", short, text)
    assert found
    policy.write_text(text + PATHS + GUARD)
    first.commit("short leases, and paths")
    first.push()
    first.git("pull", "-q", "--ff-only")
    other = fleet.seat("CAMBER-07")
    key = "CAMBER:file:web/theirs"
    other.fleetfeed("claim", "--new", "CMB", "--lease", "1h", *NEW, key)
    other.fleetfeed("reserve", "CMB", *NEW, "CAMBER:file:web/mine")
    return Fleet(fleet.folder)


@pytest.fixture
def played(template, tmp_path):
    return template.copy(tmp_path / "fleet")


@pytest.fixture
def begin(played, tmp_path):
    """Start a session of a tool in an empty folder; it is ended with the test."""
    begun = []

    def start(name, leases):
        folder = tmp_path / f"empty-{name}"
        folder.mkdir()
        home = make_home(tmp_path / f"home-{name}", stranger=True)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        tests = str(Path(__file__).parents[1])
        environment = {**clean(**home), "PATH": path, "PYTHONPATH": tests}
        player = [sys.executable, "-m", "agents.player", name]
        process = subprocess.Popen(
            [*player, str(played.server.folder), str(leases)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what `select` does not see, nobody has read ahead
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        kill(process)


def kill(process):
    """End a session as a machine does that is switched off: nothing of it goes on."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


def line(process):
    """The next line that a session says."""
    return process.stdout.readline().decode()


def take_over(seat):
    return seat.fleetfeed(
        "claim", "CMB-0002", "--reason", "nobody is there", "--json", ok=None
    )


@pytest.mark.parametrize("name", TOOLS)
def test_a_ticket_is_taken_kept_for_ten_leases_and_finished(begin, played, name):
    is_kept(begin(name, 10), played.seat("CAMBER-08"))


def test_a_ticket_is_taken_kept_for_some_leases_and_finished(begin, played):
    is_kept(begin("claude", 2), played.seat("CAMBER-08"))


def is_kept(process, other):
    assert line(process).startswith("took CMB-0002 as ")
    assert line(process).startswith(
        "another's: refused: fleetfeed: FF701 web/theirs/page.ts lies under"
    )
    while not select.select([process.stdout], [], [], LEASE)[0]:
        taken = take_over(other)
        assert taken.returncode == 1, taken
    assert line(process) == "kept\n"
    process.stdin.close()
    assert process.stdout.read() == b"finished: 0\n"
    assert process.wait() == 0
    shown = other.fleetfeed("show", "CMB-0002").stdout
    assert "state=DONE" in shown
    assert "epoch 1," in shown


def test_what_a_killed_session_held_is_free_when_its_lease_is_over(begin, played):
    process, other = begin("claude", 100), played.seat("CAMBER-08")
    took = line(process)
    assert "/" in took  # a seat of the session's own
    assert line(process)
    refused = document(take_over(other).stdout)
    assert refused["code"] == 1
    kill(process)
    left = document(take_over(other).stdout)
    assert left["code"] == 1
    assert left["retry_after"] <= LEASE + GRACE
    until = time.monotonic() + 60
    while (taken := take_over(other)).returncode:
        assert document(taken.stdout)["code"] == 1
        assert time.monotonic() < until
        time.sleep(0.2)
    assert document(taken.stdout)["items"][0]["holder"] == "CAMBER-08"
