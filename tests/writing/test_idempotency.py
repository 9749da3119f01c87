"""A command's own posts, found by their OP, and nobody else's."""

import pytest
from harness import path, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.writing.idempotency import ExpectedPost

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


DONE = {"STATE": "DONE", "SEAT": "CAMBER-06"}
ONE = {"item": "CMB-0001", "state": "DONE"}


@pytest.mark.parametrize(
    ("expected", "number", "fields", "is_it"),
    [
        (ExpectedPost(DONE), 2, ONE, True),
        (ExpectedPost(DONE), 1, ONE, True),
        (ExpectedPost(DONE), 2, {**ONE, "seat": "CAMBER-07"}, False),
        (ExpectedPost({**DONE, "REASON": ()}), 2, ONE, True),
        (ExpectedPost({**DONE, "REASON": ()}), 2, {**ONE, "reason": "x"}, False),
        (ExpectedPost(DONE, later=True), 2, ONE, True),
        (ExpectedPost(DONE, later=True), 1, ONE, False),
        (ExpectedPost(DONE, "CMB"), 1, ONE, True),
        (ExpectedPost(DONE, "CMB"), 2, ONE, False),
        (ExpectedPost(DONE, "ORA"), 1, ONE, False),
        (ExpectedPost(DONE, instead={"STATE": "PARKED"}), 2, ONE, True),
        (ExpectedPost(DONE, instead={"SEAT": "CAMBER-07"}), 2, {**ONE, "seat": "CAMBER-07"}, True),
        (ExpectedPost(DONE, instead={"STATE": "PARKED"}), 2, {**ONE, "state": "BLOCKED"}, False),
    ],
)  # fmt: skip
def test_a_post_is_the_expected_one_or_not(expected, number, fields, is_it):
    there = feed(**{at("CMB-0001", number): post(op="mine", **fields)})
    (found,) = there.posts_by_op("mine")
    assert expected.is_(found) is is_it


def test_a_note_is_nobodys_first_or_later_post():
    there = feed(**{NOTE: "SEAT: CAMBER-06\nOP: mine\nBODY: a remark\n"})
    (found,) = there.posts_by_op("mine")
    said = {"SEAT": "CAMBER-06", "BODY": "a remark"}
    assert ExpectedPost(said, later=True).is_(found)
    assert not ExpectedPost({**said, "BODY": "another"}).is_(found)
