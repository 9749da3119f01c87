"""Ed25519 (RFC 8032), and what OpenSSH makes of it: keys, certificates, signatures.

In this process, half a millisecond a signature: ssh-keygen takes one of its own for
each, and there are histories of 100,000. Nothing here comes from the package under
test. Only for tests: the time it takes tells the key.
"""

import base64
import hashlib
import struct
from dataclasses import dataclass
from functools import cache, cached_property

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P

Point = tuple[int, int, int, int]
"""x, y, 1, xy, each times z."""


def _added(one: Point, two: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = two
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    x = x if x % 2 == 0 else _P - x
    return x, y, 1, x * y % _P


@cache
def _table() -> list[list[Point]]:
    """The base point times each digit of a number in base 16, at each of its places."""
    rows, at = [], _base()
    for _ in range(64):
        row = [(0, 1, 1, 0)]
        for _ in range(15):
            row.append(_added(row[-1], at))
        rows.append(row)
        at = _added(row[-1], at)
    return rows


def _times_base(number: int) -> bytes:
    found: Point = (0, 1, 1, 0)
    for place, row in enumerate(_table()):
        found = _added(found, row[number >> 4 * place & 15])
    x, y, z, _ = found
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


@dataclass(frozen=True)
class Signer:
    """A key, which follows from its name; or a certificate's, which signs with it."""

    name: str
    certificate: bytes = b""

    @cached_property
    def _secret(self) -> tuple[int, bytes]:
        digest = hashlib.sha512(self.name.encode()).digest()
        digest = hashlib.sha512(digest[:32]).digest()
        number = int.from_bytes(digest[:32], "little")
        return number & (1 << 254) - 8 | 1 << 254, digest[32:]

    @cached_property
    def point(self) -> bytes:
        return _times_base(self._secret[0])

    @cached_property
    def _plain(self) -> bytes:
        return _text(b"ssh-ed25519") + _text(self.point)

    @property
    def public(self) -> str:
        """`ssh-ed25519 base64`, of the key alone."""
        return f"ssh-ed25519 {base64.b64encode(self._plain).decode()}"

    def _signature(self, data: bytes) -> bytes:
        number, prefix = self._secret
        r = int.from_bytes(hashlib.sha512(prefix + data).digest(), "little") % _ORDER
        point = _times_base(r)
        h = hashlib.sha512(point + self.point + data).digest()
        s = (r + int.from_bytes(h, "little") * number) % _ORDER
        return _text(b"ssh-ed25519") + _text(point + s.to_bytes(32, "little"))

    def sign(self, data: bytes, namespace: str = "git") -> bytes:
        """An armoured signature over `data` (PROTOCOL.sshsig)."""
        about = _text(namespace.encode()) + _text(b"") + _text(b"sha512")
        over = b"SSHSIG" + about + _text(hashlib.sha512(data).digest())
        key = self.certificate or self._plain
        made = b"SSHSIG" + struct.pack(">I", 1) + _text(key) + about
        text = base64.b64encode(made + _text(self._signature(over))).decode()
        lines = [text[at : at + 70] for at in range(0, len(text), 70)]
        head, end = (f"-----{word} SSH SIGNATURE-----" for word in ("BEGIN", "END"))
        return "\n".join([head, *lines, end, ""]).encode()

    def certify(
        self, key: "Signer", *principals: str, valid: tuple[int, int], serial: int = 1
    ) -> "Signer":
        """`key` with this authority's word for it, from when until when (seconds)."""
        body = _text(b"ssh-ed25519-cert-v01@openssh.com") + _text(b"n" * 32)
        body += _text(key.point) + struct.pack(">QI", serial, 1) + _text(b"id")
        body += _text(b"".join(_text(one.encode()) for one in principals))
        body += struct.pack(">QQ", *valid) + _text(b"") * 3 + _text(self._plain)
        return Signer(key.name, body + _text(self._signature(body)))
