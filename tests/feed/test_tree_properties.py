"""Feed trees against plain dictionaries, and against git's own ids."""

import pytest
from harness import Repo
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleetfeed.feed.diff import changes, changes_from_all
from fleetfeed.feed.objects import (
    EXECUTABLE,
    LINK,
    PLAIN,
    SUBTREE,
    Entry,
    MalformedTree,
    object_id,
    parse,
    raw,
    sort_key,
)
from fleetfeed.feed.overlay import from_files, overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model.layout import misplaced_folder

# `A`, `A.b` and `A0` sort around `A/`: git sorts a folder as if its name ended in one.
# `A` may be a folder of a feed, and `A/000` too.
names = st.sampled_from(["A", "A.b", "A0", "000", "é", "b"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
blobs = st.sampled_from([b"", b"1", b"2"])
modes = st.sampled_from([PLAIN, EXECUTABLE, LINK])


def _fits(path, others):
    """Whether `path` can lie beside `others`: none is a folder of another."""
    return not any(o.startswith(path + "/") or path.startswith(o + "/") for o in others)


@st.composite
def feeds(draw):
    """Path -> (mode, bytes), without a file in a folder's place."""
    files = {}
    for path, leaf in draw(
        st.dictionaries(paths, st.tuples(modes, blobs), max_size=8)
    ).items():
        if _fits(path, files):
            files[path] = leaf
    return files


def entries(files):
    return {
        path: Entry("", mode, object_id("blob", data))
        for path, (mode, data) in files.items()
    }


def tree(files, base=None):
    data = {object_id("blob", data): data for _, data in files.values()}
    return overlay(base or from_files({}), entries(files), data)


def leaves(tree: FeedTree, path=""):
    """Path -> (mode, bytes) of a tree, found by walking all of it."""
    found = {}
    for entry in tree.names(path):
        below = f"{path}/{entry.name}" if path else entry.name
        if entry.mode == SUBTREE:
            found |= leaves(tree, below)
        else:
            found[below] = (entry.mode, tree.store.blob(entry.id))
    return found


def _seen(tree, entry):
    return entry and (entry.mode, tree.store.blob(entry.id))


@given(feeds())
def test_a_tree_holds_what_was_laid(files):
    built = tree(files)
    assert leaves(built) == files
    assert (built.root is None) == (not files)
    for path, (mode, data) in files.items():
        assert built.read(path) == (data if mode == PLAIN else None)
    assert tree(dict(reversed(files.items()))).root == built.root


def _units(files):
    """`files` by where they are told: at their path, or at a folder that may not be."""
    units = {}
    for path, leaf in files.items():
        names = path.split("/")
        above = ("/".join(names[:end]) for end in range(1, len(names)))
        units.setdefault(next(filter(misplaced_folder, above), path), {})[path] = leaf
    return units


def _told(path, unit):
    """What a change tells of a unit: its file, or that it is a folder."""
    return unit.get(path, SUBTREE) if unit else None


def _new(tree, entry):
    return SUBTREE if entry and entry.mode == SUBTREE else _seen(tree, entry)


@given(st.lists(feeds(), min_size=1, max_size=3), feeds())
def test_changes_are_those_of_the_dictionaries(olds, new):
    befores, after = [tree(old) for old in olds], tree(new)
    found = list(changes_from_all(befores, after))
    were, are = [_units(old) for old in olds], _units(new)
    assert {c.path: _new(after, c.new) for c in found} == {
        path: _told(path, are.get(path))
        for path in set(are).union(*were)
        if all(each.get(path) != are.get(path) for each in were)
    }
    for change in found:
        pairs = zip(befores, change.olds, olds, strict=True)
        assert all(_seen(t, old) == files.get(change.path) for t, old, files in pairs)
        assert not change.malformed


@given(feeds(), feeds())
def test_changes_from_one_are_the_changes(old, new):
    before, after = tree(old), tree(new)
    assert [*changes(before, after)] == [*changes_from_all([before], after)]


@given(feeds(), feeds())
def test_laying_the_changes_over_one_side_gives_the_other(old, new):
    before, after = tree(old), tree(new)
    found = list(changes(before, after))
    assume(
        not any(c.new and c.new.mode == SUBTREE for c in found)
    )  # told, not gone into
    over = {change.path: change.new for change in found}
    data = {object_id("blob", data): data for _, data in new.values()}
    for order in (over, dict(reversed(over.items()))):
        assert overlay(before, order, data).root == after.root


@given(feeds(), st.lists(paths, max_size=4))
def test_taking_away_what_is_not_there_changes_nothing(files, gone):
    absent = {path: None for path in gone if path not in files and _fits(path, [])}
    kept = {p: None for p in absent if not any(f.startswith(p + "/") for f in files)}
    assert overlay(tree(files), kept).root == tree(files).root


@given(feeds())
def test_a_tree_object_is_parsed_as_it_was_written(files):
    rows = tree(files).names()
    assert parse(raw(rows), 20) == rows
    assert [sort_key(row) for row in rows] == sorted(sort_key(row) for row in rows)


@given(feeds(), st.randoms(use_true_random=False))
def test_a_tree_object_in_another_order_is_malformed(files, dice):
    rows = list(tree(files).names())
    mixed = dice.sample(rows, len(rows))
    data = b"".join(raw((row,)) for row in mixed)
    if mixed == rows:
        assert parse(data, 20) == tuple(rows)
    else:
        with pytest.raises(MalformedTree):
            parse(data, 20)


@given(feeds().filter(bool), st.data())
def test_a_tree_object_that_is_cut_or_doubled_is_malformed(files, data):
    whole = raw(tree(files).names())
    cut = data.draw(st.integers(1, 20))
    for wrong in (whole[:-cut], whole + whole):
        with pytest.raises(MalformedTree):
            parse(wrong, 20)


@settings(max_examples=10)
@given(files=feeds().filter(bool))
def test_ids_are_gits(tmp_path_factory, files):
    repo = Repo.init(tmp_path_factory.mktemp("ids"))
    for path, (mode, data) in files.items():
        blob = repo.git(
            "hash-object", "-w", "--stdin", stdin=data.decode()
        ).stdout.strip()
        assert blob == object_id("blob", data)
        repo.git("update-index", "--add", "--cacheinfo", f"{mode:o},{blob},{path}")
    assert repo.line("write-tree") == tree(files).root
