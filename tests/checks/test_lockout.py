"""No change of the rules leaves a signed fleet whose stewards could sign for nothing."""

import base64

import pytest
from harness.signing import Key, revoking

from fleetfeed.checks.lockout import keys_locked_out
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_keygen import krl_flaw


class Keys:
    def __init__(self, folder):
        self.folder = folder
        self.steward, self.second = (
            Key.make(folder, "steward"),
            Key.make(folder, "second"),
        )
        self.ca = Key.make(folder, "ca")

    def found(self, *lines, revoked=b"", sign=1, stewards="FLEET-01, FLEET-02"):
        policy = f"identity: {{mode: signed}}\nstewards: [{stewards}]\nstewards_sign: {sign}\n"
        files = {
            "policy.yaml": policy.encode(),
            "allowed_signers": "".join(f"{line}\n" for line in lines).encode(),
            "revoked_keys": revoked,
        }
        after = Snapshot(from_files(files))
        assert after.policy.policy
        return [(one.code, one.message) for one in keys_locked_out(after)]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def not_a_point() -> str:
    """A key that reads like one, whose point is on no curve."""
    kind, curve, point = b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + b"\x01" * 64
    blob = b"".join(
        len(part).to_bytes(4, "big") + part for part in (kind, curve, point)
    )
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


def test_who_cannot_sign_is_no_steward_who_could_change_the_rules(keys):
    one, two, ca = (f"{key.public}" for key in (keys.steward, keys.second, keys.ca))
    krl = revoking(keys.folder, keys.steward)
    mine = f"FLEET-01 {one}"
    rows = [
        ([f'FLEET-01 valid-before="20200101" {one}'], {}),
        ([f'FLEET-01 valid-after="20900101" {one}'], {}),
        ([f'FLEET-01 namespaces="file" {one}'], {}),
        ([f"FLEET-01 {not_a_point()}"], {}),
        ([mine], {"revoked": krl}),
        ([mine], {"revoked": f"{one}\n".encode()}),
        ([f"* cert-authority {ca}"], {"revoked": f"{ca}\n".encode()}),
        ([mine, f"FLEET-02 {two}"], {"sign": 2, "revoked": krl}),
    ]
    for lines, how in rows:
        ((code, message),) = keys.found(*lines, **how)
        assert code == "FF610", lines
        assert (
            "would stand in allowed_signers with a key that can sign now, so nobody could"
            in message
        )
    for lines, how in [
        ([mine], {}),
        ([mine], {"revoked": f"{two}\n".encode()}),
        ([mine, f"FLEET-02 {two}"], {"sign": 2}),
        ([mine, f"* cert-authority {ca}"], {"sign": 2}),
        ([f"FLEET-01 {not_a_point()}", mine], {}),
        # Told by reading alone, in `judge.rule_changes`.
        ([], {}),
        ([f"* cert-authority {ca}"], {"sign": 2}),
        ([f"FLEET-01,FLEET-02 {one}"], {"sign": 2}),
        (["nonsense"], {}),
    ]:
        assert keys.found(*lines, **how) == [], lines


def test_a_list_of_revoked_keys_that_ssh_keygen_writes_and_cannot_read(keys):
    # OpenSSH 9.2: "bignum is too large", and by that list every key is revoked.
    serials = "".join(f"serial: {number * 3}\n" for number in range(1000, 10_000))
    listed = revoking(keys.folder, authority=keys.ca, lines=serials)
    found = keys.found(f"FLEET-01 {keys.steward.public}", revoked=listed)
    if not found and not krl_flaw(listed):
        pytest.skip("this ssh-keygen reads it")
    ((code, message),) = found
    assert code == "FF616"
    assert "ssh-keygen cannot read it (" in message


def test_the_only_steward_cannot_revoke_its_own_key_and_the_authority(signed):
    key, steward = signed.key("FLEET-01"), signed.seat("FLEET-01")
    steward.write("feed/revoked_keys", revoking(signed.keys, key, signed.key("ca")))
    steward.commit("gone", "--no-verify")
    refused = steward.git("push", "--no-verify", "origin", "HEAD:main", ok=False)
    assert refused.refusals == {"FF610"}
