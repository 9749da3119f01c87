"""The parser of tree objects against a plain one that goes entry by entry."""

from itertools import pairwise, product
from operator import is_

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed.feed import parse_cache
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, MalformedTree, parse, raw
from fleetfeed.feed.parse_cache import ParseCache

CUT = "a tree that ends in the middle of an entry"
MODE = "an entry with an impossible mode"
NAME = "an entry with an impossible name"
ORDER = "entries that are not sorted, or named twice"
BOTH = "a file and a folder of one name"


def plain(data, id_size):
    """The entries of a tree object, or what is wrong with it."""
    rows, keys = [], []
    while data:
        mode, blank, rest = data.partition(b" ")
        name, nul, rest = rest.partition(b"\0")
        if not mode or not blank or not nul or b"\0" in mode or len(rest) < id_size:
            return CUT
        if mode[:1] == b"0" or mode.strip(b"01234567"):
            return MODE
        if name in (b"", b".", b"..") or b"/" in name or name.lower() == b".git":
            return NAME
        text = name.decode("utf-8", "surrogateescape")
        rows.append((text, int(mode, 8), rest[:id_size].hex()))
        keys.append(name + b"/" * (int(mode, 8) == SUBTREE))
        data = rest[id_size:]
    if any(one >= two for one, two in pairwise(keys)):
        return ORDER
    return BOTH if len({row[0] for row in rows}) < len(rows) else tuple(rows)


def parsed(data, id_size):
    try:
        return parse(data, id_size)
    except MalformedTree as error:
        return str(error)


modes = st.one_of(
    st.sampled_from([b"40000", b"100644", b"120000", b"0", b"7", b"100648", b"040000"]),
    st.binary(max_size=6),
)
names = st.one_of(
    st.sampled_from([b"A", b"A.b", b"A0", b".git", b".GiT", b"..", b".", b"", b"a/b"]),
    st.text(alphabet="aé\n \u20ac", max_size=3).map(str.encode),
    st.binary(max_size=4),
)
SIZES = st.sampled_from([20, 32])


@st.composite
def trees(draw):
    """Tree objects that are nearly sound, sorted or not; and how long their ids are."""
    size = draw(SIZES)
    ids = st.binary(min_size=size, max_size=size)
    rows = draw(st.lists(st.tuples(modes, names, ids), max_size=6))
    if draw(st.booleans()):
        rows.sort(key=lambda row: row[1] + b"/" * (row[0] == b"40000"))
    return b"".join(b"%s %s\0%s" % row for row in rows), size


@given(trees())
@example((b"40000 a\0" + b"1" * 20 + b"100644 a\0" + b"1" * 20, 20))
@example((b"100644 a\0" + b"1" * 20 + b"100644 a.b\0" + b"1" * 20, 20))
@example((b"100644 a\0" * 2 + b"1" * 20, 20))
@example((b"7" * 5000 + b" a\0" + b"1" * 20, 20))
def test_any_tree_object_is_parsed_as_by_the_plain_parser(tree):
    assert parsed(*tree) == plain(*tree)


@given(st.binary(max_size=80), SIZES)
def test_any_bytes_are_parsed_as_by_the_plain_parser(data, size):
    assert parsed(data, size) == plain(data, size)


def whole(kind, size):
    """A sound tree of a feed: shards, items or posts; a prefix beside the policy."""
    name = {"shard": "{:03d}", "item": "CMB-{:04d}", "post": "{:04d}.yaml"}[kind]
    mode = PLAIN if kind == "post" else SUBTREE
    rows = [Entry(name.format(n), mode, f"{n:02x}" * size) for n in range(30)]
    rows += [Entry("policy.yaml", PLAIN, "ab" * size), Entry("A.b", PLAIN, "00" * size)]
    return raw(rows)


@given(
    st.sampled_from(["shard", "item", "post"]),
    SIZES,
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=3
    ),
    st.one_of(st.none(), st.tuples(st.floats(0, 1), st.floats(0, 1))),
)
def test_a_tree_with_flipped_bytes_or_a_hole_in_it(kind, size, flips, hole):
    data = bytearray(whole(kind, size))
    for where, value in flips:
        data[int(where * len(data))] = value
    if hole:
        start, end = (int(part * len(data)) for part in sorted(hole))
        del data[start:end]
    assert parsed(bytes(data), size) == plain(bytes(data), size)


@pytest.mark.parametrize("part", [b"1", b"1 ", b"1 a", b"\0", b"1 a\0", b" "])
def test_megabytes_that_are_no_tree_are_refused_soon(part):
    data = part * (8_000_000 // len(part))
    assert parsed(data, 20) in (CUT, MODE, ORDER)


def test_each_byte_in_each_place_of_an_entry():
    sound = b"100644 a\0" + b"x" * 20
    for at, byte in product(range(len(sound)), range(256)):
        data = sound[:at] + bytes([byte]) + sound[at + 1 :]
        assert parsed(data, 20) == plain(data, 20)


def spelt(row):
    name, mode, id_ = row
    return b"%o %s\0%s" % (mode, name, id_)


edits = st.tuples(
    st.sampled_from(["put", "put", "new id", "take", "flip", "cut"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([b"CMB-0042", b"CMB-0042.b", b"CMB-1200", b"A", b"..", b"z\xff\n"]),
    st.sampled_from([SUBTREE, SUBTREE, PLAIN]),
    st.binary(min_size=32, max_size=32),
)


def edited(rows, edit, size):
    """`rows` after an edit, and the bytes of their tree, sound or not."""
    how, where, name, mode, id_ = edit
    rows = dict(rows)
    at = int(where * max(len(rows), 1))
    if how == "put":
        rows[name + b"/" * (mode == SUBTREE)] = (name, mode, id_[:size])
    elif how == "take" and rows:
        del rows[sorted(rows)[at]]
    elif how == "new id" and rows:
        key = sorted(rows)[at]
        rows[key] = (*rows[key][:2], id_[:size])
    data = b"".join(spelt(rows[key]) for key in sorted(rows))
    at = int(where * len(data))
    if how == "flip":
        return rows, data[:at] + id_[:1] + data[at + 1 :]
    return rows, data[:at] + data[at + id_[0] :] if how == "cut" else data


@given(SIZES, st.lists(edits, max_size=12))
@example(20, [("put", 0, b"CMB-0042", PLAIN, b"x" * 32)])
@example(20, [("put", 0, b"CMB-0042", PLAIN, b"x" * 32), ("new id", 0.5, b"", 0, b"")])
@example(20, [("put", 0, b"..", SUBTREE, b"x" * 32)])
@example(20, [("take", 0, b"", 0, b"x"), ("take", 0.999, b"", 0, b"x")])
def test_a_tree_like_one_before_is_parsed_as_any_other(size, steps):
    names = [b"CMB-%04d" % n for n in range(0, 300, 3)]
    rows = {n + b"/": (n, SUBTREE, n.ljust(size, b"/")) for n in names}
    remembering = ParseCache()
    assert len(b"".join(map(spelt, rows.values()))) > 2000
    for edit in [("keep", 0.0, b"", PLAIN, b""), *steps]:
        rows, data = edited(rows, edit, size)
        for again in range(2):
            try:
                found = remembering.parse(data, size)
            except MalformedTree as error:
                found = str(error)
            assert found == parsed(data, size), again


def test_a_tree_like_one_before_shares_its_entries():
    rows = [Entry(f"CMB-{n:04d}", SUBTREE, f"{n:040x}") for n in range(200)]
    remembering = ParseCache()
    before = remembering.parse(raw(rows), 20)
    rows[100] = rows[100]._replace(id="ab" * 20)
    after = remembering.parse(raw([*rows, Entry("CMB-0100.b", SUBTREE, "00" * 20)]), 20)
    assert all(map(is_, before[:100], after[:100]))
    assert all(map(is_, before[101:], after[102:]))
    assert len(after) == len(before) + 1


@pytest.mark.parametrize(("others", "known"), [(2, True), (3, False), (30, False)])
def test_the_memory_of_trees_has_an_end(monkeypatch, others, known):
    monkeypatch.setattr(parse_cache, "_MOST", 20_000)
    remembering = ParseCache()
    trees = [
        raw(Entry(f"A-{number}{n}", SUBTREE, f"{n:040x}") for n in range(100, 300))
        for number in range(others + 1)
    ]
    assert 5000 < len(trees[0]) < 20_000 // 3
    before, *_ = [remembering.parse(data, 20) for data in trees for _ in range(3)]
    assert (remembering.parse(trees[0], 20)[0] is before[0]) == known
