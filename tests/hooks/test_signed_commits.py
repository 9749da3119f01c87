"""A commit by plain git in a signed fleet: judged by the key that git would sign with."""

import pytest
from harness import FREE, Repo, claim, path
from harness.signing import between, signs

ME, OTHER = "CAMBER-06", "CAMBER:page:another"
POST = path("CMB-0001")


@pytest.fixture
def seat(signed):
    """A clone that has been told nothing of signing."""
    return signed.fleet.seat(ME)


def committed(seat, *options, seat_named=ME):
    seat.stage(POST, claim("CMB-0001", FREE, seat=seat_named))
    return seat.git("commit", "-m", "a claim", *options, ok=None)


def test_signed_as_its_seat_it_passes_without_a_word_of_it(signed, seat):
    done = committed(signs(seat, signed.key(ME)))
    assert done.ok
    assert "FF6" not in done.said
    assert seat.push().ok


# What git would sign with, and by which rule the commit is refused.
KEYS = {
    "another seat's": (lambda s: s.key("CAMBER-07"), "FF601"),
    "nobody's": (lambda s: s.key("stranger"), "FF603"),
    "expired": (lambda s: s.certificate(ME, valid=between(0, 3600)), "FF604"),
}


@pytest.mark.parametrize(("key", "code"), KEYS.values(), ids=KEYS)
def test_a_key_that_may_not_speak_for_the_seat(signed, seat, key, code):
    done = committed(signs(seat, key(signed)))
    assert done.returncode == 1
    assert done.refusals == {code}


def test_what_would_be_unsigned_is_a_warning_and_the_push_refuses_it(signed, seat):
    seat.git("config", "fleetfeed.signingKey", str(signed.key(ME).file))
    done = committed(seat)
    assert done.ok
    assert done.warnings == {"FF602"}
    seat.write("code", "not a post")
    seat.commit("code")
    wanted = [
        "git config gpg.format ssh",
        f"git config user.signingKey {signed.key(ME).file}",
        "git config commit.gpgSign true",
    ]
    assert f"`{' && '.join(wanted)}`" in done.said
    pushed = seat.push(ok=False)
    assert pushed.refusals == {"FF602"}
    assert "remote:" not in pushed.said
    for command in wanted:
        seat.git(*command.split()[1:])
    again = "git rebase -f -S"
    assert f"`{again}` sign what is not pushed yet" in pushed.said
    seat.git(*again.split()[1:])
    assert seat.push().ok


def test_signed_by_hand_it_warns_and_lands(signed, seat):
    signs(seat, signed.key(ME)).git("config", "commit.gpgSign", "false")
    done = committed(seat, "-S")
    assert done.warnings == {"FF602"}
    assert "`git config commit.gpgSign true` has git do it" in done.said
    assert seat.push().ok


def test_no_other_way_of_signing_counts(signed, seat):
    signs(seat, signed.key(ME)).git("config", "gpg.format", "openpgp")
    seat.git("config", "gpg.openpgp.program", "true")
    done = committed(seat, "--no-gpg-sign")
    assert done.warnings == {"FF602"}
    assert "git config gpg.format ssh" in done.said


def test_by_a_key_that_is_not_there_nothing_is_told_of_what_is_not_the_feeds(
    signed, seat
):
    signs(seat, signed.key(ME)).git("config", "user.signingKey", "nowhere")
    assert seat.fleetfeed("check").ok
    done = committed(seat)
    assert "cannot tell: user.signingKey is" in done.said
    assert done.returncode == 1


def edited(seat, *options):
    policy = seat.holds("feed/policy.yaml")
    seat.stage("feed/policy.yaml", policy.replace("grace: 60s", "grace: 90s"))
    return seat.git("commit", "-m", "other rules", *options, ok=None)


def test_rules_are_for_stewards(signed, seat):
    done = edited(signs(seat, signed.key(ME)))
    assert done.refusals == {"FF608"}
    assert "ask a steward (FLEET-01)" in done.said
    assert edited(signed.seat("FLEET-01")).ok


def test_unsigned_rules_are_a_warning(signed):
    assert edited(signed.fleet.seat("FLEET-01")).warnings == {"FF602"}


def test_what_a_merge_brings_is_its_makers(signed):
    """Posts of another's branch, and rules from the feed ref: neither is the merger's."""
    other = signed.seat("CAMBER-07")
    other.git("switch", "-q", "-c", "topic")
    other.stage(path("CMB-0002"), claim("CMB-0002", OTHER, seat="CAMBER-07"))
    other.git("commit", "-q", "-m", "theirs")
    me = signed.seat(ME)
    committed(me)
    steward = signed.seat("FLEET-01")
    edited(steward)
    steward.push()
    me.git("fetch", "-q")
    me.git("fetch", "-q", str(other.folder), "topic:topic")
    me.git("config", "pull.rebase", "false")
    for merged in ("topic", "origin/main"):
        done = me.git("merge", "--no-edit", "--no-ff", merged, ok=None)
        assert done.ok, done
        assert "FF6" not in done.said
    me.git("reset", "-q", "--hard", "HEAD~1")
    me.git("merge", "--no-commit", "origin/main", ok=None)
    assert "FF6" not in me.git("commit", "--no-edit").said


def test_the_first_feed_of_all_is_judged_by_its_own_signers(signed, tmp_path):
    new = Repo.init(tmp_path / "new")
    new.fleetfeed("install")
    seat = signed.fleet.seat("FLEET-01")
    for name in ("policy.yaml", "allowed_signers"):
        new.stage(f"feed/{name}", seat.holds(f"feed/{name}"))
    for key, codes in (("stranger", {"FF603"}), ("CAMBER-06", {"FF608"})):
        signs(new, signed.key(key))
        assert new.git("commit", "-m", "a feed", ok=False).refusals == codes
    signs(new, signed.key("FLEET-01"))
    assert "FF6" not in new.git("commit", "-m", "a feed").said


def test_other_files_are_no_business_of_it(signed, seat):
    seat.stage("README.md", "hello")
    assert "FF6" not in seat.git("commit", "-m", "a file").said


@pytest.mark.parametrize("value", ["true", "1", "yes", "on", None])
def test_each_way_to_say_that_git_signs(signed, seat, value):
    signs(seat, signed.key(ME))
    config = seat.folder / ".git/config"
    said = "" if value is None else f" = {value}"
    config.write_text(
        f"{config.read_text()}[commit]\n\tgpgSign = false\n\tgpgSign{said}\n"
    )
    assert "FF602" not in committed(seat).said


@pytest.mark.parametrize("value", ["false", "0", "no", "off", ""])
def test_each_way_to_say_that_git_does_not_sign(signed, seat, value):
    signs(seat, signed.key(ME)).git("config", "commit.gpgSign", value)
    assert "FF602" in committed(seat).said
