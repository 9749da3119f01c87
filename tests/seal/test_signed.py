"""A seal in a fleet that signs."""

from harness.signing import SignedFleet
from seal.gen_feeds import SEAL


def test_whoever_seals_signs_it(desks, tmp_path):
    signed = SignedFleet.make(desks.fleet, tmp_path / "keys")
    me = desks.of("CAMBER-06")
    before = desks.tip()
    assert "this clone has no key" in me("seal", code=3).stderr
    me.seat.git("config", "fleetfeed.signingKey", str(signed.key("stranger").file))
    assert "FF603" in me("seal", code=1).stderr
    assert desks.tip() == before
    me.seat.git("config", "fleetfeed.signingKey", str(signed.key("CAMBER-06").file))
    me("seal")
    assert desks.fleet.server.holds(SEAL, "main")
    assert "gpgsig" in desks.fleet.server.line("cat-file", "commit", "main")
