"""The parser of trees: of one that is much like an earlier one, the rest alone is read.

The next commit's folder of a thousand items differs in one of them. What its object
begins and ends with as a known one does is as sound as there; what lies between is
checked as in any tree, and where it meets the rest. Whatever is not plainly sound is
parsed as a whole, which says what is wrong with it.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise

from fleetfeed.feed.objects import SUBTREE, Entry, MalformedTree, parse, sort_key
from fleetfeed.util.records import record

_Rows = tuple[Entry, ...]

_LARGE = 2000
"""Bytes from which on a tree is worth a comparison: some sixty entries."""
_FEW = 8
"""Entries that may be new; where more are, the whole is parsed as fast."""
_NAMED = 20
"""About as many bytes has an entry besides its id."""
_MOST = 8_000_000
"""Bytes of trees that are remembered: some two hundred full shards."""


@record
class _Known:
    """A sound tree: its bytes, its entries, and where in the bytes each ends."""

    data: bytes
    rows: _Rows
    ends: list[int]


class ParseCache:
    """`parse` with a memory of the large trees that it met last."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}
        self._bytes = 0

    def parse(self, data: bytes, id_size: int) -> _Rows:
        """As `parse` of `fleetfeed.feed.objects`."""
        if not _LARGE <= len(data) <= _MOST:
            return parse(data, id_size)
        # Of a folder's entries the first is seldom the one that changes.
        first = data[: data.find(b"\0") + 1 + id_size]
        known = self._known.get(first)
        new = (known and _beside(known, data, id_size)) or _whole(data, id_size)
        self._forget(first)
        self._known[first] = new
        self._bytes += len(data)
        while self._bytes > _MOST:
            self._forget(next(iter(self._known)))
        return new.rows

    def _forget(self, first: bytes) -> None:
        known = self._known.pop(first, None)
        self._bytes -= len(known.data) if known else 0


def _whole(data: bytes, id_size: int) -> _Known:
    rows = parse(data, id_size)
    return _Known(data, rows, _ends(rows, id_size))


def _ends(rows: _Rows, id_size: int) -> list[int]:
    return list(accumulate(_length(row) + id_size for row in rows))


def _length(row: Entry) -> int:
    """How many bytes mode, blank, name and NUL take."""
    name = row.name if row.name.isascii() else row.name.encode(errors="surrogateescape")
    return len(b"%o" % row.mode) + len(name) + 2


def _beside(known: _Known, data: bytes, id_size: int) -> _Known | None:
    """The entries of `data`, which is mostly like `known`; None where it is not."""
    old, rows, ends = known.data, known.rows, known.ends
    start = bisect_right(ends, common_prefix(old, data))
    begin = ends[start - 1] if start else 0
    tail = common_prefix(old[begin:][::-1], data[begin:][::-1])
    stop = max(bisect_left(ends, len(old) - tail) + 1, start)
    grown, end = len(data) - len(old), ends[stop - 1]
    middle = data[begin : end + grown]
    if len(middle) > _FEW * (id_size + _NAMED):
        return None
    try:
        new = parse(middle, id_size)
    except MalformedTree:
        return None
    if not _fits(rows[:start], new, rows[stop:]):
        return None
    after = [end + grown for end in ends[stop:]] if grown else ends[stop:]
    there = [begin + end for end in _ends(new, id_size)]
    ends = [*ends[:start], *there, *after]
    return _Known(data, rows[:start] + new + rows[stop:], ends)


def common_prefix(one: bytes, two: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _fits(before: _Rows, new: _Rows, after: _Rows) -> bool:
    """Whether `new`, sound by itself, stands rightly between what is sound, too."""
    seam = [sort_key(row) for row in (*before[-1:], *new, *after[:1])]
    if any(one >= two for one, two in pairwise(seam)):
        return False
    return not any(_twin(row, rows) for row in new for rows in (before, after))


def _twin(row: Entry, rows: _Rows) -> bool:
    """Whether `rows` have a folder of a file's name, or a file of a folder's."""
    mode = 0 if row.mode == SUBTREE else SUBTREE
    at = bisect_left(rows, sort_key(Entry(row.name, mode, "")), key=sort_key)
    return rows[at : at + 1] != () and rows[at].name == row.name
