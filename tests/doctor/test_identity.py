"""For whom the server takes a clone, which the doctor asks it, and what a server has."""

import pytest
from harness import Repo, Seat, clean
from harness.answers import document
from harness.pushes import slip
from harness.signing import Key

from fleetfeed.doctor import identity
from fleetfeed.doctor.feed_ref import feed_of
from fleetfeed.doctor.identity import provided
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo import repository

ALICE = {"REMOTE_USER": "alice"}


def row(repo, checks=identity.tried, *, seat="CAMBER-06", **variables):
    """Status and sentence of the row, next to it what to do; nothing where none is."""
    if checks is identity.tried:
        repo.git("config", "fleetfeed.seat", seat)
    git = Git(repo.folder, {**repo.environment, **variables})
    for found in checks(feed_of(repository.Repo(git))):
        return found.status, found.sentence, found.next
    return None, "", ""


def objects(repo):
    return sorted((repo.folder / ".git/objects").rglob("*"))


def test_where_nobody_is_asked_there_is_no_row(fleet):
    for repo, checks in ((fleet.seat(), identity.tried), (fleet.server, provided)):
        assert row(repo, checks) == (None, "", "")
        feed = feed_of(repository.Repo(Git(repo.folder)))
        assert "SEAT is trusted" in identity.limits(feed)[0]


def test_the_doctor_has_the_row(pushers):
    seat = Seat(pushers.seat().folder, {**pushers.seat().environment, **ALICE})
    said = document(seat.fleetfeed("doctor", "--json").stdout)
    (found,) = [check for check in said["checks"] if check["name"] == "identity"]
    assert (found["status"], found["mend"]) == ("ok", None)
    assert any("does not tell who pushed" in limit for limit in said["limits"])
    on_server = document(
        pushers.server.fleetfeed("doctor", "--json", "--server", ".").stdout
    )
    assert "refused for its author alone" in str(on_server)


@pytest.mark.parametrize(
    ("login", "status", "says", "mends"),
    [
        (
            "alice",
            "ok",
            "you are login alice, who speaks for CAMBER-06, CAMBER-06/*",
            "",
        ),
        (
            "fleet",
            "bad",
            "speaks for FLEET-01, and not for CAMBER-06",
            "fleetfeed seat",
        ),
        ("mallory", "bad", "login mallory is given no seat", "to `logins:`"),
        (
            "",
            "bad",
            "REMOTE_USER (http), which is not set (FF607)",
            "push by the way in",
        ),
    ],
)
def test_a_login(pushers, login, status, says, mends):
    seat = pushers.seat()
    before = objects(seat)
    # Where a push goes by a path, the hook has the environment of whoever pushes.
    found, message, mend = row(seat, REMOTE_USER=login, GL_USER="alice")
    assert (found, says in message, mends in mend) == (status, True, True), message
    assert objects(seat) == before
    assert not pushers.server.line("for-each-ref", "refs/fleetfeed/who")


def test_a_server_that_has_recorded_nothing(pushers):
    pushers.server.fleetfeed("uninstall", "--server", ".")
    assert "pusher" not in (pushers.server.folder / "config").read_text()
    assert "nobody can post; install again with" in pushers.server.install().stdout
    status, message, mend = row(pushers.seat(), GL_USER="alice")
    assert (status, "FF607" in message) == ("bad", True)
    assert "fleetfeed install --server . --pusher-from" in mend
    status, _, mend = row(pushers.server, provided)
    assert (status, "--pusher-from" in mend) == ("bad", True)
    pushers.server.install("--pusher-from", "gitolite")
    status, message, _ = row(pushers.server, provided)
    assert (status, "GL_USER" in message) == ("ok", True)


def test_a_hook_that_is_told_by_a_flag(pushers):
    hook = pushers.server.folder / "hooks/pre-receive"
    text = hook.read_text()
    hook.write_text(text.replace('judge "$@" &&', "judge --pusher-from gitlab &&"))
    assert row(pushers.seat(), GL_USERNAME="alice")[0] == "ok"


def test_a_server_without_a_hook_says_nothing(pushers):
    (pushers.server.folder / "hooks/pre-receive").unlink()
    status, message, _ = row(pushers.seat(), REMOTE_USER="alice")
    assert (status, "no hook at origin" in message) == ("skipped", True)
    assert not pushers.server.line("for-each-ref", "refs/fleetfeed/who")


def test_a_server_that_does_not_answer(pushers):
    seat = pushers.seat()
    seat.git("remote", "set-url", "origin", str(pushers.folder / "gone.git"))
    with pytest.raises(CannotTell, match="who answers at origin is not known"):
        row(seat)


def test_a_view_that_is_old(pushers):
    """What the server goes by now may be another mode than was fetched last."""
    steward, seat = pushers.seat("FLEET-01"), pushers.seat()
    policy = steward.holds("feed/policy.yaml").replace("mode: pusher", "mode: none")
    steward.write("feed/policy.yaml", policy)
    steward.commit("nobody is asked", "--no-verify")
    slip(steward)
    status, message, mend = row(seat)
    assert (status, "git fetch" in mend) == ("warn", True)
    assert "nobody is asked who they are" in message


def test_of_two_addresses_none_keeps_the_question(pushers, tmp_path):
    seat, mirror = pushers.seat(), tmp_path / "mirror.git"
    seat.git("clone", "-q", "--mirror", str(pushers.server.folder), str(mirror))
    for address in (pushers.server.folder, mirror):
        seat.git("remote", "set-url", "--add", "--push", "origin", str(address))
    assert row(seat, **ALICE)[0] == "ok"
    assert not Repo(mirror, clean()).line("for-each-ref", "refs/fleetfeed/who")


def test_a_key(signed):
    seat = signed.seat("CAMBER-06")
    status, message, _ = row(seat)
    assert (status, "you are key SHA256:" in message) == ("ok", True), message
    assert row(seat, seat="CAMBER-07")[0] == "bad"
    stranger = signed.seat("CAMBER-06", key=signed.key("stranger"))
    status, message, _ = row(stranger)
    assert (status, "FF603" in message) == ("bad", True), message
    assert message.startswith("your question is signed by key SHA256:")
    stranger.git("config", "--unset", "user.signingKey")
    status, message, mend = row(stranger)
    assert (status, "has no key" in message) == ("bad", True), message
    assert "fleetfeed ca issue" in mend
    assert row(signed.fleet.server, provided)[0] == "ok"


def test_a_server_whose_ssh_keygen_is_too_old(signed, tmp_path):
    old, hook = (
        tmp_path / "ssh-keygen",
        signed.fleet.server.folder / "hooks/pre-receive",
    )
    old.write_text("#!/bin/sh\necho unknown option -- Y >&2; exit 1")
    old.chmod(0o755)
    text = hook.read_text()
    hook.write_text(text.replace("\n", f"\nPATH={tmp_path}:$PATH\n", 1))
    why = "origin cannot tell who this clone is: ssh-keygen ended with code 1 and no"
    with pytest.raises(CannotTell, match=why):
        row(signed.seat("CAMBER-06"))


def test_signed_words_that_are_no_question(signed):
    """A beat, or an approval, that somebody has signed is no answer to who asks."""
    seat, key = signed.seat(), Key(signed.keys / "CAMBER-06")
    text = b"fleetfeed who\nref: refs/fleetfeed/who/another\nseat: CAMBER-06\n"
    whole = (text + key.sign(text, "fleetfeed")).decode()
    blob = seat.git("hash-object", "-w", "--stdin", stdin=whole).stdout.strip()
    said = seat.git("push", "origin", f"{blob}:refs/fleetfeed/who/mine", ok=False)
    assert "signed FF606: what was pushed asks nothing at this ref" in said.stderr


def test_under_a_policy_that_cannot_be_read_the_last_one_holds(pushers):
    """As for a post: the answer is by the rules that a push would be judged by."""
    seat = pushers.seat()
    policy = seat.folder / "feed/policy.yaml"
    seat.write("feed/policy.yaml", f"{policy.read_text()}unheard_of: 1\n")
    seat.commit("a broken policy", "--no-verify")
    slip(seat)
    blob = seat.line("rev-parse", "HEAD:feed/policy.yaml")
    question = f"{blob}:refs/fleetfeed/who/mine"
    said = seat.git("push", "origin", question, ok=False, env=ALICE)
    assert "you, by identity pusher" in said.stderr
