"""Packs of a few objects, made in memory (gitformat-pack).

git takes in many objects at once by one. A program of its own would make them smaller,
and takes as long to start as all that is done with so few.
"""

from collections.abc import Sequence
from hashlib import sha1, sha256

from fleetfeed.feed.parse_cache import common_prefix

KINDS = ("", "commit", "tree", "blob", "tag")
"""By their numbers in a pack, which are libgit2's, too."""

_BY_ITS_BASE = 7
"""The kind of an entry that says how it differs from an object of this id."""
_FASTEST, _WINDOW, _MEMORY = 1, 12, 4
"""How hard zlib tries, its window's bits, its level of memory: git packs anew in time.

What is packed is small. It takes 6 µs so; with zlib's usual tables, which are larger
and have to be cleared, 30 to 50.
"""
_COPY, _INSERTED = 0x80, 127
"""What marks a copied stretch, and how many bytes are inserted at once."""
_SHORTEST, _COPIED = 64, 0xFFFF
"""Bytes of a base that is worth it, and of what is copied at once."""


def packed(entries: Sequence[bytes], id_size: int) -> bytes:
    """A pack of `entries`; `id_size` are the bytes of an id."""
    pack = b"PACK\0\0\0\2%b%b" % (len(entries).to_bytes(4, "big"), b"".join(entries))
    digest = sha1 if id_size == 20 else sha256  # noqa: PLR2004
    return pack + digest(pack).digest()


def count_in(pack: bytes) -> int:
    """How many objects a pack says that it has."""
    return int.from_bytes(pack[8:12], "big")


def entry(kind: str, data: bytes) -> bytes:
    """An object as a pack has it."""
    return _entry(KINDS.index(kind), data)


def entry_by_base(kind: str, data: bytes, base: str, old: bytes) -> bytes:
    """The same, told by what is other than in `old`, an object of the id `base`.

    For what has one new stretch, as a tree with one more row.
    """
    if len(old) < _SHORTEST or not data:
        return entry(kind, data)
    ahead = common_prefix(old, data)
    most = min(len(old), len(data)) - ahead
    behind = min(common_prefix(old[::-1], data[::-1]), most)
    steps = [_number(len(old)), _number(len(data)), *_copies(0, ahead)]
    new = data[ahead : len(data) - behind]
    for at in range(0, len(new), _INSERTED):
        some = new[at : at + _INSERTED]
        steps += (bytes((len(some),)), some)
    steps += _copies(len(old) - behind, behind)
    return _entry(_BY_ITS_BASE, b"".join(steps), bytes.fromhex(base))


def _entry(kind: int, data: bytes, between: bytes = b"") -> bytes:
    import zlib  # late: no hook writes

    size = len(data)
    # The size's lowest four bits stand beside the kind, then come seven a byte.
    more = _number(size >> 4) if size > 0xF else b""  # noqa: PLR2004
    first = (0x80 if more else 0) | kind << 4 | size & 0xF
    made = zlib.compressobj(_FASTEST, zlib.DEFLATED, _WINDOW, _MEMORY)
    return b"%c%b%b%b%b" % (first, more, between, made.compress(data), made.flush())


def _number(value: int) -> bytes:
    """A number, seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004
        found.append(0x80 | value & 0x7F)
        value >>= 7
    return bytes((*found, value))


def _copies(start: int, size: int) -> list[bytes]:
    """What says that so many bytes of the base come next, from `start`."""
    found: list[bytes] = []
    while size:
        some = min(size, _COPIED)
        row = start.to_bytes(4, "little") + some.to_bytes(2, "little")
        marked = _COPY | sum(1 << n for n, byte in enumerate(row) if byte)
        found.append(bytes((marked, *filter(None, row))))
        start, size = start + some, size - some
    return found
