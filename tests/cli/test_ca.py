"""The authority: made, named by the feed, issuing, revoking; what is told at each.

Keys are OpenSSH's, and so is the verdict on them: `ssh-keygen -Y verify`, by the files
that the commands put into the feed. A whole signed fleet, with its server, is played in
docs/identity.md.
"""

import json
import os
import shlex
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cli.desk import Desk
from harness.signing import Key, signed_policy, ssh_keygen

STEWARD, SIX, SEVEN = "FLEET-01", "CAMBER-06", "CAMBER-07"


def home(*parts):
    """A file of whoever runs the tests."""
    return Path(os.environ["HOME"], *parts)


def own_key():
    """A key of the steward's own, where ssh has it."""
    return Key.make(home(".ssh"), "id_ed25519")


def held(desk, path):
    """What is in a file of the feed, on the server."""
    at = desk.seat.folder / "../../server.git"
    done = subprocess.run(
        ("git", "cat-file", "blob", f"main:feed/{path}"),
        cwd=at,
        capture_output=True,
        check=False,
    )
    return done.stdout


def signs(desk, key, seat, tmp_path, namespace="git"):
    """Whether OpenSSH, by the feed's files, takes a signature by `key` for `seat`."""
    (tmp_path / "signers").write_bytes(held(desk, "allowed_signers"))
    (tmp_path / "revoked").write_bytes(held(desk, "revoked_keys"))
    (tmp_path / "sig").write_bytes(key.sign(b"a text", namespace))
    revoked = held(desk, "revoked_keys")
    by = ("-r", tmp_path / "revoked") if revoked else ()
    done = subprocess.run(
        ("ssh-keygen", "-Y", "verify", "-f", tmp_path / "signers", "-I", seat,
         "-n", namespace, "-s", tmp_path / "sig", *by),
        input=b"a text", capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@pytest.fixture
def steward(busy):
    """The desk of a steward who has a key, with an authority that the feed names."""
    own_key()
    desk = busy.of(STEWARD)
    desk("ca", "init", "--no-passphrase")
    return desk


def forge_end(folder, but):
    """Put certificates that ended long ago in the place of those there, `but` one."""
    ca = Key(home(".config/fleetfeed/ca"))
    for file in folder.glob("*-cert.pub"):
        if file != but.file:
            key = Key(file.with_name(file.name.removesuffix("-cert.pub")))
            shutil.copy(ca.certify(key, SIX, valid="20200101:20200102").file, file)
            shutil.rmtree(folder / f"{key.file.name}-certificates")


def certificates(desk, *more):
    return desk.json("ca", "list", *more)["certificates"]


def test_an_authority_is_made_once(busy):
    desk, key = busy.of(STEWARD), own_key()
    first = desk.json("ca", "init", "--no-passphrase")
    made = home(".config/fleetfeed/ca")
    assert [step["action"] for step in first["steps"]] == ["installed", "wrote", "set"]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert busy.tip() == first["commit"]
    again = desk.json("ca", "init", "--no-passphrase")
    assert [step["action"] for step in again["steps"]] == ["unchanged", "unchanged"]
    assert busy.tip() == first["commit"] == again["commit"]
    # Who goes on signing by a certificate, which ends, is told of their own key.
    desk("ca", "issue", STEWARD)
    own, _ = desk.json("ca", "init", "--no-passphrase")["next"]
    assert own == f"git config fleetfeed.signingKey {key.public_file}"
    desk.seat.git(*own.split()[1:])
    ca = Key(made).public
    assert held(desk, "allowed_signers").decode().splitlines() == [
        f'* cert-authority,namespaces="git,fleetfeed" {ca} fleetfeed',
        f'FLEET-01,FLEET-01/* namespaces="git,fleetfeed" {key.public}',
    ]
    settings = desk.seat.line("config", "fleetfeed.signingKey")
    assert settings == str(key.public_file)
    signers = desk.json("ca", "list")["signers"]
    assert [(s["authority"], s["validity"]) for s in signers] == [
        (True, "valid"),
        (False, "valid"),
    ]


def test_an_authority_whose_public_half_is_lost_is_not_made_anew(busy):
    desk, _ = busy.of(STEWARD), own_key()
    made = home(".config/fleetfeed/ca")
    made.parent.mkdir(parents=True)
    key = Key.make(made.parent, made.name)
    public = key.public
    key.public_file.unlink()
    said = desk("ca", "init", "--no-passphrase", code=2).stderr
    subprocess.run(said.split("`")[1], shell=True, check=True)  # noqa: S602 - as typed
    desk("ca", "init", "--no-passphrase")
    assert public in held(desk, "allowed_signers").decode()


def test_what_stands_in_allowed_signers_stays(busy, tmp_path):
    other = Key.make(tmp_path, "other")
    line = f"# ours\nCAMBER-09 {other.public}  with a comment"
    busy.seed({"feed/allowed_signers": line})
    desk, _ = busy.of(STEWARD), own_key()
    desk("ca", "init", "--no-passphrase", "--seats", "CAMBER-*")
    text = held(desk, "allowed_signers").decode()
    assert text.startswith(f"{line}\nCAMBER-* cert-authority")
    desk("ca", "revoke", str(other.public_file))
    assert held(desk, "allowed_signers").decode() == text.replace(
        f"CAMBER-09 {other.public}  with a comment\n", ""
    )
    said = desk("ca", "issue", "ORBIT-01", code=1).stderr
    assert "does not let the authority" in said
    assert "ca init" in said


REFUSED = [
    ("no-key", STEWARD, 2, ("make one with `ssh-keygen -t ed25519",)),
    ("no-terminal", STEWARD, 2, ("no terminal", "--no-passphrase")),
    ("no-steward", SIX, 1, ("CAMBER-06 is no steward", "ask one (FLEET-01)")),
    ("in-tree", STEWARD, 2, ("is in a work tree", "name another")),
    ("no-pattern", STEWARD, 2, ("--seats a b is no pattern", "CAMBER-*")),
]


def test_init_says_what_is_missing(busy):
    before = busy.tip()
    for why, seat, code, words in REFUSED:
        desk = busy.of(seat)
        if why == "no-terminal":
            own_key()
        flags = () if why == "no-terminal" else ("--no-passphrase",)
        flags += ("--ca", str(desk.folder / "feed/ca")) if why == "in-tree" else ()
        flags += ("--seats", "a b") if why == "no-pattern" else ()
        said = desk("ca", "init", *flags, code=code).stderr
        assert all(word in said for word in words), (why, said)
    assert busy.tip() == before
    assert not home(".config/fleetfeed/ca").exists()


def test_a_feed_without_stewards(busy):
    text = busy.fleet.server.holds("feed/policy.yaml", "main")
    busy.seed({"feed/policy.yaml": text.replace("[FLEET-01]", "[]")})
    own_key()
    said = busy.of(STEWARD)("ca", "init", "--no-passphrase", code=1).stderr
    assert "write `stewards: [FLEET-01]` into policy.yaml" in said


def test_a_certificate_for_this_clone(busy, steward, tmp_path):
    desk = busy.of(SIX)
    told = desk.json("ca", "issue", SIX, "--for", "1h", "--git")
    (made,) = told["certificates"]
    key = Key(Path(desk.seat.line("config", "fleetfeed.signingKey")))
    folder = desk.seat.folder / ".git/fleetfeed/signing"
    assert key.file.parent == folder
    assert key.file.name.endswith("-cert.pub")
    private = key.file.with_name(key.file.name.removesuffix("-cert.pub"))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    for seat, namespace, good in (
        (SIX, "git", True),
        (f"{SIX}/*", "fleetfeed", True),
        (SEVEN, "git", False),
        (SIX, "file", False),
    ):
        assert signs(desk, key, seat, tmp_path, namespace) is good
    assert made["principals"] == [SIX, f"{SIX}/*"]
    shown = ssh_keygen("-L", "-f", key.file).decode()
    assert "Extensions: (none)" in shown
    assert f"Serial: {made['serial']}" in shown
    # git signs by it, and by what takes its place.
    desk.seat.commit("signed by git", "--no-verify")
    raw = desk.seat.git("cat-file", "commit", "HEAD").stdout
    assert "BEGIN SSH SIGNATURE" in raw
    desk("ca", "issue", f"{SIX}/a1", "--for", "5m", FLEETFEED_SEAT=f"{SIX}/a1")
    assert desk.seat.line("config", "fleetfeed.signingKey") != str(key.file)
    forge_end(folder, but=key)
    desk("ca", "issue", SIX)
    # What holds still may be in use: a claim is kept by it, somebody commits.
    assert len(list(folder.iterdir())) == 6
    assert key.file.is_file()
    assert Path(desk.seat.line("config", "user.signingKey")).is_file()
    assert desk.seat.git("status", "--porcelain").stdout == ""
    seats = [each["seat"] for each in certificates(desk)]
    assert seats == [SIX, f"{SIX}/a1", SIX]


def test_a_seat_that_the_certificate_is_not_for(busy, steward):
    desk = busy.of(SIX)
    for other in (SEVEN, f"{SIX}/a1"):
        said = desk("ca", "issue", other, code=2).stderr
        assert f"this worktree's seat is {SIX}, and would sign as {other}" in said
    assert "signingkey" not in desk.seat.git("config", "--list").stdout
    # A parent's certificate speaks for its sub-seats, not the other way round.
    assert busy.of("CAMBER-06/a1")("ca", "issue", SIX).stderr == ""


def test_worktrees_sign_by_keys_of_their_own(busy, steward, tmp_path):
    desk = busy.of(SIX)
    desk("ca", "issue", SIX)
    main = desk.seat.line("config", "fleetfeed.signingKey")
    desk.seat.git("worktree", "add", "-q", "--detach", str(tmp_path / "a1"))
    agent = {"FLEETFEED_SEAT": f"{SIX}/a1"}
    desk.at(tmp_path / "a1")("ca", "issue", f"{SIX}/a1", **agent)
    there = desk.seat.git("config", "fleetfeed.signingKey", cwd=tmp_path / "a1").stdout
    assert "/worktrees/a1/fleetfeed/signing/" in there
    assert desk.seat.line("config", "fleetfeed.signingKey") == main


def test_anothers_key_is_certified(busy, steward, tmp_path):
    key = Key.make(tmp_path, "seven")
    printed = steward("ca", "issue", SEVEN, "--key", str(key.public_file))
    assert printed.stderr.startswith("fleetfeed: certificate ")
    kept = tmp_path / "seven-cert.pub"
    kept.write_text(printed.stdout)
    assert signs(steward, Key(kept), SEVEN, tmp_path)
    kept.unlink()
    steward("ca", "issue", SEVEN, "--key", str(key.public_file), "--out", str(tmp_path))
    assert signs(steward, Key(kept), SEVEN, tmp_path)
    # A certificate stands for its key.
    steward("ca", "issue", SEVEN, "--key", str(kept))
    told = steward.json("ca", "issue", f"{SEVEN}/a1", "--out", str(tmp_path / "a1"))
    made = tmp_path / "a1/CAMBER-07~a1-cert.pub"
    assert told["next"] == [f"git config fleetfeed.signingKey '{made}'"]
    names = {file.name for file in (tmp_path / "a1").iterdir()}
    assert names == {f"CAMBER-07~a1{end}" for end in ("", ".pub", "-cert.pub")}
    assert steward.seat.line("config", "fleetfeed.signingKey").endswith(
        "id_ed25519.pub"
    )


WRONG = [
    (("ca", "issue", "nobody here"), 2, "write nobody-here"),
    (("ca", "issue", SIX, "--for", "soon"), 2, "--for soon is no span"),
    (("ca", "issue", SIX, "--for", "31d"), 2, "--long allows it"),
    (("ca", "issue", SIX, "--key", "gone.pub"), 2, "gone.pub cannot be read"),
    (("ca", "issue", SIX, "--key", "{home}/.ssh/id_ed25519"), 2, "is a private key"),
    (("ca", "issue", SIX, "--key", "{home}/.gitconfig"), 2, "give a .pub"),
    (("ca", "issue", SIX, "--out", "."), 2, "is in a work tree"),
    (("ca", "issue", "id_ed25519", "--out", "{home}/.ssh"), 2, "name another folder"),
    (("ca", "issue", SIX, "--out", "x", "--git"), 2, "--git goes without"),
    (("ca", "issue", SIX, "--ca", "{home}/other"), 2, "`fleetfeed ca init`"),
    (("ca", "revoke", "x y"), 2, "is no seat, serial number or key's file"),
    (("ca", "revoke", "ORBIT-01"), 2, "revoke by SERIAL or by the key's FILE.pub"),
    (("ca", "revoke", "gone.pub"), 2, "gone.pub cannot be read"),
]


def test_what_cannot_be_done_is_said(steward):
    for args, code, words in WRONG:
        typed = [arg.format(home=home()) for arg in args]
        said = steward(*typed, code=code).stderr
        assert words in said, (args, said)
    assert steward("ca", "issue", STEWARD, "--for", "31d", "--long").stderr == ""
    assert len(certificates(steward)) == 1


def test_revoking_a_seat_takes_its_certificates_and_sub_seats(busy, steward, tmp_path):
    keys = {}
    for seat in (SIX, f"{SIX}/a1", SEVEN):
        folder = tmp_path / seat.replace("/", "~")
        steward("ca", "issue", seat, "--out", str(folder))
        (file,) = folder.glob("*-cert.pub")
        keys[seat] = Key(file)
    assert all(signs(steward, key, seat, tmp_path) for seat, key in keys.items())
    told = steward.json("ca", "revoke", SIX, "--reason", "the laptop\nwas stolen")
    assert [step["action"] for step in told["steps"]] == ["revoked", "revoked"]
    good = {seat: signs(steward, key, seat, tmp_path) for seat, key in keys.items()}
    assert good == {SIX: False, f"{SIX}/a1": False, SEVEN: True}
    message = busy.fleet.server.line("log", "-1", "--format=%B", "main")
    assert message.startswith(f"Revoke {SIX}\n\nReason: the laptop")
    known = held(steward, "revoked_keys")
    again = steward.json("ca", "revoke", SIX)
    assert [step["action"] for step in again["steps"]] == ["unchanged", "unchanged"]
    assert held(steward, "revoked_keys") == known
    assert again["commit"] == told["commit"]
    states = {each["seat"]: each["validity"] for each in certificates(steward)}
    assert states == {SIX: "revoked", f"{SIX}/a1": "revoked", SEVEN: "valid"}
    # Nor is the key certified again, which may be in other hands.
    public = str(keys[SIX].file).replace("-cert", "")
    said = steward("ca", "issue", SIX, "--key", public, code=1).stderr
    assert "was revoked, and may be in other hands" in said


def test_one_certificate_is_revoked_by_its_number_or_file(steward, tmp_path):
    key = Key.make(tmp_path, "seven")
    files, serials = [], []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        args = ("--key", str(key.public_file), "--out", str(folder))
        (made,) = steward.json("ca", "issue", SEVEN, *args)["certificates"]
        shutil.copy(key.file, folder / "seven")
        files.append(Key(folder / "seven-cert.pub"))
        serials.append(made["serial"])

    def good():
        return [signs(steward, file, SEVEN, tmp_path) for file in files]

    steward("ca", "revoke", str(serials[0]))
    assert good() == [False, True, True]
    steward("ca", "revoke", str(files[1].file))
    assert good() == [False, False, True]
    # The key itself: whatever certificate there is over it, or will be.
    steward("ca", "revoke", str(key.public_file))
    assert good() == [False, False, False]
    # One that was issued elsewhere, where the log is not here.
    assert "revoked certificate 77 of" in steward("ca", "revoke", "77").stdout


def test_a_plain_list_of_revoked_keys_is_taken_over(busy, tmp_path):
    old, new = Key.make(tmp_path, "old"), Key.make(tmp_path, "new")
    lines = f"SIX {old.public}\nSEVEN {new.public}\n"
    listed = f"# ours\n{old.public} old\n"
    busy.seed({"feed/allowed_signers": lines, "feed/revoked_keys": listed})
    own_key()
    desk = busy.of(STEWARD)
    states = [each["validity"] for each in desk.json("ca", "list")["signers"]]
    assert states == ["revoked", "valid"]
    desk("ca", "revoke", str(new.public_file))
    assert held(desk, "revoked_keys").startswith(b"SSHKRL\n")
    assert [s["validity"] for s in desk.json("ca", "list")["signers"]] == ["revoked"]
    busy.seed({"feed/revoked_keys": "serial: 1-99999\n"})
    said = desk("ca", "revoke", str(old.public_file), code=3).stderr
    assert "line 1 of the feed's revoked_keys is no key" in said


def test_other_authorities_are_named(busy, steward, tmp_path):
    """They may have certified the seat, too: nobody shall think that all is done."""
    key, other = Key.make(tmp_path, "six"), Key.make(tmp_path, "ca")
    steward("ca", "init", "--ca", str(other.file), "--seats", "CAMBER-*")
    for ca in ((), ("--ca", str(other.file))):
        steward("ca", "issue", SIX, "--key", str(key.public_file), *ca)
    said = steward("ca", "revoke", SIX)
    assert said.stdout.count("revoked") == 1
    assert f"what the authority {other.fingerprint} has issued to" in said.stderr
    steward("ca", "revoke", str(other.public_file))
    assert other.public not in held(steward, "allowed_signers").decode()
    said = steward("ca", "init", "--ca", str(other.file), code=1).stderr
    assert "was revoked, and may be in other hands; move its files away" in said


def test_a_key_that_speaks_for_others_too_is_left(busy, tmp_path):
    key = Key.make(tmp_path, "both")
    busy.seed({"feed/allowed_signers": f"CAMBER-06,CAMBER-07 {key.public}\n"})
    said = busy.of(STEWARD)("ca", "revoke", SIX, code=2).stderr
    assert "line 1 of allowed_signers speaks for others, too" in said
    # An address is nobody's seat.
    busy.seed({"feed/allowed_signers": f"CAMBER-06,six@example.org {key.public}\n"})
    busy.of(STEWARD)("ca", "revoke", SIX)
    assert held(busy.of(STEWARD), "allowed_signers") == b""


def test_what_ended_is_shown_when_asked_for(steward):
    steward("ca", "issue", SIX, "--for", "1s", "--out", str(home("x")))
    log = home(".config/fleetfeed/ca.issued")
    (row,) = map(json.loads, log.read_text().splitlines())
    ended = Key.make(home("ended"), "key")
    valid = "20200101:20200102"
    made = Key(home(".config/fleetfeed/ca")).certify(ended, SIX, serial=5, valid=valid)
    log.write_text(f"{json.dumps({**row, 'line': made.public})}\n")
    assert certificates(steward) == []
    assert [each["validity"] for each in certificates(steward, "--all")] == ["expired"]
    assert "nobody" not in steward("ca", "list", "--all").stdout
    log.write_text("{}\n")
    assert "mend or remove the row" in steward("ca", "list", code=3).stderr


@pytest.fixture
def two(signed, tmp_path):
    """The desk of FLEET-01 where two stewards sign; FLEET-02 is the other."""
    other = Key.make(tmp_path, "FLEET-02")
    seat = signed.seat("FLEET-01")
    policy = signed_policy(seat.holds("feed/policy.yaml"), "FLEET-01, FLEET-02")
    seat.write("feed/policy.yaml", f"{policy}stewards_sign: 2\n")
    seat.write("feed/allowed_signers", signed.signers(f"FLEET-02 {other.public}"))
    seat.commit("two stewards sign")
    seat.push()
    seat.git("config", "fleetfeed.signingKey", str(signed.key("FLEET-01").file))
    return Desk("FLEET-01", seat, seat.folder)


def typed(line, approval):
    """The words of a command that an answer named, with an approval."""
    return [approval if word == "LINE" else word for word in shlex.split(line)[1:]]


def test_two_stewards_revoke(two, signed, tmp_path):
    """What one has proposed and the other approved is made again, to the last byte."""
    revoke = ("ca", "revoke", SEVEN)
    before = signed.fleet.server.tip("main")
    said = two(*revoke, code=1).stderr
    assert "FF609" in said
    assert "2 stewards, and 1 signed this" in said
    assert "`--propose BRANCH` puts" in said
    told = two.json(*revoke, "--propose", "less-seven")
    assert signed.fleet.server.tip("main") == before
    assert two.seat.tip("less-seven") == told["commit"]
    assert [step["action"] for step in told["steps"]] == ["proposed"]
    push, approve, again = told["next"]
    assert (push, approve) == (
        "git push origin less-seven",
        "fleetfeed approve origin/less-seven",
    )
    two.seat.git(*push.split()[1:])
    assert "git branch -D" in two(*revoke, "--propose", "less-seven", code=2).stderr
    assert "branch's name" in two(*revoke, "--propose", "a b", code=2).stderr
    other = signed.seat("FLEET-02", Key(tmp_path / "FLEET-02"))
    other.git("fetch", "-q")
    desks = [Desk("x", seat, seat.folder) for seat in (two.seat, other)]
    shown = [desk(*approve.split()[1:]) for desk in desks]
    mine, theirs = (each.stdout.strip() for each in shown)
    assert f"+revoked_keys: hash: {signed.key(SEVEN).fingerprint}" in shown[1].stderr
    assert "2 stewards, and 1 signed this" in two(*typed(again, mine), code=1).said
    two(*typed(again, theirs))
    assert "CAMBER-07" not in signed.fleet.server.holds("feed/allowed_signers", "main")


def test_who_may_not_change_the_rules_pushes_nothing(signed):
    """Whatever it says of its seat; also where no hook would have refused it."""
    signed.fleet.server.disarm()
    seat = signed.seat(SIX)
    seat.git("config", "fleetfeed.signingKey", str(signed.key(SIX).file))
    before = signed.fleet.server.tip("main")
    said = Desk(STEWARD, seat, seat.folder)("ca", "revoke", SEVEN, code=1).stderr
    assert "FF608" in said
    assert signed.fleet.server.tip("main") == before


def test_stewards_cannot_revoke_the_last_of_themselves(signed):
    seat = signed.seat(STEWARD)
    text = signed.signers().replace("* cert-authority", "CAMBER-* cert-authority")
    seat.write("feed/allowed_signers", text)
    seat.commit("an authority for some")
    seat.push()
    seat.git("config", "fleetfeed.signingKey", str(signed.key(STEWARD).file))
    said = Desk(STEWARD, seat, seat.folder)("ca", "revoke", STEWARD, code=1).stderr
    assert "FF610" in said


def test_an_authority_with_a_passphrase(busy, tmp_path, monkeypatch):
    """Asked for on a terminal; here an agent has the key, or nobody does."""
    desk, ca, _ = busy.of(STEWARD), Key.make(tmp_path, "ca"), own_key()
    desk("ca", "init", "--ca", str(ca.file))
    shutil.copy(ca.file, tmp_path / "open")
    ssh_keygen("-q", "-p", "-P", "", "-N", "secret", "-f", ca.file)
    issue = ("ca", "issue", SIX, "--ca", str(ca.file), "--out")
    said = desk(*issue, str(tmp_path / "0"), code=3).stderr
    assert f"`ssh-add {ca.file}` gives it to the agent" in said
    assert not (tmp_path / "ca.issued").exists()
    agent = tmp_path / "agent"
    command = ("ssh-agent", "-D", "-a", str(agent))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        try:
            running.stdout.readline()  # it listens now
            monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
            subprocess.run(("ssh-add", "-q", str(tmp_path / "open")), check=True)
            desk(*issue, str(tmp_path / "1"))
            ca.file.unlink()
            desk(*issue, str(tmp_path / "2"))
        finally:
            running.terminate()
    assert len(desk.json("ca", "list", "--ca", str(ca.file))["certificates"]) == 2


def test_revocations_at_one_time_all_count(busy, steward, tmp_path):
    """Each is made anew on what the other has pushed."""
    serials = ["11", "22", "33"]
    seats = [busy.fleet.seat(f"FLEET-01~{serial}") for serial in serials]

    def revoke(pair):
        seat, serial = pair
        me = {"FLEETFEED_SEAT": STEWARD}
        return seat.fleetfeed("ca", "revoke", serial, env=me).stdout

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(revoke, zip(seats, serials, strict=True)))
    assert all("revoked certificate" in each for each in said)
    (tmp_path / "krl").write_bytes(held(steward, "revoked_keys"))
    shown = ssh_keygen("-Q", "-l", "-f", tmp_path / "krl").decode()
    assert [f"serial: {serial}" for serial in serials] == [
        line for line in shown.splitlines() if line.startswith("serial")
    ]
