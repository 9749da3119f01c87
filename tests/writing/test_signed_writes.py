"""A writer of a signed fleet: it signs without being told, and knows what it may not say.

Keys, certificates and the agent are OpenSSH's, and the server has its hook.
"""

import subprocess
import time

import pytest
from harness.fleet import MAIN
from harness.signing import between, ssh_keygen

from fleetfeed.git.process import Git
from fleetfeed.ledger.commits import write_files
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.identity import Speaker
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.api import FeedStore

SEAT = "CAMBER-06"
NOW = time.time()
VALID, OVER, LATER = (
    between(NOW + start, NOW + start + 3600) for start in (-60, -7200, 7200)
)


@pytest.fixture
def seat(signed):
    """A clone that has been told nothing of signing."""
    return signed.fleet.seat(SEAT)


@pytest.fixture
def agent(tmp_path):
    """The environment by which an agent, that knows no key yet, is found."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(
        ("ssh-agent", "-D", "-a", socket),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    process.stdout.readline()
    yield {"SSH_AUTH_SOCK": str(socket)}
    process.terminate()
    process.communicate()


def claims(seat, *flags, env=None, surface="CAMBER:file:a"):
    words = ("--new", "CMB", "--subject", "work", "--surface", surface)
    return seat.fleetfeed(
        "claim", *words, "--proof", "none is near", *flags, ok=None, env=env
    )


def names(seat, key) -> None:
    seat.git("config", "fleetfeed.signingKey", str(key))


def signer_of(signed, seat, commit="origin/main") -> str:
    """Whose signature git finds on a commit, by the feed's allowed_signers."""
    signers = seat.write("../signers", signed.signers())
    by = ("-c", f"gpg.ssh.allowedSignersFile={signers}")
    return seat.line(*by, "log", "-1", "--format=%G? %GS", commit)


def test_whatever_git_is_told_of_signing(signed, seat):
    names(seat, signed.key(SEAT).file)
    seat.git("config", "commit.gpgSign", "false")
    seat.git("config", "gpg.format", "openpgp")
    assert claims(seat).ok
    assert signer_of(signed, seat).startswith(f"G {SEAT}")


def test_what_vanishes_before_it_is_signed_is_made_anew(signed, seat, monkeypatch):
    """And is not taken for a key that cannot be used."""
    names(seat, signed.key(SEAT).file)
    repo, gone = Repo(Git(seat.folder)), ["1" * 40]
    monkeypatch.setattr(
        "fleetfeed.ledger.commits.write_files",
        lambda *given: gone.pop() if gone else write_files(*given),
    )
    post = {"STATE": "AWAITING_CLAIM", "SEAT": SEAT, "SUBJECT": "x"}
    ended = FeedStore(GitLedger(repo)).append_if_match("CMB-0001", 0, post)
    repo.objects.close()
    assert (ended.tries, gone) == (2, [])


def test_by_gits_own_key_where_that_is_one_of_ssh(signed, seat):
    seat.git("config", "user.signingKey", str(signed.key(SEAT).file))
    assert claims(seat).returncode == 3
    seat.git("config", "gpg.format", "ssh")
    assert claims(seat).ok
    assert signer_of(signed, seat).startswith(f"G {SEAT}")


def test_by_the_certificate_that_lies_beside_the_key(signed, seat):
    made = signed.certificate(SEAT, valid=VALID)
    names(seat, str(made.file).removesuffix("-cert.pub"))
    assert claims(seat).ok
    assert signer_of(signed, seat) == f"G {SEAT}"


def test_a_certificate_that_git_is_not_told_of_is_told_to_its_user(signed, seat):
    made = signed.certificate(SEAT, valid=VALID)
    plain = str(made.file).replace("-cert.pub", ".pub")
    seat.git("config", "gpg.format", "ssh")
    seat.git("config", "user.signingKey", plain)
    refused = claims(seat)
    assert refused.refusals == {"FF603"}
    todo = f"git config user.signingKey {made.file}"
    assert f"`{todo}` has its certificate count" in refused.said
    seat.git(*todo.split()[1:])
    assert claims(seat).ok


def test_without_a_key_it_says_what_is_missing(signed, seat):
    done = claims(seat)
    assert done.returncode == 3
    assert "this clone has no key" in done.said
    certify = "`fleetfeed ca issue CAMBER-06 --key FILE.pub`"
    assert f"FLEET-01 certifies it ({certify})" in done.said
    assert "git config fleetfeed.signingKey FILE" in done.said
    names(seat, seat.folder / "nowhere")
    done = claims(seat)
    assert done.returncode == 3
    assert "which is not there" in done.said


# What the key is, and by which rule its post is refused before anything is sent.
KEYS = {
    "another seat's": (lambda s: s.key("CAMBER-07"), "FF601"),
    "a steward's": (lambda s: s.key("FLEET-01"), "FF601"),
    "nobody's": (lambda s: s.key("stranger"), "FF603"),
    "of another authority": (
        lambda s: s.key("other-ca").certify(s.key("stranger"), SEAT), "FF603",
    ),
    "expired": (lambda s: s.certificate(SEAT, valid=OVER), "FF604"),
    "not yet valid": (lambda s: s.certificate(SEAT, valid=LATER), "FF604"),
    "a sub-seat's alone": (lambda s: s.certificate(f"{SEAT}/*", valid=VALID), "FF601"),
    "another's certificate": (lambda s: s.certificate("CAMBER-07"), "FF601"),
}  # fmt: skip


@pytest.mark.parametrize(("key", "code"), KEYS.values(), ids=KEYS)
def test_what_the_server_would_refuse_is_not_sent(signed, seat, key, code):
    names(seat, key(signed).file)
    before = signed.fleet.server.line("rev-parse", MAIN)
    for flags in ((), ("--dry-run",)):
        done = claims(seat, *flags)
        assert done.returncode == 1
        assert done.refusals == {code}
        assert "remote:" not in done.said
    assert signed.fleet.server.line("rev-parse", MAIN) == before


def test_since_when_it_is_over_is_said(signed, seat):
    names(seat, signed.certificate(SEAT, valid=OVER).file)
    ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(NOW) - 3600))
    said = claims(seat).said
    assert f"which expired at {ended}" in said
    assert "have a new one issued (`fleetfeed ca issue`)" in said


def test_a_sub_seat_by_its_own_certificate(signed, seat):
    names(seat, signed.certificate(f"{SEAT}/*", valid=VALID).file)
    assert claims(seat, "--seat", f"{SEAT}/a1").ok


def test_a_passphrase_is_asked_of_nobody_in_a_pipe(signed, seat, agent, tmp_path):
    key = tmp_path / "locked"
    key.write_bytes(signed.key(SEAT).file.read_bytes())
    key.chmod(0o600)
    ssh_keygen("-q", "-p", "-P", "", "-N", "secret", "-f", key)
    names(seat, key)
    before = signed.fleet.server.line("rev-parse", MAIN)
    done = claims(seat)
    assert done.returncode == 3
    assert "it has a passphrase, and nobody can be asked for it here" in done.said
    assert f"`ssh-add {key}`" in done.said
    assert signed.fleet.server.line("rev-parse", MAIN) == before
    seat.run(("ssh-add", "-q", str(signed.key(SEAT).file)), env=agent)
    assert claims(seat, env=agent).ok


def test_a_key_that_the_agent_alone_has(signed, seat, agent):
    seat.git("config", "gpg.format", "ssh")
    seat.git("config", "user.signingKey", f"key::{signed.key(SEAT).public}")
    done = claims(seat)
    assert done.returncode == 3
    assert "`ssh-add`" in done.said
    seat.run(("ssh-add", "-q", str(signed.key(SEAT).file)), env=agent)
    assert claims(seat, env=agent).ok
    assert signer_of(signed, seat).startswith(f"G {SEAT}")


def test_a_steward_names_the_server_and_signs_that(signed):
    steward = signed.seat("FLEET-01")
    policy = steward.holds("feed/policy.yaml").splitlines(keepends=True)
    kept = (line for line in policy if not line.startswith("server: "))
    steward.write("feed/policy.yaml", "".join(kept))
    steward.commit("without the server")
    steward.push()
    steward.git("config", "commit.gpgSign", "false")
    names(steward, signed.key("FLEET-01").file)
    assert (
        "names the server" in steward.fleetfeed("join", "--name-server", ok=None).said
    )
    assert signer_of(signed, steward).startswith("G FLEET-01")


def test_rules_are_not_sent_by_a_key_that_is_over(signed):
    steward = signed.seat("FLEET-01")
    names(steward, signed.certificate("FLEET-01", valid=OVER).file)
    before = signed.fleet.server.line("rev-parse", MAIN)
    ledger = GitLedger(Repo(Git(steward.folder, steward.environment)))
    with pytest.raises(Refused, match="FF604 this commit is signed by certificate 1"):
        ledger.swap(ledger.read(30), {"policy.yaml": b"ref: x"}, "change\n\n", 30)
    assert signed.fleet.server.line("rev-parse", MAIN) == before


POLICY = b"ref: refs/heads/main\nstewards: [FLEET-01]\n"
CLAIM = {"SEAT": SEAT, "STATE": "IN_PROGRESS", "OWNER": SEAT, "SUBJECT": "work"}


@pytest.mark.parametrize("mode", ["signed", "pusher"])
def test_nothing_in_memory_proves_who_it_is(mode):
    policy = POLICY + f"identity: {{mode: {mode}}}\n".encode()
    with pytest.raises(Usage, match="give MemoryLedger a `speaker`"):
        FeedStore(MemoryLedger(policy)).append_if_match("CMB-0001", 0, CLAIM)
    mine = Speaker("login alice", "alice", (SEAT,))
    FeedStore(MemoryLedger(policy, mine)).append_if_match("CMB-0001", 0, CLAIM)
    other = Speaker("login mallory", "mallory", ("ORA-01",))
    with pytest.raises(
        Refused, match="FF601 login mallory may not speak for CAMBER-06"
    ):
        FeedStore(MemoryLedger(policy, other)).append_if_match("CMB-0001", 0, CLAIM)
