"""The sealed shard: one file in place of the folder of a thousand items that are over.

git walks the whole old tree at each push and fetch, so what is over should be few
objects. The file is a stream of YAML documents for a reader, and framed by lengths for
us, since a post that slipped in may hold anything:

    # fleetfeed: a sealed shard, version 1 (docs/sealing.md)
    --- # CMB-1438/0001.yaml 214
    ITEM: CMB-1438
    …

Behind each such line stand as many bytes as it says, the post itself; a post that does
not end its last line is followed by a newline. Posts are in the order of items and
numbers. So equal posts make equal files, whoever seals them, and a file that is sealed
anew has the old one's bytes in the old order, which git stores as a small difference.
"""

import re
from collections.abc import Iterator, Mapping

from fleetfeed.model import layout, names

LARGEST = 64 * 1024 * 1024
"""The most bytes of a sealed shard: who reads one post of it reads them all."""

_HEAD = b"# fleetfeed: a sealed shard, version 1 (docs/sealing.md)\n"
_FRAME = rb"--- # ([A-Z0-9]{1,16}-[0-9]{4,9})/([0-9]{4,7}\.yaml) (0|[1-9][0-9]{0,8})\n"


class BadSeal(ValueError):
    """A file that is no sealed shard; the text says why."""


def seal(posts: Mapping[str, bytes]) -> bytes:
    """The sealed shard of `posts` by their paths in it, such as `CMB-1438/0001.yaml`.

    BadSeal for a path that is no post's.
    """
    parts = [_HEAD]
    for path in sorted(posts, key=_place):
        data = posts[path]
        end = b"" if data.endswith(b"\n") else b"\n"
        parts += (b"--- # %s %d\n" % (path.encode("ascii"), len(data)), data, end)
    return b"".join(parts)


def unseal(data: bytes) -> dict[str, bytes]:
    """The posts in a sealed shard, in their order. BadSeal where it is none.

    Only what `seal` writes is read: one set of posts has one file.
    """
    found = dict(documents(data))
    if not found:
        raise BadSeal("no post in it")
    return found


def documents(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each post in a sealed shard, as far as somebody reads.

    BadSeal at the place from which on it is none.
    """
    if len(data) > LARGEST:
        raise BadSeal(f"more than {LARGEST} bytes")
    if not data.startswith(_HEAD):
        raise BadSeal("another first line than a sealed shard's")
    at, last = len(_HEAD), (0, 0)
    while at < len(data):
        path, post, at = _document(data, at)
        place = _place(path)
        if place <= last:
            raise BadSeal(f"{path} out of order")
        last = place
        yield path, post


def _document(data: bytes, at: int) -> tuple[str, bytes, int]:
    """The path and the bytes of the post whose line begins at `at`, and its end."""
    frame = re.compile(_FRAME).match(data, at)
    if not frame:
        raise BadSeal(f"no line of a post at byte {at}")
    path = (frame[1] + b"/" + frame[2]).decode("ascii")
    end = frame.end() + int(frame[3])
    post = data[frame.end() : end]
    if post.endswith(b"\n") and end <= len(data):
        return path, post, end
    if data[end : end + 1] != b"\n":
        raise BadSeal(f"{path} that does not end where its line says")
    return path, post, end + 1


def _place(path: str) -> tuple[int, int]:
    """Where a post stands in its shard: by its item's number, and by its own."""
    item, _, name = path.partition("/")
    known, number = names.parse(item), layout.post_number(name)
    if known is None or number is None:
        raise BadSeal(f"{path}, which is no post's place")
    return known.number, number
