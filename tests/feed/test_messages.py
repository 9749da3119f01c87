"""What a seat has been told of an item, and what not: by posts and notes alone."""

import pytest
from harness import path, post

from fleetfeed.feed.messages import count_unseen, messages, reader, unseen
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.item import Item

SIX, SEVEN, ORA = "CAMBER-06", "CAMBER-07", "ORA-01"
ITEM = "CMB-0001"


def at(minute):
    return f"2026-11-20T10:{minute:02d}:00Z"


def said(number, seat, minute, text=None, *, op="x", **fields):
    """Post `number` by `seat`, with the OP of a command unless that is None."""
    words = {"subject": "work" if number == 1 else None, "body": text, "op": op}
    state = {"state": "IN_PROGRESS" if number > 1 else "AWAITING_CLAIM"}
    made = {**state, **words, "seat": seat, "at": at(minute), **fields}
    return path(ITEM, number, ""), post(item=ITEM, **made)


def noted(seat, minute, text="a word", item=ITEM):
    stamp = at(minute).replace("-", "").replace(":", "")
    name = f"/notes/2026/11/{stamp}-{seat.replace('/', '~')}-abcd.yaml"
    made = {"seat": seat, "item": item, "body": text, "subject": None, "state": None}
    return name, post(**made)


def feed(*files):
    known = {name.lstrip("/"): text.encode() for name, text in files}
    return Snapshot(from_files(known))


FILED, CLAIMED = said(1, ORA, 0), said(2, SIX, 10)

# What is on the feed, who asks, and what he has not seen, by the first word of it.
ROWS = {
    "nothing": ([FILED, CLAIMED], SIX, []),
    "a-note": ([FILED, CLAIMED, noted(SEVEN, 11, "please")], SIX, ["please"]),
    "a-note-before": ([FILED, CLAIMED, noted(SEVEN, 9)], SIX, []),
    "a-note-of-the-same-second": ([FILED, CLAIMED, noted(SEVEN, 10)], SIX, []),
    "his-own": ([FILED, CLAIMED, noted(SIX, 11)], SIX, []),
    "his-own-in-other-letters": ([FILED, CLAIMED, noted("camber-06", 11)], SIX, []),
    "about-another": ([FILED, CLAIMED, noted(SEVEN, 11, item="CMB-0002")], SIX, []),
    "about-none": ([FILED, CLAIMED, noted(SEVEN, 11, item=None)], SIX, []),
    "his-sub-seats": ([FILED, CLAIMED, noted(f"{SIX}/x", 11, "sub")], SIX, ["sub"]),
    "seen-by-another": ([FILED, CLAIMED, noted(SEVEN, 11, "n"), said(3, SEVEN, 12)], SIX, ["n"]),
    "seen-by-a-parent": ([FILED, said(2, f"{SIX}/x", 10), noted(SEVEN, 11, "n"), said(3, SIX, 12, owner=f"{SIX}/x")], f"{SIX}/x", ["n"]),
    "told": ([FILED, CLAIMED, noted(SEVEN, 11), said(3, SIX, 12)], SIX, []),
    "told-and-more": ([FILED, CLAIMED, noted(SEVEN, 11), said(3, SIX, 12), noted(ORA, 13, "more")], SIX, ["more"]),
    "by-hand-nobody-is-told": ([FILED, CLAIMED, noted(SEVEN, 11, "n"), said(3, SIX, 12, op=None)], SIX, ["n"]),
    "without-a-time-neither": ([FILED, CLAIMED, noted(SEVEN, 11, "n"), said(3, SIX, 12, at=None)], SIX, ["n"]),
    "the-filers-body": ([said(1, ORA, 0, "do"), CLAIMED], SIX, []),
    "the-filers-body-to-come": ([said(1, ORA, 0, "do this")], SIX, ["do"]),
    "a-body": ([FILED, CLAIMED, said(3, ORA, 12, "stop it")], SIX, ["stop"]),
    "a-body-by-a-slow-clock": ([FILED, CLAIMED, said(3, ORA, 2, "stop it")], SIX, ["stop"]),
    "a-reason": ([FILED, CLAIMED, said(3, ORA, 12, reason="silent")], SIX, ["silent"]),
    "a-post-without-words": ([FILED, CLAIMED, said(3, ORA, 12)], SIX, []),
    "all-of-it": ([FILED, CLAIMED, noted(SEVEN, 12, "two"), said(3, ORA, 11, "one"), said(4, ORA, 13, "three")], SIX, ["one", "two", "three"]),
    "never-posted": ([FILED, CLAIMED, noted(SEVEN, 11, "n")], SEVEN, []),
    "never-posted-and-offered": ([FILED, noted(ORA, 11, "n"), noted(SEVEN, 12, "m")], SIX, ["n", "m"]),
    "fractions": ([FILED, said(2, SIX, 10, at="2026-11-20T10:10:00.5Z"), noted(SEVEN, 10)], SIX, []),
}  # fmt: skip


@pytest.mark.parametrize(("files", "seat", "expected"), ROWS.values(), ids=ROWS)
def test_what_is_unseen(files, seat, expected):
    now = feed(*files)
    found = unseen(now, ITEM, seat)
    assert [message.text.split()[0] for message in found] == expected
    assert count_unseen(now, ITEM, seat) == len(expected)
    everything = messages(now, ITEM, seat)
    assert [m for m in everything if not m.seen] == list(found)


def test_a_post_that_is_left_out_has_told_nothing_yet():
    now = feed(FILED, CLAIMED, noted(SEVEN, 11, "n"), said(3, SIX, 12))
    assert not unseen(now, ITEM, SIX)
    (message,) = unseen(now, ITEM, SIX, but=[path(ITEM, 3)])
    assert (message.kind, message.seat, message.at) == ("note", SEVEN, at(11))


@pytest.mark.parametrize(
    ("holder", "owner", "expected"),
    [(SIX, SIX, SIX), ("", SEVEN, SEVEN), ("", "", ORA)],
)
def test_whose_the_messages_are(holder, owner, expected):
    assert reader(Item(ITEM, holder=holder, owner=owner, filer=ORA)) == expected


def test_a_note_that_cannot_be_read_is_one_all_the_same():
    name, text = noted(SEVEN, 11)
    now = feed(FILED, CLAIMED, (name, text + "STATE: DONE\n"))
    (message,) = unseen(now, ITEM, SIX)
    assert message.seat == SEVEN
    assert message.text.startswith("it cannot be read: FF106 ")


def test_what_is_no_note_is_none():
    odd = [
        ("/notes/x", "x"),
        ("/notes/2026/11/x.yaml", "ITEM: x"),
        ("/notes/2026/y", ""),
    ]
    now = feed(FILED, CLAIMED, *odd, noted("A/b", 11, "n"))
    assert [m.seat for m in messages(now, ITEM, SIX)] == ["A/b"]
    assert now.notes.items == {ITEM}
