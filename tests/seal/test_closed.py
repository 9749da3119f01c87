"""Which shards may be sealed, and when: by the summary, and by what the posts say."""

import pytest
from harness import path, post
from judge.gen_feeds import snapshot
from seal.gen_feeds import AT, again, beyond, item_id, life, sealed, shard

from fleetfeed.feed.shards import shards
from fleetfeed.lease.estimate import utc
from fleetfeed.writing.seal import NotYet, busy, closed, is_sealed, sealing

CLOSED = shard() | beyond()
WHEN = utc(AT)


def paths(files):
    return [each.path for each in closed(snapshot(files))]


def made(files, *, before=WHEN, touched=None):
    """The seal of the first shard; `touched` is its last commit's time (None: none)."""
    feed = snapshot(files)
    first = next(shards(feed.tree))

    def last(path):
        assert path == first.path
        assert touched is not None
        return touched

    return sealing(feed, first, before, last)


def test_a_shard_without_open_items_is_closed_once_numbers_lie_beyond():
    assert paths(CLOSED) == ["CMB/000"]
    assert busy(snapshot(CLOSED)) == {"CMB/001": "CMB-1000 is AWAITING_CLAIM"}


def test_the_shard_of_the_next_number_stays():
    assert paths(shard(900, 30)) == []
    said = busy(snapshot(shard(900, 30)))
    assert said == {"CMB/000": "the next new item of CMB is CMB-0930"}


def test_each_prefix_has_its_own_next_number():
    ora = {n.replace("CMB", "ORA"): t.replace("CMB", "ORA") for n, t in CLOSED.items()}
    assert paths(CLOSED | ora | life("FLT-0001")) == ["CMB/000", "ORA/000"]


def test_a_shard_above_the_next_number_is_closed_where_it_is_over():
    assert paths(CLOSED | life("CMB-7001")) == ["CMB/000", "CMB/007"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (again(item_id(980)), "CMB-0980 is PARKED"),
        (again(item_id(980), state="BLOCKED"), "CMB-0980 is BLOCKED"),
        ({path("CMB-0980", 3): "STATE: ["}, "CMB-0980 is unreadable"),
        ({path("CMB-0001"): "SURFACE_KEY: A:b:c\n"}, "CMB-0001 is unreadable"),
        (again(item_id(990)) | again(item_id(980)), "CMB-0980 is PARKED"),
    ],
)
def test_an_open_item_keeps_its_shard_open(more, why):
    assert paths(CLOSED | more) == []
    assert busy(snapshot(CLOSED | more))["CMB/000"] == why


def test_a_sealed_shard_is_not_closed_but_with_posts_beside_it():
    seal = {"feed/CMB/000.sealed": sealed(shard())} | beyond()
    assert paths(seal) == []
    assert is_sealed(next(shards(snapshot(seal).tree)))
    more = again(item_id(980)) | again(item_id(980), 4, "DONE", epoch=2)
    assert paths(seal | more) == ["CMB/000"]
    assert made(seal | more, touched=WHEN).data == sealed(shard() | more)


def test_the_seal_has_the_posts_byte_for_byte():
    seal = made(CLOSED)
    assert seal.data == sealed(shard())
    assert (seal.shard, seal.items, seal.posts) == ("CMB/000", 30, 60)
    assert seal.files == {"CMB/000.sealed": seal.data, "CMB/000": None}


def test_it_waits_as_long_as_the_last_post_says():
    made(CLOSED, before=WHEN)
    with pytest.raises(NotYet, match="CMB-0970 is not over for long enough"):
        made(CLOSED, before=WHEN - 1, touched=WHEN)


def test_the_last_post_alone_counts():
    later = {path("CMB-0970"): CLOSED[path("CMB-0970")].replace("2025", "2026")}
    made(CLOSED | later)


def test_without_at_it_waits_as_long_as_the_last_commit_says():
    silent = shard(at=None) | beyond()
    made(silent, touched=WHEN)
    with pytest.raises(NotYet, match="CMB-0970 is not over for long enough"):
        made(silent, touched=WHEN + 1)


def test_a_time_in_the_future_does_not_keep_a_shard_open_for_ever():
    made(shard(at="2999-01-01T00:00:00Z") | beyond(), touched=WHEN)


def test_what_is_no_post_stays_where_it_is():
    for stray, why in (
        ({"feed/CMB/000/notes.txt": "x"}, "something in it is no item's folder"),
        ({"feed/CMB/000/CMB-0970/x.txt": "x"}, "something in CMB-0970 is no post"),
        ({"feed/CMB/000/CMB-0001": "x"}, "CMB-0001 is no folder"),
    ):
        with pytest.raises(NotYet, match=why):
            made(CLOSED | stray)


def test_no_post_is_so_large_that_git_takes_the_file_for_it():
    large = {path("CMB-0970"): post(item="CMB-0970", body="x" * 20_000)}
    with pytest.raises(NotYet, match="git would take it for that"):
        made(CLOSED | large)
    few = {name: text for number in (1, 2) for name, text in life(f"CMB-{number:04d}").items()}  # fmt: skip
    assert made(few | beyond()).posts == 4
    with pytest.raises(NotYet, match="git would take it for that"):
        made(life("CMB-0001") | beyond())
