"""Leases through a server's queue: its leader judges by the same stamps."""

import pytest
from harness import command, path, post
from harness.fleet import MAIN
from lease.leased import SURFACE

from fleetfeed.model.server import landed

TAKE = ("--reason", "it is silent")


@pytest.fixture
def item(fleet):
    """CAMBER-06 holds an item for an hour, on a server with a queue."""
    fleet.server.install("--queue")
    claim = (
        "claim", "--new", "CMB", "--surface", SURFACE, "--proof", "new work",
        "--subject", "leased", "--lease", "1h",
    )  # fmt: skip
    return fleet.seat().fleetfeed(*claim).stdout.split()[0]


def test_a_takeover_is_judged_by_when_the_server_saw_the_holder(fleet, item, ahead):
    """Whoever is ahead starts a leader with the same clock."""
    other = fleet.seat("CAMBER-07")

    def takes(seconds, *, ok):
        fleet.server.end_leader()
        taking = (*ahead(seconds), *command("claim", item, *TAKE))
        said = other.run(taking, ok=ok).stderr
        fleet.server.end_leader()
        return said

    assert "FF502" in takes(3000, ok=False)
    takes(3700, ok=True)
    assert "CAMBER-07" in fleet.seat().fleetfeed("show", item).stdout


def test_many_takers_by_plain_git_and_one_queue(fleet, item, ahead):
    """Of what waits together the first is lawful, and the others hear why not."""
    server, base = fleet.server, fleet.server.line("rev-parse", MAIN)
    fleet.server.end_leader()
    answers = []
    for number in range(7, 10):
        seat = fleet.seat(f"CAMBER-{number:02d}")
        fields = {
            "EPOCH": "2",
            "STATE": "IN_PROGRESS",
            "SEAT": f"CAMBER-{number:02d}",
            "SUBJECT": None,
        }
        text = post(ITEM=item, **fields, REASON="it is silent")
        seat.git("checkout", "-q", "--detach", base)
        seat.stage(path(item, 2), text)
        seat.git("commit", "-q", "--no-verify", "-m", "taken over")
        push = ("git", "push", "--no-verify", "origin", "HEAD:refs/for/feed")
        answers.append(seat.run((*ahead(3700), *push), ok=None))
    server.end_leader()
    assert [done.returncode for done in answers] == [0, 1, 1], answers[0].stderr
    words = [
        line.removeprefix("remote: ").rstrip()
        for line in answers[0].stderr.splitlines()
    ]
    assert landed(words).commit == server.line("rev-parse", MAIN)
    assert all("FF415" in done.stderr for done in answers[1:])
