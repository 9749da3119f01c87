"""Many processes at once, on hosts whose seats land one another's posts."""

import subprocess

import pytest
from harness.environment import command
from ledger.inbox_hosts import Guarded, Host


@pytest.fixture(
    params=[Host, pytest.param(Guarded, marks=pytest.mark.large)],
    ids=["bare", "guarded"],
)
def host(request, fleet):
    made = request.param(fleet)
    yield made
    made.close()


@pytest.fixture
def seats(host, stress):
    return [host.clone() for _ in range(16 if stress else 4)]


def together(seats, *words):
    """How the same command ends for each of the seats, all at once."""
    running = [
        subprocess.Popen(
            command(*words, "--timeout", "60s"),
            cwd=seat.folder,
            env=seat.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for seat in seats
    ]
    said = [each.communicate()[0] for each in running]
    return [(each.returncode, text) for each, text in zip(running, said, strict=True)]


PROOF = ("--proof", "nobody else works on it", "--subject", "x")


@pytest.mark.stress
def test_one_surface_has_one_owner(host, seats):
    claim = ("claim", "--new", "CMB", "--surface", "CAMBER:file:one", *PROOF)
    ended = together(seats, *claim)
    assert sorted(code for code, _ in ended) == [0] + [1] * (len(seats) - 1), ended
    (winner,) = (
        seat.environment["FLEETFEED_SEAT"]
        for seat, (code, _) in zip(seats, ended, strict=True)
        if code == 0
    )
    assert all(winner in text for code, text in ended if code == 1)
    held = [text for text in host.files().values() if "CAMBER:file:one" in text]
    assert len(held) == 1
    assert not host.waiting()


@pytest.mark.stress
def test_each_takes_the_next_that_is_free(host, seats):
    first = host.clone()
    for number in range(len(seats) - 1):
        key = f"CAMBER:file:n{number}"
        first.fleetfeed("reserve", "CMB", "--surface", key, *PROOF)
    ended = together(seats, "next", "--lane", "CAMBER")
    assert sorted(code for code, _ in ended).count(0) == len(seats) - 1, ended
    taken = [text.split()[0] for code, text in ended if code == 0]
    assert len(set(taken)) == len(taken)
    assert not host.waiting()
