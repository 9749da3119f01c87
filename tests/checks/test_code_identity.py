"""Code that is pushed where a fleet asks who that was: the trailer is not believed."""

from checks.code_fleet import mapped, pushed
from harness import Seat, claim, path
from harness.signing import signs

PAGE = "web/page.ts"
KEY = f"CAMBER:file:{PAGE}"


def guarded(steward: Seat) -> None:
    """Publish the paths, by a steward."""
    policy = steward.folder / "feed/policy.yaml"
    policy.write_text(mapped(policy.read_text()))
    steward.git("-c", "core.hooksPath=/dev/null", "commit", "-qam", "paths")


def work(seat: Seat, text: str, message: str) -> None:
    seat.stage(PAGE, text)
    seat.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", message)


def test_by_the_key_that_signed(signed):
    steward, me, other = map(signed.seat, ("FLEET-01", "CAMBER-06", "CAMBER-07"))
    guarded(steward)
    steward.push()
    other.git("pull", "-q", "--ff-only")
    other.stage(path("CMB-0001"), claim("CMB-0001", KEY, seat="CAMBER-07"))
    other.commit("a claim")
    assert other.push().ok
    me.git("pull", "-q", "--ff-only")
    # Whatever the trailer says, and whoever pushes it.
    work(me, "mine\n", "x\n\nFleetfeed: CMB-0001@1")
    refused = pushed(me, "mine", "--no-verify")
    assert refused.refusals == {"FF701"}
    assert f"by key {signed.key('CAMBER-06').fingerprint}" in refused.stderr
    work(other, "theirs\n", "no trailer")
    assert pushed(other, "theirs", "--no-verify").ok
    work(other, "again\n", "x\n\nFleetfeed: CMB-0001@7")
    assert pushed(other, "theirs", "--no-verify").refusals == {"FF703"}
    # Its own key takes that over by a commit of the present epoch; another's does not.
    spare = other.tip()
    bundle = str(other.folder / "spare")
    other.git("branch", "spare", spare)
    other.git("bundle", "create", bundle, "spare")
    me.git("fetch", "-q", bundle, "spare:spare")
    me.git("checkout", "-q", "spare")
    empty = ("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty")
    me.git(*empty, "-m", "x\n\nFleetfeed: CMB-0001@1")
    assert pushed(me, "spare", "--no-verify").refusals == {"FF703"}
    me.git("checkout", "-q", "-")
    work(other, "more\n", "x\n\nFleetfeed: CMB-0001@1")
    assert pushed(other, "mended", "--no-verify").ok
    other.git("reset", "-q", "--hard", f"{spare}~1")
    me.git("fetch", "-q")
    me.git("reset", "-q", "--hard", "origin/theirs")
    assert pushed(me, "taken-over", "--no-verify").ok
    # The branch that HEAD names takes it from its holder's key, whoever pushes.
    assert me.git("push", "-q", "--no-verify", "origin", "HEAD:main").ok
    signs(other, None)
    work(other, "unsigned\n", "x\n\nFleetfeed: CMB-0001@1")
    refused = pushed(other, "theirs", "--no-verify")
    assert refused.refusals == {"FF701"}
    assert "is not signed" in refused.stderr


def test_by_the_login_that_pushes(pushers):
    def by(login: str, seat: Seat) -> Seat:
        return Seat(seat.folder, {**seat.environment, "REMOTE_USER": login})

    steward = by("fleet", pushers.seat("FLEET-01"))
    me, other = pushers.seat("CAMBER-06"), by("bob", pushers.seat("CAMBER-07"))
    guarded(steward)
    assert steward.push("--no-verify").ok
    other.git("pull", "-q", "--ff-only")
    other.stage(path("CMB-0001"), claim("CMB-0001", KEY, seat="CAMBER-07"))
    other.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", "a claim")
    assert other.push("--no-verify").ok
    work(other, "theirs\n", "a trailer that got lost")
    assert pushed(other, "theirs", "--no-verify").ok
    me.git("pull", "-q", "--ff-only")
    work(me, "mine\n", "x\n\nFleetfeed: CMB-0001@1")
    refused = pushed(by("alice", me), "mine", "--no-verify")
    assert refused.refusals == {"FF701"}
    assert "by login alice" in refused.stderr
    refused = pushed(me, "mine", "--no-verify")
    assert refused.refusals == {"FF701"}
    assert "is not known" in refused.stderr
