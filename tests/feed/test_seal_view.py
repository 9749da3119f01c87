"""Sealed shards that were read are kept, for every thread of the process."""

from threading import Thread

import pytest
from seal.gen_feeds import item_id, life, sealed

from fleetfeed.feed import seal_view
from fleetfeed.feed.overlay import from_files
from fleetfeed.model import layout

A, B, C, D = (item_id(number) for number in (1, 1001, 2001, 3001))


def tree(item):
    """A feed of one sealed shard, with the life of `item` in it."""
    shard = layout.post_path(item, 1).rpartition(f"/{item}/")[0]
    return from_files({shard + layout.SEALED: sealed(life(item))})


def post(item):
    """What the first post of `item` reads as, and what it should."""
    found = tree(item).read(layout.post_path(item, 1))
    return found.decode(), life(item)[f"feed/{layout.post_path(item, 1)}"]


@pytest.fixture
def size(monkeypatch):
    """The size of a kept shard; `meanwhile` is done once, when `of`'s is asked for."""
    plain, waiting = seal_view.SealedShard.size.fget, []

    def asked(shard):
        if waiting and waiting[0][0] in shard.posts:
            waiting.pop()[1]()
        return plain(shard)

    monkeypatch.setattr(seal_view.SealedShard, "size", property(asked))
    return lambda of, meanwhile: waiting.append((of, meanwhile))


def test_what_is_kept_is_counted_while_another_thread_reads(size, monkeypatch):
    kept = {}
    monkeypatch.setattr(seal_view, "_recent", kept)
    for item in (A, B):
        post(item)
    read = []
    other = Thread(target=lambda: read.append(post(D)))

    def meanwhile():
        other.start()
        other.join(10)  # nobody waits for anybody: it is through with it at once
        assert read

    size(A, meanwhile)
    read.append(post(C))
    assert len(read) == 2
    assert all(found == written for found, written in read)
    assert len(kept) == 4
