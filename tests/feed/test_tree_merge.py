"""What one tree changes, put upon another: against dictionaries, path by path."""

import pytest
from feed.fake_stores import Objects
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.tree_merge import MergeConflict, changes_upon

NAMES = st.sampled_from(["A", "A.b", "A0", "b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.sampled_from([b"1", b"2"]), max_size=6).map(
    lambda files: {path: data for path, data in files.items() if _fits(path, files)}
)


def _fits(path, files):
    """Whether no other file lies in a folder's place."""
    return not any(path.startswith(f"{other}/") for other in files)


def merged(base, theirs, ours):
    """What `changes_upon` makes of three dictionaries."""
    objects = Objects()
    roots = [objects.stored(files).root for files in (base, theirs, ours)]
    entries = dict(changes_upon(objects, *roots))
    return overlay(objects.stored(ours), entries).root, objects


def by_path(base, theirs, ours):
    """The same path by path; None where both sides changed one, not to the same."""
    found = dict(ours)
    for path in base.keys() | theirs.keys():
        was, new, now = (files.get(path) for files in (base, theirs, ours))
        if new in (was, now):
            continue
        if now != was:
            return None
        if new is None:
            del found[path]
        else:
            found[path] = new
    return found if all(_fits(path, found) for path in found) else None


def changes_kind(*trees):
    """Whether a name is a file in one tree and a folder in another."""
    folders = {path[:at] for tree in trees for path in tree for at in _slashes(path)}
    return any(path in folders for tree in trees for path in tree)


def _slashes(path):
    return [at for at, letter in enumerate(path) if letter == "/"]


@given(TREES, TREES, TREES)
def test_it_is_the_merge_of_every_path(base, theirs, ours):
    expected = by_path(base, theirs, ours)
    try:
        root, objects = merged(base, theirs, ours)
    except MergeConflict:
        # Where a file takes a folder's place it is left to whoever pushed.
        assert expected is None or changes_kind(base, theirs, ours)
    else:
        assert expected is not None
        assert root == objects.stored(expected).root


@given(TREES, TREES)
def test_what_nobody_else_has_changed_is_theirs(base, theirs):
    root, objects = merged(base, theirs, base)
    assert root == objects.stored(theirs).root


@given(TREES, TREES)
def test_what_they_have_not_changed_stays_ours(base, ours):
    root, objects = merged(base, base, ours)
    assert root == objects.stored(ours).root


def test_the_conflict_names_the_path():
    base, theirs, ours = {"A/b": b"1"}, {"A/b": b"2"}, {"A/b": b"3", "A/c": b""}
    with pytest.raises(MergeConflict) as conflict:
        merged(base, theirs, ours)
    assert conflict.value.path == "A/b"
