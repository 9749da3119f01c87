"""Objects as a pack: how git takes in many of them at once (gitformat-pack)."""

import zlib
from collections.abc import Iterable
from hashlib import sha1, sha256

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_FASTEST = 1  # git packs them anew in time


def packed(objects: Iterable[tuple[str, bytes]], id_size: int) -> bytes:
    """A pack of `objects`, each a kind and its bytes; ids have `id_size` bytes here."""
    entries = [_header(kind, len(data)) + _deflated(data) for kind, data in objects]
    pack = b"PACK\0\0\0\2%b%b" % (len(entries).to_bytes(4, "big"), b"".join(entries))
    digest = sha1 if id_size == 20 else sha256  # noqa: PLR2004
    return pack + digest(pack).digest()


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data, _FASTEST)


def _header(kind: str, size: int) -> bytes:
    """Kind and size: the size's lowest four bits first, then seven a byte."""
    found = [_KINDS[kind] << 4 | size & 0xF]
    size >>= 4
    while size:
        found[-1] |= 0x80
        found.append(size & 0x7F)
        size >>= 7
    return bytes(found)
