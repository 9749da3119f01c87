"""Who signed: real commits of plain git, real keys, and what is wrong with each."""

import base64
import os
import shutil
import time

import pytest
from harness import Repo
from harness.signing import Key, between, revoking

from fleetfeed.checks.signatures import Keyring, signed_commit, signed_text, speakers
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.signed import Signed

NOW = int(time.time())
SPACES = 'namespaces="git,fleetfeed"'


class World:
    """Keys, an authority, and a payload."""

    def __init__(self, folder):
        self.folder = folder
        names = ("CAMBER-06", "CAMBER-07", "ca", "other-ca", "stranger")
        self.keys = {name: Key.make(folder, name) for name in names}
        self.allowed = self.lines(
            ("CAMBER-06,CAMBER-06/*", "", "CAMBER-06"),
            ("*,*/*", f"cert-authority,{SPACES}", "ca"),
        )

    def lines(self, *rows):
        return "".join(
            f"{who} {how} {self.keys[key].public}\n" for who, how, key in rows
        )

    def certificate(self, *principals, by="ca", of="stranger", **more):
        return self.keys[by].certify(self.keys[of], *principals, **more)

    def ask(self, *signed, allowed=None, revoked=b"", namespace="git", at=None):
        ring = Keyring((self.allowed if allowed is None else allowed).encode(), revoked)
        return speakers(ring, signed, namespace, at)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("keys"))


TEXT = b"what is signed\n"


def by(key, namespace="git", text=TEXT):
    return Signed(text, key.sign(text, namespace))


def commit_of(repo, key, *options):
    repo.git(
        "-c", "gpg.format=ssh", "-c", f"user.signingKey={key.file}",
        "commit", "-q", "-S", "--allow-empty", "-m", "a change\n\nof something", *options,
    )  # fmt: skip
    return repo.git("cat-file", "commit", "HEAD").stdout.encode()


@pytest.mark.parametrize("hash_", ["sha1", "sha256"])
def test_what_git_signed_is_found_good_as_git_finds_it(world, tmp_path, hash_):
    repo = Repo.init(tmp_path / "r", f"--object-format={hash_}")
    digits = 40 if hash_ == "sha1" else 64
    kinds = [("rsa", 2048), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521)]
    plain = [Key.make(tmp_path, f"{kind}-{bits}", kind, bits) for kind, bits in kinds]
    keys = [world.keys["CAMBER-06"], *plain]
    rows = [f"CAMBER-06 {key.public}\n" for key in keys]
    ca = world.keys["ca"]
    keys += [ca.certify(key, "CAMBER-06", serial=77, valid="-1h:+1h") for key in keys]
    allowed = "".join(rows) + f"* cert-authority {ca.public}\n"
    (tmp_path / "allowed").write_text(allowed)
    found = []
    for key in keys:
        data = commit_of(repo, key)
        found.append(signed_commit(data, digits))
        git = repo.git(
            "-c", f"gpg.ssh.allowedSignersFile={tmp_path / 'allowed'}", "verify-commit", "HEAD"
        )  # fmt: skip
        assert 'Good "git" signature for CAMBER-06' in git.said
        assert key.fingerprint in git.said
    # Headers in the message, an encoding, and another hash's signature change nothing.
    repo.git("config", "i18n.commitEncoding", "latin1")
    data = commit_of(repo, keys[0], "-m", "gpgsig no\ntree x")
    other = b"gpgsig-sha256" if hash_ == "sha1" else b"gpgsig"
    head, _, message = data.partition(b"\n\n")
    data = b"%b\n%b -----BEGIN SSH SIGNATURE-----\n xx\n\n%b" % (head, other, message)
    found.append(signed_commit(data, digits))
    for key, one in zip(
        [*keys, keys[0]], world.ask(*found, allowed=allowed), strict=True
    ):
        assert not one.flaw
        assert one.seats == ("CAMBER-06",)
        assert one.id == key.fingerprint
        kind = "certificate 77 of CAMBER-06 (" if "cert" in key.file.name else "key "
        assert one.who.startswith(kind)
    assert all(abs(one.dated - time.time()) < 600 for one in found)


def test_a_speaker_says_whose_key_it_is(world):
    key = world.keys["CAMBER-06"]
    ca = world.certificate("CAMBER-07", "CAMBER-07/*", "me@example.invalid", serial=77)
    plain, certified = world.ask(by(key), by(ca))
    assert plain.who == f"key {key.fingerprint} (CAMBER-06)"
    assert plain.seats == ("CAMBER-06", "CAMBER-06/*")
    assert (
        certified.who
        == f"certificate 77 of CAMBER-07, me@example.invalid ({ca.fingerprint})"
    )
    assert certified.seats == ("CAMBER-07", "CAMBER-07/*")
    assert certified.id == world.keys["stranger"].fingerprint


def test_a_key_on_several_lines_has_the_seats_of_those_that_are_valid(world):
    past, ahead = 'valid-before="20200101"', 'valid-after="20900101"'
    allowed = world.lines(
        ("OLD-1", past, "stranger"),
        ("A-1,A-1/*", "", "stranger"),
        ("NEW-1", ahead, "stranger"),
        ("FILE-1", 'namespaces="file"', "stranger"),
        ("A-1,B-*", SPACES, "stranger"),
        ("C-1", "", "CAMBER-07"),
    )
    signed = by(world.keys["stranger"])
    (one,) = world.ask(signed, allowed=allowed)
    assert one.seats == ("A-1", "A-1/*", "B-*")
    (then,) = world.ask(signed, allowed=allowed, at=1_500_000_000)
    assert then.seats == ("OLD-1", "A-1", "A-1/*", "NEW-1", "B-*")


def flaws(world):
    """What is wrong, and how it is told: (name, what is asked, code, words)."""
    known, stranger = world.keys["CAMBER-06"], world.keys["stranger"]
    good = by(known)
    now = between(NOW - 9000, NOW - 3600)
    later = between(NOW + 3600, NOW + 7200)
    return [
        ("unknown", [by(stranger)], {}, "FF603", "which the feed's allowed_signers does not know; have a steward add it"),
        ("nobody known", [good], {"allowed": ""}, "FF603", "does not know"),
        ("another authority", [by(world.certificate("CAMBER-06", by="other-ca"))], {}, "FF603", "does not know the authority SHA256:"),
        ("certified by a plain key's line", [by(world.certificate("CAMBER-07", by="CAMBER-06"))], {}, "FF603", "does not know the authority"),
        ("an authority's own key", [by(world.keys["ca"])], {}, "FF603", "does not know"),
        ("no seat", [by(world.certificate())], {}, "FF603", "which names no seat"),
        ("outside", [by(world.certificate("CAMBER-06"))], {"allowed": world.lines(("ORA-*", "cert-authority", "ca"))}, "FF603", "its authority may certify ORA-* only"),
        ("all seats", [by(world.certificate("*"))], {"allowed": world.lines(("ORA-*", "cert-authority", "ca"))}, "FF603", "its authority may certify ORA-* only"),
        ("line's namespace", [good], {"allowed": world.lines(("CAMBER-06", 'namespaces="file"', "CAMBER-06"))}, "FF603", "lets sign file only; have a steward add git"),
        ("namespace", [by(known, "file")], {}, "FF606", "has a signature for file where one for git is wanted"),
        ("a beat's namespace", [by(known)], {"namespace": "fleetfeed"}, "FF606", "for git where one for fleetfeed"),
        ("expired certificate", [by(world.certificate("CAMBER-07", valid=now, serial=8))], {}, "FF604", "certificate 8 of CAMBER-07"),
        ("future certificate", [by(world.certificate("CAMBER-07", valid=later))], {}, "FF604", "which is not valid before"),
        ("expired line", [good], {"allowed": world.lines(("CAMBER-06", 'valid-before="20200101"', "CAMBER-06"))}, "FF604", "which expired at 2020-01-01T00:00:00Z"),
        ("expired authority", [by(world.certificate("CAMBER-07"))], {"allowed": world.lines(("*", 'cert-authority,valid-before="20200101"', "ca"))}, "FF604", "have a steward renew its line"),
        ("future authority", [by(world.certificate("CAMBER-07"))], {"allowed": world.lines(("*", 'cert-authority,valid-after="20900101"', "ca"))}, "FF604", "not valid before 2090-01-01T00:00:00Z"),
        ("future line", [good], {"allowed": world.lines(("CAMBER-06", 'valid-after="20900101"', "CAMBER-06"))}, "FF604", "not valid before 2090-01-01T00:00:00Z"),
        ("revoked key", [good], {"revoked": revoking(world.folder, known)}, "FF605", "(CAMBER-06), which is revoked"),
        ("revoked in a list", [good], {"revoked": f"# gone\n{known.public}\n".encode()}, "FF605", "which is revoked"),
        ("revoked serial", [by(world.certificate("CAMBER-07", serial=9))], {"revoked": revoking(world.folder, authority=world.keys["ca"], lines="serial: 9\n")}, "FF605", "certificate 9 of CAMBER-07"),
        ("revoked certificate's key", [by(world.certificate("CAMBER-07"))], {"revoked": revoking(world.folder, stranger)}, "FF605", "which is revoked"),
        ("revoked authority", [by(world.certificate("CAMBER-07"))], {"revoked": f"{world.keys['ca'].public}\n".encode()}, "FF605", "which is revoked"),
        ("moved", [Signed(b"something else", good.signature)], {}, "FF606", "is not over this"),
        ("no base64", [Signed(TEXT, good.signature.replace(b"U1NIU0lH", b"U1NI!0lH"))], {}, "FF606", "is not base64"),
        ("cut", [Signed(TEXT, good.signature[:120])], {}, "FF606", "cannot be read"),
        ("damaged", [Signed(TEXT, good.signature.replace(b"\n-----END", b"\nAAAA\n-----END"))], {}, "FF606", "cannot be read"),
        ("no signers", [good], {"allowed": "CAMBER-06 nonsense\n"}, "FF616", "since allowed_signers:1:11 cannot be read"),
        ("no revoked", [good], {"revoked": b"nonsense\n"}, "FF616", "since revoked_keys:1:1 cannot be read"),
        ("KRL cut off", [good], {"revoked": revoking(world.folder, known)[:60]}, "FF616", "the KRL is cut off"),
        ("KRL of another version", [good], {"revoked": b"SSHKRL\n\0" + b"\xff" * 28 + b"\0" * 8}, "FF616", "cannot be read ("),
    ]  # fmt: skip


def test_each_flaw_has_a_code_and_words_of_its_own(world):
    for name, signed, how, code, words in flaws(world):
        (one,) = world.ask(*signed, **how)
        assert one.flaw, name
        assert (one.flaw.code, words in one.flaw.words) == (code, True), (name, one)
        assert not one.speaks_for("CAMBER-06")


def test_a_seat_of_a_certificate_that_its_authority_may_not_give_is_left_out(world):
    allowed = world.lines(("CAMBER-*", "cert-authority", "ca"))
    signed = by(
        world.certificate("CAMBER-06", "ORA-1", "CAMBER-06/*", "CAMBER-0?", "C?MBER")
    )
    (one,) = world.ask(signed, allowed=allowed)
    assert one.seats == ("CAMBER-06", "CAMBER-06/*")


COMMIT = b"tree %b\nauthor A <a@b> 7 +0000\ncommitter A <a@b> 7 +0000\n" % (b"1" * 40)
SIGNATURE = b"gpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n"


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (COMMIT + b"\nx", "FF602", "is not signed, and this fleet's policy wants signatures;"),
        (COMMIT + SIGNATURE.replace(b"gpgsig", b"gpgsig-sha256") + b"\nx", "FF602", ""),
        (COMMIT + b"\n" + SIGNATURE, "FF602", ""),
        (COMMIT + SIGNATURE + SIGNATURE + b"\nx", "FF606", "is signed 2 times"),
        (COMMIT + SIGNATURE + b"gpgsig-x y\n\nx", "FF606", "has a header gpgsig-x, which no signature covers"),
        (COMMIT + b"gpgsig\n\nx", "FF606", "has an empty signature"),
        (COMMIT + b"gpgsig \n\nx", "FF606", "has an empty signature"),
        (COMMIT + b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n\nx", "FF606", "is signed by PGP"),
        (COMMIT + b"gpgsig -----BEGIN SIGNED MESSAGE-----\n x\n\nx", "FF606", "is signed by X.509"),
        (SIGNATURE + COMMIT + b"\nx", "FF606", "is not laid out"),
        # git would see no parent; what was signed has one.
        (COMMIT.replace(b"author", SIGNATURE + b"parent " + b"2" * 40 + b"\nauthor") + b"\nx", "FF606", "is not laid out"),
        (COMMIT.replace(b"committer A <a@b> 7", b"committer A <a@b>> 7") + SIGNATURE + b"\nx", "FF606", "is not laid out"),
        (b"", "FF606", "is not laid out"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_commit_is_seen_before_anybody_is_asked(data, code, words):
    found = signed_commit(data, 40)
    assert found.flaw
    assert (found.flaw.code, words in found.flaw.words) == (code, True), found


def test_a_text_with_its_signature(world):
    key = world.keys["CAMBER-06"]
    text = b"fleetfeed beat\nITEM: CMB-0001\n"
    whole = text + key.sign(text, "fleetfeed")
    assert signed_text(whole).payload == text
    (one,) = world.ask(signed_text(whole), namespace="fleetfeed")
    assert one.speaks_for("CAMBER-06/x")
    for data, code, words in [
        (text, "FF602", "is not signed"),
        (whole + whole, "FF606", "is not one text with one signature"),
        (whole[len(text) - 1 :], "", ""),
        (whole.replace(b"CMB-0001", b"CMB-0002"), "FF606", "is not over this"),
        (whole + b"more", "FF606", "cannot be read"),
        (whole.replace(b"\n-----BEGIN", b" -----BEGIN"), "FF606", "is not one text"),
    ]:
        (one,) = world.ask(signed_text(data), namespace="fleetfeed")
        assert one.flaw
        assert one.flaw.code == code or not code
        assert words in one.flaw.words


def test_history_is_verified_as_of_its_times(world):
    start, end = 1_700_000_000, 1_700_003_600
    signed = by(world.certificate("CAMBER-07", valid=between(start, end)))
    times = [start - 500, start, end - 1, end, end + 500, 0]
    found = world.ask(*[signed] * len(times), at=times)
    codes = [one.flaw.code if one.flaw else "" for one in found]
    # Landed while it was valid, it may be dated earlier; never later.
    assert codes == ["", "", "", "FF604", "FF604", ""]
    assert (
        "which expired at 2023-11-14T23:13:20Z (as of 2023-11-14T23:21:40Z)"
        in found[4].flaw.words
    )
    (now,) = world.ask(signed)
    assert now.flaw.code == "FF604"
    assert "(it is 20" in now.flaw.words
    assert world.ask(signed, at=float(end - 1))[0].seats == ("CAMBER-07",)


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """How often ssh-keygen has been started, by a program of that name that says so."""
    real = shutil.which("ssh-keygen")
    program, log = tmp_path / "bin/ssh-keygen", tmp_path / "log"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$2" >> "{log}"\nexec "{real}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def since():
        found = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return {word: found.count(word) for word in found}

    return since


def test_what_is_the_same_for_one_key_is_asked_once(world, counted):
    key, ca = world.keys["CAMBER-06"], world.certificate("CAMBER-07")
    texts = [str(n).encode() for n in range(4)]
    many = [by(each, text=text) for each in (key, ca) for text in texts]
    ring = Keyring(
        world.allowed.encode(), revoking(world.folder, world.keys["CAMBER-07"])
    )
    counted()
    assert not any(one.flaw for one in speakers(ring, many))
    assert counted() == {"check-novalidate": 8, "verify": 3}
    # As of times: at the first and the last; and what has been told is remembered.
    speakers(ring, many[:4], at=[NOW + 10, NOW + 50, NOW + 70, NOW + 20])
    assert counted() == {"check-novalidate": 4, "verify": 4}
    speakers(ring, many[:4], at=[NOW + 60] * 4)
    assert counted() == {"check-novalidate": 4}
    # Nobody is asked about what allowed_signers does not know.
    speakers(ring, [by(world.keys["stranger"]), by(key, "file"), Signed(b"x")] * 50)
    assert counted() == {}


def test_a_forged_certificate_is_not_asked_about_seat_by_seat(world, counted):
    certificate = world.certificate(*[f"CAMBER-{n}" for n in range(40)])
    begin, *lines, end = certificate.sign(TEXT).splitlines()
    # Another seat than the authority signed.
    body = base64.b64decode(b"".join(lines)).replace(b"CAMBER-39", b"CAMBER-99")
    armoured = b"\n".join([begin, base64.b64encode(body), end])
    counted()
    (one,) = world.ask(Signed(TEXT, armoured))
    assert one.flaw.code == "FF606"
    assert counted() == {"check-novalidate": 1}


def test_without_ssh_keygen_nobody_can_tell(world, monkeypatch, tmp_path):
    signed = by(world.keys["CAMBER-06"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        CannotTell, match="ssh-keygen is not installed, or not on PATH; install"
    ):
        world.ask(signed)


def test_what_the_files_of_a_question_are_in_is_nobody_elses_and_is_taken_away(
    world, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "here"))
    (tmp_path / "here").mkdir()
    world.ask(by(world.keys["CAMBER-06"]))
    assert list((tmp_path / "here").iterdir()) == []
    monkeypatch.setenv("TMPDIR", str(tmp_path / "away"))
    with pytest.raises(CannotTell, match="no file can be written"):
        world.ask(by(world.keys["CAMBER-06"]))
