"""Many wait for one surface: it is theirs in the order of their turns, on any server."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

KEY = "CAMBER:file:src/map.ts"
NEW = ("--new", "CMB", "--subject", "the map", "--surface", KEY, "--proof", "in turn")


def queued(server):
    """The server has a queue."""


def direct(server):
    server.install("--no-queue")


def unguarded(server):
    server.disarm()


def inbox(server):
    server.disarm()
    policy = server.holds("feed/policy.yaml", "main")
    server.rewrite(policy + "queue: inbox\n")


@pytest.mark.parametrize(
    "kind",
    [
        queued,
        *(
            pytest.param(each, marks=pytest.mark.large)
            for each in (direct, unguarded, inbox)
        ),
    ],
    ids=lambda kind: kind.__name__,
)
@pytest.mark.timeout(7200)
def test_in_the_order_of_turns(fleet, kind, stress):
    rounds, waiters = (30, 16) if stress else (1, 4)
    kind(fleet.server)
    names = [f"CAMBER-{number:02d}" for number in range(waiters + 1)]
    first, *rest = map(fleet.seat, names)
    with ThreadPoolExecutor(waiters) as pool:
        for _ in range(rounds):
            first.fleetfeed("claim", *NEW)
            held = re.search(r"CMB-\d+", first.fleetfeed("active").stdout)[0]
            answers = [pool.submit(waits_and_works, seat) for seat in rest]
            while len(places(first, held)) < waiters:
                assert not any(each.done() for each in answers), answers
            turns = places(first, held)
            first.fleetfeed("done", held)
            got = [each.result() for each in answers]
            assert sorted(got) == sorted(turns)
            assert began(first, got) == sorted(turns, key=turns.get)


def waits_and_works(seat):
    """Claim the map when it is one's turn, and be done with it: the item."""
    command = (
        "timeout",
        "900",
        sys.executable,
        "-m",
        "fleetfeed",
        "claim",
        *NEW,
        "--wait",
        "--at-most",
        "900s",
        "--json",
    )
    said = subprocess.run(
        command,
        cwd=seat.folder,
        env=seat.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said
    item = json.loads(said.stdout)["items"][0]["item"]
    seat.fleetfeed("done", item)
    return item


def places(seat, item):
    """The turns of who is in line for what `item` holds."""
    said = json.loads(seat.fleetfeed("show", item, "--json").stdout)
    return {each["item"]: each["turn"] for each in said["items"][0]["in_line"]}


def began(seat, items):
    """`items` in the order in which they began to hold it, by what git logs."""
    seat.git("fetch", "-q")
    log = seat.git(
        *("log", "--first-parent", "-m", "--reverse", "-p", "--format=", "origin/main"),
        *("--", "feed/CMB"),
    ).stdout
    found = re.findall(r"^\+ITEM: (CMB-\d+)\n\+STATE: IN_PROGRESS", log, re.MULTILINE)
    return [item for item in found if item in items]
