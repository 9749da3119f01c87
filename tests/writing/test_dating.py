"""Seats' clocks differ, and what is written is in order all the same."""

import pytest
from harness import path, post

from fleetfeed.feed.messages import count_unseen
from fleetfeed.feed.overlay import from_files, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import note
from fleetfeed.writing.dating import noted_at, posted_at
from fleetfeed.writing.request import Request
from fleetfeed.writing.verbs import renew

ITEM, SIX, SEVEN = "CMB-0001", "CAMBER-06", "CAMBER-07"


def feed(at=None, *notes):
    files = {path(ITEM, 1, "").lstrip("/"): post(state="IN_PROGRESS", at=at)}
    for stamp in notes:
        made = note({"SEAT": SEVEN, "AT": stamp, "ITEM": ITEM, "BODY": "x"}, "abcd")
        files[made.path] = made.text
    return Snapshot(from_files({name: text.encode() for name, text in files.items()}))


T0, T1, SOON, FAR = (f"2026-11-20T10:{minute}:00Z" for minute in ("00", "01", "05", 30))
AFTER_T1 = "2026-11-20T10:01:01Z"


@pytest.mark.parametrize(
    ("now", "last", "notes", "posted", "noted"),
    [
        (T1, T0, [], T1, T1),
        (T1, None, [], T1, T1),
        (T0, T1, [], T1, AFTER_T1),
        (T1, T1, [], T1, AFTER_T1),
        (T0, None, [T1], T1, T0),
        (T0, T0, [SOON], SOON, "2026-11-20T10:00:01Z"),
        (T0, T0, [FAR], T0, "2026-11-20T10:00:01Z"),
        (T0, FAR, [], T0, "2026-11-20T10:30:01Z"),
        (T0, FAR, [SOON], SOON, "2026-11-20T10:30:01Z"),
        (T0, "2026-11-20T10:01:00.25Z", [], "2026-11-20T10:01:00.25Z", AFTER_T1),
        ("2026-02-28T23:59:00Z", None, ["2026-02-31T00:00:00Z"], "2026-02-28T23:59:00Z", "2026-02-28T23:59:00Z"),
        (T0, "9999-12-31T23:59:59Z", [], T0, "9999-12-31T23:59:59Z"),
    ],
)  # fmt: skip
def test_a_stamp_follows_what_is_there(now, last, notes, posted, noted):
    there = feed(last, *notes)
    assert posted_at(there, ITEM, now) == posted
    assert noted_at(there, ITEM, now) == noted


@pytest.mark.parametrize("fast", [SIX, SEVEN])
def test_a_note_is_new_until_its_reader_posts_whatever_the_clocks_say(fast):
    """One clock is four minutes before the other."""
    clocks = dict.fromkeys((SIX, SEVEN), "2026-11-20T10:00:00Z")
    clocks[fast] = "2026-11-20T10:04:00Z"
    now = feed(T0)
    for turn in range(3):
        token, asked = f"{turn:04x}", clocks[SEVEN]
        fields = {"SEAT": SEVEN, "ITEM": ITEM, "BODY": "x"}
        made = note({**fields, "AT": noted_at(now, ITEM, asked)}, token)
        now = _with(now, made)
        assert count_unseen(now, ITEM, SIX) == 1
        request = Request({"SEAT": SIX, "AT": clocks[SIX], "OP": f"op{turn}"})
        now = _with(now, *renew(now, ITEM, request))
        assert count_unseen(now, ITEM, SIX) == 0
    assert now.item(ITEM).state is State.IN_PROGRESS


def _with(feed, *drafts):
    files = {made.path: made.text.encode() for made in drafts}
    return feed.changed_to(with_files(feed.tree, files))
