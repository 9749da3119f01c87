"""Who pushes is the server's to know: what is judged elsewhere says so, and never ok."""

import pytest
from harness import FREE, claim, path

UNTOLD = "who pushes is known to the server alone"


@pytest.fixture
def seat(fleet):
    """A clone of a fleet in mode `pusher`."""
    seat = fleet.seat("FLEET-01")
    text = seat.holds("feed/policy.yaml")
    rows = [
        row
        for row in text.splitlines()
        if not row.startswith(("identity:", "stewards:"))
    ]
    rows += ["identity: {mode: pusher}", "stewards: [FLEET-01]"]
    rows += ['logins: {alice: [FLEET-01, "CAMBER-*"]}', ""]
    seat.write("feed/policy.yaml", "\n".join(rows))
    seat.commit("mode pusher")
    seat.push()
    return seat


def test_what_is_judged_here_says_what_was_not(seat):
    seat.stage(path("CMB-0001"), claim("CMB-0001", FREE, seat="CAMBER-06"))
    for flags in ((), ("--staged",)):
        assert UNTOLD in seat.fleetfeed("check", *flags).said
    assert UNTOLD not in seat.commit("a claim").said
    assert UNTOLD in seat.fleetfeed("check", "--range", "origin/main..HEAD").said


def test_a_writer_leaves_it_to_the_server(seat):
    """It passes here, and there it is refused, since nobody has said who pushes."""
    words = ("--new", "CMB", "--subject", "work", "--surface", "CAMBER:file:a")
    done = seat.fleetfeed("claim", *words, "--proof", "none is near", ok=False)
    assert done.returncode == 1
    assert "remote: " in done.said
    assert "FF607" in done.said


def test_a_fleet_that_asks_for_no_proof_says_nothing_of_it(fleet):
    assert UNTOLD not in fleet.seat().fleetfeed("check").said
