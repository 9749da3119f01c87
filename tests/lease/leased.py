"""What the tests of leases share: an item under a lease, and a clock that is ahead."""

import subprocess

import pytest
from harness import command

SURFACE = "CAMBER:job:leased"


@pytest.fixture(scope="session")
def ahead():
    """The prefix of a command under which the boot clock is some seconds ahead."""

    def prefix(seconds):
        return ("unshare", "--time", "--boottime", str(seconds))

    tried = subprocess.run((*prefix(1), "true"), check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("time namespaces are not to be had here")
    return prefix


@pytest.fixture
def later(ahead):
    """Runs a command of a seat some seconds from now, by the server's clock."""

    def run(seat, seconds, *args, ok=True):
        return seat.run((*ahead(seconds), *args), ok=ok)

    return run


@pytest.fixture
def asks(later):
    """Runs `fleetfeed` for a seat some seconds from now."""

    def run(seat, seconds, *args, ok=True):
        return later(seat, seconds, *command(*args), ok=ok)

    return run


@pytest.fixture
def leased(scene):
    """CAMBER-06 holds an item for an hour: the item."""
    claim = (
        "claim", "--new", "CMB", "--surface", SURFACE, "--proof", "new work",
        "--subject", "leased", "--lease", "1h", "--op", "acquired",
    )  # fmt: skip
    return scene.me.fleetfeed(*claim).stdout.split()[0]


def beat(seat, item, later, seconds, *, epoch=1, turn=0, op="acquired", ok=True):
    """Push one of the beats of `item` some seconds from now."""
    text = f"ITEM: {item}\nEPOCH: {epoch}\nOP: {op}\nBEAT: {turn}\n"
    blob = seat.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    ref = f"+{blob}:refs/fleetfeed/beats/{item}"
    return later(seat, seconds, "git", "push", "origin", ref, ok=ok)
