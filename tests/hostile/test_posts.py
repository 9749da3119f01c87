"""Posts that are YAML and yet no posts: wrong fields and values, each with its place."""

from dataclasses import dataclass

import pytest
from harness import post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import DEFAULT

ITEM = "CMB-0001"
PLACE = "CMB/000/CMB-0001/0001.yaml"
ESCAPE = r'"a\x1b[31mred"'


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    text: str
    code: str
    line: int
    column: int
    says: str = ""
    path: str = PLACE


def _with(line: str) -> str:
    """A good post with one line more, which becomes its fifth."""
    return post() + line + "\n"


ROWS = [
    Row("no state", post(state=None), "FF101", 0, 0, "STATE is missing"),
    Row("no seat", post(seat=None), "FF101", 0, 0, "SEAT is missing"),
    Row("no item", post(item=None), "FF101", 0, 0, "ITEM is missing"),
    Row("no subject on the first post", post(subject=None), "FF101", 0, 0, "SUBJECT"),
    Row("misspelt surface", _with("SURFACEKEY: CAMBER:file:a"), "FF102", 5, 1, "SURFACE_KEY"),
    Row("lower-case field", _with("reason: because"), "FF102", 5, 1, "REASON"),
    Row("a field nobody knows", _with("FROBNICATE: x"), "FF102", 5, 1, "declare it"),
    Row("a field named by escapes", _with(r'"\e[2J": x'), "FF002", 5, 1),
    Row("unknown state", post(state="RUNNING"), "FF103", 2, 8, "IN_PROGRESS"),
    Row("state in lower case", post(state="done"), "FF103", 2, 8, "DONE"),
    Row("item not padded", post(item="CMB-1"), "FF104", 1, 7, "CMB-0001"),
    Row("item in lower case", post(item="cmb-0001"), "FF104", 1, 7, "CMB-0001"),
    Row("item padded too far", post(item="CMB-00001"), "FF104", 1, 7, "CMB-0001"),
    Row("item of another path", post(item="CMB-0002"), "FF105", 1, 7, "path says CMB-0001"),
    Row("item as a path", post(item="../../x"), "FF104", 1, 7),
    Row("item as a list", _with("PARENT: [CMB-0002, CMB-0003]"), "FF106", 5, 9, "one text"),
    Row("seat with a blank", post(seat="CAMBER 06"), "FF103", 3, 7, "CAMBER-06"),
    Row("seat with an empty sub-seat", post(seat="CAMBER-06/"), "FF103", 3, 7),
    Row("seat climbing", post(seat="../../etc"), "FF103", 3, 7),
    Row("seat too long", post(seat="A" * 101), "FF103", 3, 7, "100"),
    Row("seat in full-width letters", post(seat="\uff23\uff21\uff2d"), "FF103", 3, 7),
    Row("subject over lines", post(subject="a\nb"), "FF103", 4, 10, "one line"),
    Row("time without zone", _with("AT: 2026-05-03T18:55:12"), "FF103", 5, 5, "UTC"),
    Row("time with an offset", _with('AT: "2026-05-03T18:55:12+02:00"'), "FF103", 5, 5),
    Row("the 30th of February", _with("AT: 2026-02-30T18:55:12Z"), "FF103", 5, 5),
    Row("time in other digits", _with("AT: ٢٠٢٦-05-03T18:55:12Z"), "FF103", 5, 5),
    Row("lease without unit", _with("LEASE: 90"), "FF103", 5, 8, "90s"),
    Row("lease of nothing", _with("LEASE: 0s"), "FF103", 5, 8),
    Row("lease for ever", _with("LEASE: 9999999d"), "FF503", 5, 8, "7d"),
    Row("lease none unallowed", _with("LEASE: none"), "FF503", 5, 8, "7d"),
    Row("epoch as a word", _with("EPOCH: one"), "FF103", 5, 8),
    Row("epoch below zero", _with("EPOCH: -1"), "FF103", 5, 8),
    Row("epoch with leading zero", _with("EPOCH: 01"), "FF103", 5, 8),
    Row("epoch of a thousand digits", _with(f"EPOCH: {'9' * 1000}"), "FF103", 5, 8),
    Row("epoch out of thin air", _with("EPOCH: 7"), "FF304", 5, 8, "EPOCH: 0"),
    Row("repairs nothing", _with("REPAIRS: 1"), "FF310", 5, 10, "take REPAIRS out"),
    Row("repairs post 0", _with("REPAIRS: 0"), "FF103", 5, 10),
    Row("priority over the top", _with("PRIORITY: 100"), "FF103", 5, 11),
    Row("op with a slash", _with("OP: a/b"), "FF103", 5, 5),
    Row("depends on no item", _with("DEPENDS_ON: [CMB-0002, later]"), "FF104", 5, 24),
    Row("key with escapes", _with(f"SURFACE_KEY: {ESCAPE}"), "FF002", 5, 14),
    Row("key with a blank at an edge", _with('SURFACE_KEY: "CAMBER:file: a"'), "FF201", 5, 14),
    Row("key with what cannot be seen", _with("SURFACE_KEY: CAMBER:file:a\u00a0b"), "FF201", 5, 14),
    Row("key with a % alone", _with("SURFACE_KEY: CAMBER:file:100%"), "FF201", 5, 14),
    Row("key with a byte that is no UTF-8", _with("SURFACE_KEY: CAMBER:file:caf%E9"), "FF201", 5, 14),
    Row("key with a slash in a name", _with("SURFACE_KEY: CAMBER:file:a%2Fb"), "FF201", 5, 14),
    Row("key with NUL in a name", _with("SURFACE_KEY: CAMBER:file:a%00"), "FF201", 5, 14),
    Row("key with an empty segment", _with("SURFACE_KEY: CAMBER:file::a"), "FF201", 5, 14),
    Row("key with a double slash", _with("SURFACE_KEY: CAMBER:file:a//b"), "FF201", 5, 14),
    Row("key with a slash at the end", _with("SURFACE_KEY: CAMBER:file:a/"), "FF201", 5, 14),
    Row("key too long", _with(f"SURFACE_KEY: CAMBER:file:{'a' * 1013}"), "FF201", 5, 14),
    Row("key of one segment", _with("SURFACE_KEY: my-branch"), "FF202", 5, 14),
    Row("key of two segments", _with("SURFACE_KEY: CAMBER:all-bt"), "FF203", 5, 14),
    Row("key of a star", _with('SURFACE_KEY: "CAMBER:file:*"'), "FF203", 5, 14),
    Row("key with a star at the end", _with('SURFACE_KEY: "CAMBER:file:src/*"'), "FF203", 5, 14),
    Row("key of all", _with("SURFACE_KEY: CAMBER:file:ALL"), "FF203", 5, 14),
    Row("key that is empty", _with('SURFACE_KEY: "  "'), "FF103", 5, 14),
    Row("keys that overlap", _with('SURFACE_KEY: ["A:b:c", "a:B:c/d"]'), "FF205", 5, 14),
    Row("no keys in a list", _with("SURFACE_KEY: []"), "FF006", 5, 14),
    Row("no proof", _with("SURFACE_KEY: CAMBER:file:a"), "FF206", 5, 14),
    Row("a proof of nothing", _with("SURFACE_KEY: A:b:c\nNO_OVERLAP_PROOF: N/A"), "FF207", 6, 19),
    Row("wrong shard", post(), "FF020", 0, 0, "feed/CMB/000/CMB-0001", "CMB/001/CMB-0001/0001.yaml"),
    Row("no shard", post(), "FF020", 0, 0, "feed/CMB/000/CMB-0001", "CMB/CMB-0001/0001.yaml"),
    Row("prefix in lower case", post(), "FF020", 0, 0, "PREFIX", "cmb/000/cmb-0001/0001.yaml"),
    Row("number not padded", post(), "FF020", 0, 0, "0001.yaml", "CMB/000/CMB-0001/1.yaml"),
    Row("number zero", post(), "FF020", 0, 0, "0001.yaml", "CMB/000/CMB-0001/0000.yaml"),
    Row("yml", post(), "FF020", 0, 0, "0001.yaml", "CMB/000/CMB-0001/0001.yml"),
    Row("an editor's backup", post(), "FF020", 0, 0, "", "CMB/000/CMB-0001/0001.yaml~"),
    Row("a file of no kind", "x", "FF020", 0, 0, "", "README.md"),
    Row("a path with escapes", post(), "FF020", 0, 0, r"\x1b", "CMB/000/CMB-\x1b[31m1/0001.yaml"),
    Row("a path with bidirectional text", post(), "FF020", 0, 0, r"\u202e", "\u202eCMB/x"),
    Row("a note under another month", "SEAT: A\nBODY: x\n", "FF020", 0, 0, "notes/2026/11/2026",
        "notes/2026/12/20261120T155200Z-A-9f3a.yaml"),
    *(
        Row(f"a note at {at}", "SEAT: A\nBODY: x\n", "FF020", 0, 0, "UTC time",
            f"notes/2026/{at[4:6]}/{at}Z-A-9f3a.yaml")
        for at in ("20261320T155200", "20260020T155200", "20261199T155200",
                   "20261100T155200", "20261120T245200", "20261120T156000")
    ),
    Row("a note with a state", "SEAT: A\nBODY: x\nSTATE: DONE\n", "FF106", 3, 8, "no STATE",
        "notes/2026/11/20261120T155200Z-A-9f3a.yaml"),
    Row("a note with a claim", "SEAT: A\nBODY: x\nSURFACE_KEY: A:b:c\n", "FF106", 3, 14, "",
        "notes/2026/11/20261120T155200Z-A-9f3a.yaml"),
    Row("a note of somebody else", "SEAT: B\nBODY: x\n", "FF105", 1, 7, "path says A",
        "notes/2026/11/20261120T155200Z-A-9f3a.yaml"),
    Row("a note without text", "SEAT: A\n", "FF101", 0, 0, "BODY",
        "notes/2026/11/20261120T155200Z-A-9f3a.yaml"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_is_refused_at_its_place(row: Row) -> None:
    after = Snapshot(from_files({row.path: row.text.encode()}))
    findings = validate(Snapshot(from_files({})), after, DEFAULT, no_signs)
    met = [f for f in findings if f.code == row.code]
    assert met, findings
    first = met[0]
    assert first.rejects
    assert (first.place.line, first.place.column) == (row.line, row.column), first
    assert row.says in first.message + first.mended + first.place.path, first
    for found in findings:
        assert (found.message + found.mended + found.place.path).isprintable()


def test_there_are_enough_of_them() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 60
