"""OpenSSH's formats: keys, certificates, signatures. Pure: nothing is verified.

What is read here gives names and facts (whose key, which seats, until when). Whether a
signature is one is `ssh-keygen`'s to say (`checks.signatures`). The formats are RFC
4253's (a text is its length in four bytes, and its bytes), OpenSSH's PROTOCOL.key,
PROTOCOL.certkeys and PROTOCOL.sshsig. Bytes come from strangers: whatever is not as it
should be is a ValueError with words for people, and nothing is read that is longer than
it may be.
"""

import re
from binascii import Error, a2b_base64, b2a_base64
from functools import cached_property

from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_CERTIFIED = "-cert-v01@openssh.com"

# How many texts a key has after its kind.
_PARTS = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
KINDS = tuple(_PARTS)
"""The kinds of keys that sign, certificates left out."""

_LARGEST = 64 * 1024
"""Bytes that a key, certificate or signature may have; RSA of 16384 bits has 2 K."""
_MOST_PRINCIPALS = 64
FOREVER = (1 << 64) - 1
"""The end of a certificate that never ends, in seconds since 1970."""
_USER = 1
_HASHES = ("sha256", "sha512")

_PRIVATE_MAGIC = b"openssh-key-v1\0"
"""What a private key begins with, without its armour (PROTOCOL.key)."""

BEGIN, END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"


@record
class Certificate:
    """What an authority says of a key: whose it is, and from when until when.

    `principals` are as written; `starts` and `ends` are seconds since 1970, it is no
    longer valid at `ends`. `authority` is the plain key that certifies.
    """

    serial: int
    key_id: str
    principals: tuple[str, ...]
    starts: int
    ends: int
    authority: "PublicKey"


# Not slotted: `cached_property` keeps its value in the instance's dictionary.
@record
class PublicKey:
    """A public key: its kind as written, all its bytes, and its certificate if any."""

    kind: str
    blob: bytes
    certificate: Certificate | None = None

    @property
    def line(self) -> str:
        """`kind base64`, as in a `.pub` file."""
        return f"{self.kind} {b2a_base64(self.blob, newline=False).decode('ascii')}"

    @cached_property
    def plain(self) -> "PublicKey":
        """The key alone, where this is a certificate."""
        if not self.certificate:
            return self
        kind = plain_kind(self.kind)
        reader = _Reader(self.blob)
        reader.take()
        reader.take()  # a random text, so that certificates differ
        parts = [kind.encode("ascii"), *(reader.take() for _ in range(_PARTS[kind]))]
        return PublicKey(kind, b"".join(map(_counted, parts)))

    @cached_property
    def fingerprint(self) -> str:
        """`SHA256:…` as by `ssh-keygen -l`: of a certificate that of its key."""
        from hashlib import sha256  # late: most who read keys ask for none

        digest = b2a_base64(sha256(self.plain.blob).digest(), newline=False)
        return f"SHA256:{digest.decode('ascii').rstrip('=')}"


@record
class Signature:
    """A signature as far as it tells of itself: who, and what it was made for."""

    key: PublicKey
    namespace: str


def plain_kind(kind: str) -> str:
    """The kind of key that a certificate's kind certifies; a key's own as it is."""
    if not kind.endswith(_CERTIFIED):
        return kind
    name = kind.removesuffix(_CERTIFIED)
    return next((k for k in KINDS if k.partition("@")[0] == name), kind)


def key_of_line(text: str) -> PublicKey:
    """The key in `kind base64 comment`, a line of a `.pub` file."""
    kind, _, rest = text.strip().partition(" ")
    data = rest.split(" ", 1)[0]
    if not data:
        raise ValueError("it is not `kind base64`, as a line of a .pub file is")
    key = key_of_blob(_decoded(data.encode("utf-8", "replace"), "the key"))
    if key.kind != kind:
        raise ValueError(f"it says {printable(kind)}, and the key is a {key.kind}")
    return key


def key_of_blob(blob: bytes) -> PublicKey:
    """The key or user's certificate that `blob` is."""
    if len(blob) > _LARGEST:
        raise ValueError(f"the key has more than {_LARGEST} bytes")
    reader = _Reader(blob)
    kind = reader.text("the key's kind")
    plain = plain_kind(kind)
    if plain not in _PARTS:
        raise ValueError(f"{printable(kind)} is no kind of key that signs here")
    certified = plain != kind
    if certified:
        reader.take()
    for _ in range(_PARTS[plain]):
        if not reader.take():
            raise ValueError("a part of the key is empty")
    certificate = _certificate(reader) if certified else None
    reader.end()
    return PublicKey(kind, blob, certificate)


def _certificate(reader: "_Reader") -> Certificate:
    serial, what = reader.number(8), reader.number(4)
    if what != _USER:
        raise ValueError("the certificate is a host's, and no user's")
    key_id = reader.take().decode("utf-8", "replace")
    listed = _Reader(reader.take())
    principals = list[str]()
    while listed.left:
        if len(principals) == _MOST_PRINCIPALS:
            raise ValueError(f"the certificate has over {_MOST_PRINCIPALS} principals")
        principals.append(listed.text("a principal"))
    starts, ends = reader.number(8), reader.number(8)
    for _ in range(3):  # critical options, extensions, and what is reserved
        reader.take()
    authority = key_of_plain_blob(reader.take())
    if not reader.take():
        raise ValueError("the certificate is not signed")
    return Certificate(serial, key_id, tuple(principals), starts, ends, authority)


def key_of_plain_blob(blob: bytes) -> PublicKey:
    """The key that `blob` is, which is no certificate."""
    # Looked at first, or a certificate of a certificate of … would be read to its end.
    if _Reader(blob).text("the key's kind") not in _PARTS:
        raise ValueError("the authority's key is no plain key that signs here")
    return key_of_blob(blob)


def parse_signature(armoured: bytes) -> Signature:
    """What an armoured signature says: `-----BEGIN SSH SIGNATURE-----` and so on."""
    lines = armoured.strip().split(b"\n")
    if lines[0].rstrip() != BEGIN or lines[-1].rstrip() != END or len(lines) < 2:  # noqa: PLR2004
        raise ValueError(f"it is not from {BEGIN.decode()} to {END.decode()}")
    reader = _Reader(_decoded(b"".join(lines[1:-1]), "the signature"))
    if reader.raw(6) != b"SSHSIG":
        raise ValueError("it is no SSH signature inside")
    if (version := reader.number(4)) != 1:
        raise ValueError(f"it is of version {version}, and 1 is known")
    key = key_of_blob(reader.take())
    namespace = reader.text("its namespace")
    reader.take()  # reserved
    digest = reader.text("its hash")
    if digest not in _HASHES:
        raise ValueError(f"its hash is {printable(digest)}; there are sha256, sha512")
    if not reader.take():
        raise ValueError("it is empty")
    reader.end()
    return Signature(key, namespace)


def public_blob_in(data: bytes) -> bytes:
    """The public key in a private key of OpenSSH's own form (PROTOCOL.key).

    It is not encrypted: after `openssh-key-v1` come three texts about the cipher, the
    number of keys, and the first one. Empty where that is no such file, ValueError
    where it is cut off.
    """
    _, _, rest = data.partition(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    body, end, _ = rest.partition(b"-----END OPENSSH PRIVATE KEY-----")
    try:
        raw = a2b_base64(body) if end else b""
    except Error:
        return b""
    if not raw.startswith(_PRIVATE_MAGIC):
        return b""
    reader = _Reader(raw[len(_PRIVATE_MAGIC) :])
    for _ in range(3):
        reader.take()
    reader.number(4)
    return reader.take()


def _decoded(data: bytes, what: str) -> bytes:
    if len(data) > 2 * _LARGEST:
        raise ValueError(f"{what} is longer than {2 * _LARGEST} characters")
    packed = re.sub(rb"[ \t\r]", b"", data)
    try:
        return a2b_base64(packed, strict_mode=True)
    except Error as error:
        raise ValueError(f"{what} is not base64") from error


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


class _Reader:
    """Reads one text after the other; ValueError where the bytes end too soon."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """How many bytes are not yet read."""
        return len(self._data) - self._at

    def raw(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise ValueError("it is cut off")
        found = self._data[self._at : self._at + size]
        self._at += size
        return found

    def number(self, size: int) -> int:
        """The number in the next `size` bytes."""
        return int.from_bytes(self.raw(size), "big")

    def take(self) -> bytes:
        """The next text, which its length stands before."""
        return self.raw(self.number(4))

    def text(self, what: str) -> str:
        """The next text, printable ASCII."""
        found = self.take().decode("ascii", "replace")
        if not (found and found.isascii() and found.isprintable()):
            raise ValueError(f"{what} is not plain text")
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self.left:
            raise ValueError("more follows than there should be")
