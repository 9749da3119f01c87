"""A command's own posts, found by their OP, and nobody else's."""

from harness import path, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot

NOTE = "notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"


def feed(**files):
    return Snapshot(from_files({name: text.encode() for name, text in files.items()}))


def at(item, number=1):
    return path(item, number).removeprefix("feed/")


def found(*files, since=None):
    now = feed(**dict(files))
    return [each.path for each in now.posts_by_op("mine", since and since.tree)]


def test_posts_and_notes_in_the_order_of_their_paths():
    files = [
        (at("ORA-0001"), post(item="ORA-0001", op="mine")),
        (NOTE, "SEAT: CAMBER-06\nOP: mine\nBODY: a remark\n"),
        (at("CMB-0001", 2), post(op="mine")),
        (at("CMB-0001"), post(op="other")),
    ]
    assert found(*files) == [
        path("CMB-0001", 2),
        path("ORA-0001"),
        f"feed/{NOTE}",
    ]


def test_who_only_mentions_it_has_not_written_it():
    files = [
        (at("CMB-0001"), post(op="mine-too", reason="after mine")),
        (at("CMB-0002"), post(item="CMB-0002", subject="mine")),
        (at("CMB-0003"), "OP: mine\n\tno post\n"),
        ("CMB/notes.txt", "OP: mine\n"),
        ("policy.yaml", "# OP: mine\n"),
    ]
    assert found(*files) == []


def test_only_what_was_added_since():
    old = (at("CMB-0001"), post(op="mine"))
    new = (at("CMB-0001", 2), post(op="mine"))
    assert found(old, new, since=feed(**dict([old]))) == [path("CMB-0001", 2)]


def test_a_feed_without_posts():
    assert Snapshot(from_files({})).posts_by_op("mine") == ()
