"""Seats' clocks differ, and what is written is in order all the same."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from harness import path, post
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed.messages import count_unseen, messages, unseen
from fleetfeed.feed.overlay import from_files, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import note
from fleetfeed.writing.dating import noted_at, posted_at
from fleetfeed.writing.idempotency import utc_now
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


def test_wherever_a_seat_is_it_dates_as_all_do(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-9")
        time.tzset()
        said = utc_now()
    time.tzset()
    away = datetime.now(UTC) - datetime.fromisoformat(said)
    assert abs(away) < timedelta(hours=4)


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


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=12),
    st.tuples(*[st.integers(-900, 900)] * 2),
)
def test_nothing_is_seen_that_was_not_told(steps, skews):
    """Two seats write by turns; each has a clock of its own, wrong by some minutes."""
    now, told, seconds = feed(T0), set(), 1000
    for number, (reads, pause) in enumerate(steps):
        seconds += pause
        minute, second = divmod(seconds + skews[reads], 60)
        at = f"2026-11-20T10:{minute:02d}:{second:02d}Z"
        if reads:
            request = Request({"SEAT": SIX, "AT": at, "OP": f"op{number}"})
            (made,) = renew(now, ITEM, request)
            now = _with(now, made)
            own = [now.tree.display_path(made.path)]
            told |= {message.path for message in unseen(now, ITEM, SIX, own)}
        else:
            fields = {"SEAT": SEVEN, "ITEM": ITEM, "BODY": "x"}
            dated = {**fields, "AT": noted_at(now, ITEM, at)}
            now = _with(now, note(dated, f"{number:04x}"))
        seen = {message.path for message in messages(now, ITEM, SIX) if message.seen}
        assert seen <= told
