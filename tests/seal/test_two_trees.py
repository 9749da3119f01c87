"""What the judge says of a seal, feed against feed."""

import pytest
from harness import path
from judge.gen_feeds import judged, snapshot
from seal.gen_feeds import FOLDER, HEAD, SEAL, again, life, seal_of, sealed

from fleetfeed.feed.seal_format import LARGEST
from fleetfeed.model.findings import refuses

A, B = "CMB-0001", "CMB-0002"
ENDED = life(A) | life(B)
FIRST, SECOND = path(A), path(A, 2)
OPEN = ENDED | again(A)
TORN = ENDED | {path(A, 3): "STATE: [\n"}
GONE = dict.fromkeys(ENDED)


def edited(name):
    """A seal in which one byte of one post is another."""
    return seal_of(ENDED) | {
        SEAL: sealed(ENDED | {name: ENDED[name].replace("AT: 2025", "AT: 2024")})
    }


def without(name):
    """A seal that leaves one post out."""
    return seal_of({n: text for n, text in ENDED.items() if n != name}) | GONE


SEALED = {SEAL: sealed(ENDED)}
PASS = {
    "all of it": (ENDED, seal_of(ENDED)),
    "one item of two": (ENDED, seal_of(life(A))),
    "a life and its seal in one": ({}, SEALED),
    "taken apart again": (SEALED, {SEAL: None, **ENDED}),
    "a post to a sealed item": (SEALED, again(A)),
    "a reopened item, up to where it was over": (OPEN, seal_of(ENDED)),
    "sealed, and a post to an item of it": (ENDED, seal_of(ENDED) | again(A)),
    "sealed again with what came since": (
        SEALED | again(A, state="DONE"),
        seal_of(life(A) | again(A, state="DONE") | life(B)),
    ),
    "an item that joins the sealed ones": (
        {SEAL: sealed(life(A)), **life(B)},
        seal_of(ENDED),
    ),
}


@pytest.mark.parametrize("name", PASS)
def test_passes(name):
    before, after = PASS[name]
    found = judged(before, after)
    assert [f.code for f in found if f.code != "FF209"] == []  # a life without a key


_TWICE = "a post that is sealed already"
_OTHERWISE = "CMB-0001/0003.yaml, which CMB/000.sealed has otherwise"
REFUSED = {
    "a byte of a first post": (ENDED, edited(FIRST), "FF402", "may not be edited"),
    "a byte of a last post": (ENDED, edited(SECOND), "FF402", "may not be edited"),
    "a post missing": (ENDED, without(FIRST), "FF402", "may not be removed"),
    "an item missing": (ENDED, seal_of(life(A)) | GONE, "FF402", "be removed"),
    "a seal taken away": (SEALED, {SEAL: None}, "FF402", "may not be removed"),
    "a seal edited later": (
        SEALED,
        {SEAL: sealed(ENDED).replace(b"AT: 2025", b"AT: 2024", 1)},
        "FF402",
        "may not be edited",
    ),
    "a seal cut short later": (
        SEALED,
        {SEAL: sealed(life(A))},
        "FF402",
        "may not be removed",
    ),
    "an open item": (OPEN, seal_of(OPEN), "FF413", "CMB-0001 of CAMBER-06 is PARKED"),
    "an unreadable item": (TORN, seal_of(TORN), "FF413", "is unreadable by what is"),
    "an item that was open up to there": (
        OPEN | again(A, 4, "DONE"),
        seal_of(OPEN),
        "FF413",
        "is PARKED by what is sealed; leave the shard as it is",
    ),
    "every file left": (ENDED, SEALED, "FF024", _TWICE),
    "one file left": (ENDED, seal_of(ENDED) | life(A), "FF024", _TWICE),
    "another post of that number beside": (
        OPEN,
        {
            **seal_of(ENDED | again(A, state="DONE")),
            **again(A, state="CANCELLED"),
            **GONE,
        },
        "FF024",
        _OTHERWISE,
    ),
    "another shard's item": (
        ENDED,
        {SEAL: sealed(ENDED | life("CMB-1001")), **GONE},
        "FF024",
        "CMB-1001 in CMB/000.sealed, where it does not belong",
    ),
    "another prefix's item": (
        ENDED,
        {SEAL: sealed(ENDED | life("ORA-0003")), **GONE},
        "FF024",
        "ORA-0003 in CMB/000.sealed, where it does not belong",
    ),
    "no sealed shard": (ENDED, {SEAL: b"sealed\n", **GONE}, "FF024", "first line"),
    "an empty file": (ENDED, {SEAL: b"", **GONE}, "FF024", "another first line"),
    "a huge one": (
        ENDED,
        {SEAL: HEAD + b"-" * LARGEST, **GONE},
        "FF024",
        f"more than {LARGEST} bytes",
    ),
    "in the shard's folder": (ENDED, {f"{FOLDER}/000.sealed": HEAD}, "FF020", "posts"),
    "at the top": (ENDED, {"feed/000.sealed": sealed(ENDED)}, "FF020", "no place"),
    "of no shard": (ENDED, {"feed/CMB/0.sealed": sealed(ENDED)}, "FF020", "no place"),
    "of a whole prefix": (ENDED, {"feed/CMB.sealed": HEAD}, "FF020", "no place"),
    "as a folder": (ENDED, {f"{SEAL}/a": "x"}, "FF020", "a feed's folders are"),
    "a file in the folder's place": (
        ENDED,
        {**seal_of(ENDED), FOLDER: "x"},
        "FF024",
        "a file 000 beside CMB/000.sealed",
    ),
    "a file in an item's place": (
        ENDED,
        {**seal_of(ENDED), f"{FOLDER}/CMB-0001": "x"},
        "FF024",
        "a file CMB-0001 beside CMB/000.sealed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name):
    before, after, code, says = REFUSED[name]
    found = judged(before, after)
    assert refuses(found)
    assert {each.code for each in found} == {code}, found
    assert any(says in each.message for each in found), found
    assert all("; " in each.message for each in found), found


def test_a_file_that_only_looks_like_a_seal_spoils_nothing():
    """Where it slipped in, the feed can be read, and somebody may take it out."""
    slipped = ENDED | {"feed/CMB/x.sealed": "x\n"}
    assert snapshot(slipped).item(A).newest == 2
    assert not judged(slipped, again(A))
    assert not judged(slipped, {"feed/CMB/x.sealed": None})


def test_a_post_to_a_sealed_item_is_judged_as_ever():
    for post, code in (
        (again(A, epoch=1), "FF304"),
        (again(A, number=4), "FF306"),
        ({path(A, 3): again(A)[path(A, 3)].replace("REASON", "BODY")}, "FF302"),
    ):
        found = judged(SEALED, post)
        assert [each.code for each in found] == [code]
        assert found == judged(ENDED, post)
