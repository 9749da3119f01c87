"""By what a clone signs: which key its settings name, and what is in the key's files."""

import shlex
import subprocess

import pytest
from harness import Repo as Clone
from harness.signing import Key, ssh_keygen

from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import SigningKey, git_signing, signing_key


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A folder of keys, one of each kind of file."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("one", "two"):
        Key.make(folder, name)
    ssh_keygen("-q", "-t", "ed25519", "-N", "secret", "-f", folder / "locked")
    ssh_keygen("-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", folder / "pem")
    return folder


@pytest.fixture
def clone(tmp_path):
    return Clone.init(tmp_path / "clone")


def of(clone):
    return Repo(Git(clone.folder, clone.environment))


def is_over(data, armoured, tmp_path) -> bool:
    """Whether ssh-keygen takes it for a signature over `data`."""
    file = tmp_path / "signature"
    file.write_bytes(armoured)
    by = ("ssh-keygen", "-Y", "check-novalidate", "-n", "fleetfeed", "-s", file)
    return not subprocess.run(
        by, input=data, capture_output=True, check=False
    ).returncode


def test_ours_comes_before_gits(clone, keys):
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingKey", str(keys / "one"))
    assert signing_key(of(clone)).name == str(keys / "one")
    clone.git("config", "fleetfeed.signingKey", str(keys / "two"))
    found = signing_key(of(clone))
    assert (found.name, found.setting) == (str(keys / "two"), "fleetfeed.signingKey")
    assert git_signing(of(clone)).name == str(keys / "one")


def test_gits_key_of_another_format_is_none(clone, keys):
    clone.git("config", "user.signingKey", str(keys / "one"))
    assert git_signing(of(clone)) is None
    with pytest.raises(CannotTell, match="FLEET-01 or FLEET-02 certifies it"):
        signing_key(of(clone), ("FLEET-01", "FLEET-02"))


def test_without_a_key_the_next_step_follows_from_what_somebody_has(
    clone, tmp_path, monkeypatch
):
    def said():
        with pytest.raises(CannotTell) as raised:
            signing_key(of(clone), ("FLEET-01",))
        return str(raised.value).partition("; ")[2]

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FLEETFEED_SEAT", "CAMBER-06")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    make = "`ssh-keygen -t ed25519` makes one, FLEET-01 certifies it (`fleetfeed ca"
    assert said().startswith(f"{make} issue CAMBER-06 --key FILE.pub`)")
    name = "`git config fleetfeed.signingKey ~/.ssh/id_ecdsa` names yours"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/id_ecdsa").touch()
    certify = "`fleetfeed ca issue CAMBER-06 --key id_ecdsa.pub`"
    assert said() == f"{name}, once FLEET-01 certifies it ({certify})"
    (tmp_path / ".ssh/id_ecdsa-cert.pub").touch()
    assert said() == f"{name}, which has a certificate"
    (tmp_path / ".config/fleetfeed").mkdir(parents=True)
    (tmp_path / ".config/fleetfeed/ca.pub").touch()
    issue = "`fleetfeed ca issue CAMBER-06`"
    assert said() == f"{issue} issues one by the authority that you have"


def test_ours_may_be_the_key_itself_as_gits(clone, keys):
    public = " ".join((keys / "one.pub").read_text().split()[:2])
    clone.git("config", "fleetfeed.signingKey", f"key::{public}")
    assert signing_key(of(clone)).public.line == public


def test_a_file_with_more_than_its_key_is_read_as_ssh_keygen_reads_it(keys, tmp_path):
    file = tmp_path / "mailed.pub"
    key = (keys / "one.pub").read_text()
    file.write_text(f"# the certificate that you wanted\n\n{key}")
    ssh_keygen("-l", "-f", file)
    assert SigningKey(str(file), "x").public.line == " ".join(key.split()[:2])


def test_a_path_is_from_the_home_folder_or_the_top_of_the_work_tree(
    clone, keys, monkeypatch
):
    monkeypatch.setenv("HOME", str(keys))
    clone.git("config", "fleetfeed.signingKey", "~/one")
    assert signing_key(of(clone)).name == str(keys / "one")
    clone.write("key", (keys / "two").read_bytes())
    clone.git("config", "fleetfeed.signingKey", "key")
    (clone.folder / "below").mkdir()
    below = Repo(Git(clone.folder / "below", clone.environment))
    assert signing_key(below).name == str(clone.folder / "key")


def test_a_certificate_beside_the_key_is_taken_and_beside_its_public_half_is_not(
    clone, keys, tmp_path
):
    made = Key.make(tmp_path / "ca", "ca").certify(Key(keys / "one"), "CAMBER-06")
    folder = made.file.parent
    clone.git("config", "fleetfeed.signingKey", str(folder / "one"))
    assert signing_key(of(clone)).public.certificate.principals == ("CAMBER-06",)
    clone.git("config", "fleetfeed.signingKey", str(folder / "one.pub"))
    assert signing_key(of(clone)).public.certificate is None


@pytest.mark.parametrize("name", ["one", "one.pub", "locked", "pem", "pem.pub"])
def test_the_public_half_is_read_wherever_it_is(keys, name):
    wanted = (keys / f"{name.removesuffix('.pub')}.pub").read_text()
    assert SigningKey(str(keys / name), "x").public.line == " ".join(wanted.split()[:2])


def test_no_private_key_of_opensshs_own_form_needs_the_public_file(keys, tmp_path):
    for name in ("one", "locked"):
        (tmp_path / name).write_bytes((keys / name).read_bytes())
        found = SigningKey(str(tmp_path / name), "x").public
        assert found == SigningKey(str(keys / f"{name}.pub"), "x").public
    (tmp_path / "pem").write_bytes((keys / "pem").read_bytes())
    pem = tmp_path / "pem"
    with pytest.raises(CannotTell, match="by which nothing can be signed") as raised:
        _ = SigningKey(str(pem), "x").public
    assert f"`ssh-keygen -y -f {pem} > {pem}.pub` makes it" in str(raised.value)


def test_what_is_no_key_is_said_to_be_none(keys, tmp_path):
    whole = (keys / "one").read_bytes()
    lines = whole.splitlines(keepends=True)
    broken = [
        b"",
        b"\0" * 100_000,
        lines[0] + lines[-1],
        b"".join([*lines[:2], lines[-1]]),
    ]
    broken += [whole[:n] for n in range(0, len(whole), 37)]
    file = tmp_path / "broken"
    for data in broken:
        file.write_bytes(data)
        with pytest.raises(
            CannotTell, match=r"x is .*/broken, by which nothing can be"
        ):
            _ = SigningKey(str(file), "x").public


def test_a_signature_is_over_the_text(keys, tmp_path):
    made = SigningKey(str(keys / "one"), "x").sign("fleetfeed", b"a text")
    assert is_over(b"a text", made, tmp_path)
    assert not is_over(b"another", made, tmp_path)


def test_a_key_that_the_agent_alone_has(keys, tmp_path, monkeypatch):
    socket = tmp_path / "agent"
    agent = subprocess.Popen(("ssh-agent", "-D", "-a", socket), stdout=subprocess.PIPE)
    try:
        agent.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        public = (keys / "one.pub").read_text().strip()
        by_agent = SigningKey(f"key::{public}", "user.signingKey")
        with pytest.raises(CannotTell, match="`ssh-add` gives the key to the agent"):
            by_agent.sign("fleetfeed", b"a text")
        added = ("ssh-add", "-q", str(keys / "one"))
        subprocess.run(added, check=True, capture_output=True)
        assert is_over(b"a text", by_agent.sign("fleetfeed", b"a text"), tmp_path)
    finally:
        agent.terminate()
        agent.communicate()


def test_another_program_signs_where_git_is_told_of_one(clone, keys, tmp_path):
    program = tmp_path / "signer"
    program.write_text(
        f'#!/bin/sh\ntouch {shlex.quote(str(tmp_path))}/asked\nexec ssh-keygen "$@"\n'
    )
    program.chmod(0o755)
    clone.git("config", "gpg.ssh.program", str(program))
    clone.git("config", "fleetfeed.signingKey", str(keys / "one"))
    made = signing_key(of(clone)).sign("fleetfeed", b"a text")
    assert is_over(b"a text", made, tmp_path)
    assert (tmp_path / "asked").exists()
    program.unlink()
    with pytest.raises(CannotTell, match=r"`git config gpg.ssh.program` names it"):
        signing_key(of(clone)).sign("fleetfeed", b"a text")


def test_what_cannot_sign_at_all_is_not_the_keys_fault(
    clone, keys, tmp_path, monkeypatch
):
    clone.git("config", "fleetfeed.signingKey", str(keys / "one"))
    key = signing_key(of(clone))
    monkeypatch.setenv("PATH", str(tmp_path))
    for said in ("error: cannot run ssh-keygen: No such file or directory", ""):
        unusable = str(key.unusable(said))
        assert unusable.startswith("ssh-keygen is not installed, or not on PATH; ")
    (tmp_path / "ssh-keygen").write_text(
        "#!/bin/sh\necho unknown option -- Y >&2; exit 1"
    )
    (tmp_path / "ssh-keygen").chmod(0o755)
    with pytest.raises(CannotTell, match=r"too old to sign; install OpenSSH 8\.9"):
        key.sign("fleetfeed", b"a text")
