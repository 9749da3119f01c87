"""Which notes are about what: as if all were read, and what is new is read alone."""

import random

import pytest
from feed.fake_stores import Counting, LocalCacheStore
from harness import path, post
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed import note_index, unseen
from fleetfeed.feed.cache import Cache
from fleetfeed.feed.messages import count_unseen, reader
from fleetfeed.feed.objects import MalformedTree
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.unseen import unseen_counts
from fleetfeed.writing.dating import posted_at

ITEMS = [f"CMB-000{number}" for number in range(1, 5)]


def note(number, item, month=11):
    stamp = f"2026{month:02d}20T10{number % 3600 // 60:02d}{number % 60:02d}Z"
    name = f"notes/2026/{month:02d}/{stamp}-ORA-01-{number:04x}.yaml"
    text = post(seat="ORA-01", item=item, body="a word", subject=None, state=None)
    return name, text.encode()


def by_hand(files):
    """Reads all of it: notes' names by the item."""
    found = {}
    for name, data in sorted(files.items()):
        item = next((i for i in ITEMS if f"ITEM: {i}".encode() in data), None)
        if item and name.startswith("notes/"):
            found.setdefault(item, []).append(name)
    return found


def snapshot(objects, files, folder):
    return Snapshot(objects.stored(files), Cache(LocalCacheStore(folder)), lasting=True)


@given(st.integers(0, 2**32))
def test_whatever_comes_and_goes(tmp_path_factory, seed):
    rng = random.Random(seed)  # noqa: S311
    folder = tmp_path_factory.mktemp("index")
    (folder / "objects").mkdir()
    objects, files = Counting(), {}
    for step in range(6):
        for each in range(rng.choice((0, 1, 3, 20))):
            item = rng.choice((*ITEMS, None))
            files.update([note(step * 100 + each, item, rng.choice((10, 11)))])
        if files and rng.random() < 0.3:
            del files[rng.choice(list(files))]
        if rng.random() < 0.2:  # what an earlier one was made from is gone
            objects = Counting()
        index = snapshot(objects, files, folder).notes
        expected = by_hand(files)
        assert index.items == set(expected)
        for item in ITEMS:
            assert list(index.about(item)) == expected.get(item, [])


@pytest.mark.parametrize("size", [200, pytest.param(10_000, marks=pytest.mark.large)])
def test_a_second_command_reads_what_is_new(tmp_path, size):
    (tmp_path / "objects").mkdir()
    objects = Counting()
    files = dict(note(number, ITEMS[number % 4]) for number in range(size))
    assert len(snapshot(objects, files, tmp_path).notes.about(ITEMS[0])) == size / 4
    assert objects.read == size
    files.update([note(size, ITEMS[0])])
    assert len(snapshot(objects, files, tmp_path).notes.about(ITEMS[0])) == size / 4 + 1
    assert objects.read == size + 1


@pytest.mark.parametrize("text", ["[]", "{", '{"CMB-0001": 1}', '{"CMB-0001": ["x"'])
def test_what_was_kept_and_is_no_index_is_made_anew(tmp_path, text):
    (tmp_path / "objects").mkdir()
    objects = Counting()
    files = dict([note(1, ITEMS[0])])
    now = snapshot(objects, files, tmp_path)
    month = now.tree.entry("notes/2026/11")
    LocalCacheStore(tmp_path).save_text("notes/2026/11", month.id, text)
    LocalCacheStore(tmp_path).save_text("heard", now.tree.root, text)
    assert now.notes.items == {ITEMS[0]}
    assert unseen_counts(now, ()) == {}


def test_counts_of_many_items_are_remembered_while_their_posts_stay(tmp_path):
    (tmp_path / "objects").mkdir()
    objects, files = Counting(), {}
    for number in range(1, unseen.WORTH_KEEPING + 5):
        item = f"CMB-{number:04d}"
        told = {"at": "2026-11-20T10:00:00Z", "op": "x"}
        files[path(item, 1, "").lstrip("/")] = post(item=item, **told).encode()
    files.update([note(1, ITEMS[0]), note(2, ITEMS[0]), note(3, ITEMS[1])])

    def counted():
        now = snapshot(objects, files, tmp_path)
        items = now.open
        before = objects.read
        found = unseen_counts(now, items)
        assert found == {i.id: count_unseen(now, i.id, reader(i)) for i in items}
        return found, objects.read - before

    found, _ = counted()
    assert (found[ITEMS[0]], found[ITEMS[1]], found[ITEMS[2]]) == (2, 1, 0)
    now = snapshot(objects, files, tmp_path)
    assert unseen_counts(now, now.open) == found
    before = objects.read
    again = snapshot(objects, files, tmp_path)
    assert unseen_counts(again, again.open) == found
    # The notes, of which there are too few to be kept, and no post.
    assert objects.read - before <= 3 + len(again.open)
    assert note_index.WORTH_KEEPING > 3
    told = {"state": "IN_PROGRESS", "at": "2026-11-20T10:00:02Z", "op": "y"}
    told["subject"] = None
    files[path(ITEMS[0], 2, "").lstrip("/")] = post(item=ITEMS[0], **told).encode()
    assert counted()[0][ITEMS[0]] == 0


class Broken(Counting):
    """Objects of which git itself cannot tell what some folders hold."""

    broken = frozenset()

    def tree(self, id_):
        if id_ in self.broken:
            raise MalformedTree(id_)
        return super().tree(id_)


@pytest.mark.parametrize("at", ["notes", "notes/2026", "notes/2026/10"])
def test_a_folder_that_nobody_can_read_hides_its_own_notes_alone(tmp_path, at):
    (tmp_path / "objects").mkdir()
    objects = Broken()
    files = dict([note(1, ITEMS[0], 10), note(2, ITEMS[1], 11)])
    now = snapshot(objects, files, tmp_path)
    objects.broken = frozenset([now.tree.entry(at).id])
    assert now.notes.items == ({ITEMS[1]} if at.endswith("10") else set())


def test_a_note_that_is_not_here_hides_no_item(tmp_path):
    (tmp_path / "objects").mkdir()
    objects = Counting()
    first = path(ITEMS[0], 1, "").lstrip("/")
    files = {first: post(item=ITEMS[0]).encode(), **dict([note(1, ITEMS[0])])}
    now = snapshot(objects, files, tmp_path)
    del objects.blobs[now.tree.entry(note(1, ITEMS[0])[0]).id]
    assert unseen_counts(now, now.open) == {ITEMS[0]: None}
    assert posted_at(now, ITEMS[0], "2026-11-20T10:00:00Z") == "2026-11-20T10:00:00Z"
