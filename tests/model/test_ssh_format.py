"""OpenSSH's formats, as OpenSSH writes them; and what strangers make of them."""

import subprocess

import pytest
from harness.signing import Key, between
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.model.ssh_format import (
    FOREVER,
    KINDS,
    key_of_blob,
    key_of_line,
    parse_signature,
)

START, END = 1_795_000_000, 1_795_003_600


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    kinds = [
        ("ed25519", 0),
        ("rsa", 2048),
        ("ecdsa", 256),
        ("ecdsa", 384),
        ("ecdsa", 521),
    ]
    return [Key.make(folder, f"{kind}-{bits}", kind, bits) for kind, bits in kinds]


def test_keys_certificates_and_signatures_as_openssh_writes_them(made):
    ca = made[0]
    for key in made:
        plain = key_of_line(key.public_file.read_text())
        certificate = ca.certify(
            key, "CAMBER-06", "CAMBER-06/*", serial=77, valid=between(START, END)
        )
        known = key_of_line(certificate.public_file.read_text())
        assert plain.kind in KINDS
        assert plain.line == key.public
        assert plain.fingerprint == known.fingerprint == key.fingerprint
        assert (plain.plain, known.plain) == (plain, plain)
        fact = known.certificate
        assert fact.principals == ("CAMBER-06", "CAMBER-06/*")
        assert (fact.serial, fact.key_id) == (77, f"{key.file.name}-77")
        assert (fact.starts, fact.ends) == (START, END)
        assert fact.authority.line == ca.public
        for by, expected in [(key, plain), (certificate, known)]:
            signature = parse_signature(by.sign(b"text", "fleetfeed"))
            assert (signature.key, signature.namespace) == (expected, "fleetfeed")


def test_a_certificate_for_ever_and_for_nobody(made):
    fact = key_of_line(made[0].certify(made[1]).public_file.read_text()).certificate
    assert (fact.principals, fact.starts, fact.ends) == ((), 0, FOREVER)


def test_a_hosts_certificate_is_no_users(made):
    host = made[0].certify(made[1], "host", more=("-h",))
    with pytest.raises(ValueError, match="is a host's"):
        key_of_line(host.public_file.read_text())


def text(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


ED = text(b"ssh-ed25519") + text(b"k" * 32)


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "cut off"),
        (b"\xff\xff\xff\xff", "cut off"),
        (text(b""), "kind is not plain text"),
        (text(b"ssh-\x1b[2J"), "kind is not plain text"),
        (text(b"ssh-dss") + text(b"x"), "ssh-dss is no kind"),
        (text(b"ssh-dss-cert-v01@openssh.com") + text(b"x"), "no kind"),
        (text(b"ssh-ed25519") + text(b""), "a part of the key is empty"),
        (ED + b"x", "more follows"),
        (b"\0" * 70_000, "more than 65536 bytes"),
    ],
)
def test_what_is_no_key(blob, words):
    with pytest.raises(ValueError, match=words):
        key_of_blob(blob)


def certificate(principals: bytes, authority: bytes = ED) -> bytes:
    times = (0).to_bytes(8, "big") + FOREVER.to_bytes(8, "big")
    head = text(b"ssh-ed25519-cert-v01@openssh.com") + text(b"n") + text(b"k" * 32)
    whose = (
        (1).to_bytes(8, "big") + (1).to_bytes(4, "big") + text(b"id") + text(principals)
    )
    return head + whose + times + text(b"") * 3 + text(authority) + text(b"s")


def test_what_is_no_certificate():
    assert key_of_blob(certificate(text(b"A"))).certificate
    for blob, words in [
        (certificate(text(b"A") * 65), "over 64 principals"),
        (certificate(b"\0\0\0\x09A"), "cut off"),
        (certificate(text(b"A\n")), "a principal is not plain text"),
        (certificate(text(b"A"), certificate(b"")), "no plain key"),
    ]:
        with pytest.raises(ValueError, match=words):
            key_of_blob(blob)


@pytest.mark.parametrize(
    ("armoured", "words"),
    [
        (b"", "it is not from"),
        (b"-----BEGIN SSH SIGNATURE-----", "it is not from"),
        (b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----", "cut off"),
        (b"-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----", "is not base64"),
        (b"-----BEGIN SSH SIGNATURE-----\nAAAAAAAA\n-----END SSH SIGNATURE-----", "no SSH signature"),
        (b"-----BEGIN SSH SIGNATURE-----\n" + b"A" * 200_000 + b"\n-----END SSH SIGNATURE-----", "longer than"),
    ],
)  # fmt: skip
def test_what_is_no_signature(armoured, words):
    with pytest.raises(ValueError, match=words):
        parse_signature(armoured)


@given(st.data())
def test_whatever_is_changed_only_a_value_error_is_raised(data):
    blob = bytearray(certificate(text(b"A") + text(b"B/*")))
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(blob)))
    for each in (bytes(blob), bytes(blob[:cut])):
        try:
            key = key_of_blob(each)
        except ValueError:
            continue
        assert key.fingerprint.startswith("SHA256:")


@pytest.mark.large
def test_every_kind_that_openssh_lists_as_signing_here_is_known():
    listed = subprocess.run(
        ("ssh", "-Q", "key-plain"), capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) <= {
        *KINDS,
        "ssh-dss",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    }
