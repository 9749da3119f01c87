"""A clone of a signed fleet is told by what it signs, and what it lacks."""

import json

import pytest
from harness.fleet import Seat
from harness.signing import between, signs

ME = "CAMBER-06"


@pytest.fixture
def seat(signed):
    """A clone that has been told nothing of signing."""
    return signed.fleet.seat(ME)


def names(seat, key) -> None:
    seat.git("config", "fleetfeed.signingKey", str(key.file))


@pytest.mark.parametrize("command", ["install", "join"])
def test_without_a_key_it_says_how_to_have_one(signed, seat, command):
    said = seat.fleetfeed(command, ok=None).said
    assert "warning: this fleet's commits are signed, and this clone has no key" in said
    assert f"`fleetfeed ca issue {ME} --key FILE.pub`" in said


@pytest.mark.parametrize("command", ["install", "join"])
def test_by_its_key_it_speaks_for_its_seat(signed, seat, command):
    names(seat, signed.key(ME))
    said = seat.fleetfeed(command, ok=None).said
    key = signed.key(ME)
    row = f"unchanged fleetfeed.signingKey: {key.file}, key {key.fingerprint} ({ME})"
    assert row in said
    assert (
        "commands sign, and git itself does not yet: `git config gpg.format ssh" in said
    )
    signs(seat, key)
    assert "warning: commands sign" not in seat.fleetfeed(command, ok=None).said


def test_a_key_of_another_seat(signed, seat):
    names(seat, signed.key("CAMBER-07"))
    said = seat.fleetfeed("install").said
    assert "speaks for CAMBER-07, CAMBER-07/*, and not for CAMBER-06" in said


def test_a_certificate_that_is_over(signed, seat):
    names(seat, signed.certificate(ME, valid=between(0, 3600)))
    report = json.loads(seat.fleetfeed("install", "--json").stdout)
    assert any("expired at 1970-01-01T01:00:00Z" in each for each in report["remarks"])


def test_a_fleet_that_does_not_sign_says_nothing_of_it(fleet):
    seat = Seat.clone(fleet.server, fleet.folder / "new", install=False)
    for command in ("install", "join"):
        assert "sign" not in seat.fleetfeed(command, ok=None).said
