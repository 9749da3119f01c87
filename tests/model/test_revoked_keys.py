"""revoked_keys: a KRL, or a list of keys; a file that nobody can read revokes every key."""

import pytest
from harness.signing import Key, revoking

from fleetfeed.git.ssh_keygen import krl_flaw
from fleetfeed.model.revoked_keys import read_revoked

KEY = (
    b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQZh8O4oaF/3cUkiZtOdt5V/9vaa8R0MUgL+7FPDSHq"
)


@pytest.mark.parametrize(
    "data", [b"", b"# none\n\n", KEY, KEY + b" a comment\n# more\n" + KEY + b"\n"]
)
def test_a_list_of_keys(data):
    assert read_revoked(data, "feed/revoked_keys") == ()


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"# x\nSHA256:abc\n", 2, "the key cannot be read"),
        (KEY + b"\nssh-dss AAAA\n", 2, "the key cannot be read"),
        (b"SSHKRL\n\0", 0, "the KRL is cut off"),
        (b"x" * 1024 * 1024, 0, "more than 1048575 bytes"),
    ],
)
def test_what_cannot_be_read(data, line, words):
    (found,) = read_revoked(data, "feed/revoked_keys")
    assert (found.code, found.place.line) == ("FF616", line)
    assert words in found.message


def test_a_krl_is_read_as_far_as_ssh_keygen_reads_it(tmp_path):
    ca, key = Key.make(tmp_path, "ca"), Key.make(tmp_path, "key")
    whole = revoking(tmp_path, key, authority=ca, lines="serial: 1-9\nid: gone\n")
    assert read_revoked(whole, "r") == ()
    assert krl_flaw(whole) == ""
    for cut in range(9, len(whole), 7):
        # Cut off between two sections it is a shorter one.
        assert read_revoked(whole[:cut], "r") or not krl_flaw(whole[:cut])
    assert krl_flaw(whole[:50])
    # Of what it does not look into ssh-keygen tells.
    assert read_revoked(whole[:-1] + b"\xff", "r") == ()
