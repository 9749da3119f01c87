"""What the board says of a feed: who holds what, who waits, what is stuck."""

import math

import pytest
from board.scenes import DAY, NOON, board_of, snapshot
from harness import claim, path

from fleetfeed.board.model import STATES
from fleetfeed.board.pairs import pairs
from fleetfeed.board.table import columns, table
from fleetfeed.model.post import State
from fleetfeed.model.refused import Refused, RefusedRow


@pytest.fixture(scope="module")
def board():
    rows = (RefusedRow(int(NOON // DAY), "CAMBER:file:src/api.py", "FF401", 5),)
    return board_of(snapshot(), Refused(NOON - 60, rows))


@pytest.fixture(scope="module")
def rows(board):
    return {row.item: row for row in board.rows}


def test_each_state_has_its_place():
    assert set(STATES) >= {state.value for state in State}


def test_what_is_counted(board):
    assert dict(board.counts) == {
        "IN_PROGRESS": 3, "AWAITING_CLAIM": 1, "IN_LINE": 3, "BLOCKED": 3, "UNREADABLE": 1,
    }  # fmt: skip
    assert board.lanes == (("CAMBER", 9), ("ORA", 2))


def test_who_holds_what_since_when_and_who_answers(rows):
    row = rows["CMB-0001"]
    assert (row.who, row.part, row.keys) == (
        "CAMBER-07",
        "holds",
        ("CAMBER:file:src/app.py",),
    )
    assert (row.accountable, NOON - row.since, row.unseen) == ("Ines Álvarez", 1800, 1)
    assert row.behind == ("CMB-0002", "CMB-0003", "CMB-0004")
    assert round(row.lease.left) == 4 * 3600 - 1800
    assert (rows["ORA-0011"].who, rows["ORA-0011"].part) == ("ORA-02", "offered")


def test_who_waits_for_whom(board, rows):
    assert rows["CMB-0002"].held_by == ("CMB-0001",)
    assert (rows["CMB-0003"].ahead, rows["CMB-0003"].turn) == (("CMB-0002",), 2)
    assert rows["CMB-0004"].waits_for[0].words == "at work, CAMBER-07"
    line, free = board.lines
    assert line.holders == (("CMB-0001", "CAMBER-07"),)
    assert [w[:2] for w in line.waiting] == [
        ("CMB-0002", "CAMBER-06"),
        ("CMB-0003", "ORA-02"),
    ]
    assert (free.key, free.holders) == ("ORA:job:free", ())
    assert [row.item for row in board.rows if row.next_up] == ["ORA-0012"]


def test_what_needs_somebody_the_most_urgent_first(board):
    assert [(a.kind, a.item, a.text) for a in board.alerts] == [
        ("unreadable", "CMB-0010", "post 1 cannot be read"),
        ("over", "CMB-0007", "ended 25 h ago"),
        ("over", "ORA-0011", "ended 3 h ago"),
        ("stuck", "CMB-0004", "waits for CMB-0009, which was cancelled"),
        ("stuck", "CMB-0005", "waits for itself: CMB-0005 → CMB-0006 → CMB-0005"),
        ("stuck", "CMB-0006", "waits for itself: CMB-0006 → CMB-0005 → CMB-0006"),
        ("turn", "ORA-0012", "ORA:job:free is free"),
        ("soon", "CMB-0008", "ends in 10 min"),
        ("notes", "CMB-0001", "1 note"),
    ]
    assert [row.item for row in board.rows][:3] == ["CMB-0010", "CMB-0007", "ORA-0011"]


def test_what_is_fought_over(board):
    first, second, *_ = board.contended
    assert (first.use.key, first.use.refused, first.holders) == (
        "CAMBER:file:src/api.py",
        5,
        ("CAMBER-08",),
    )
    assert (second.use.key, second.use.places, second.waiting) == (
        "CAMBER:file:src/app.py",
        2,
        2,
    )


def test_one_surface_under_two_names_is_one():
    """As the policy says of families: whoever asked, by whatever lane."""
    more = {"policy.yaml": b"ref: refs/heads/main\nfamilies: {file: {lane: any}}\n"}
    day = int(NOON // DAY)
    rows = (
        RefusedRow(day, "CAMBER:file:src/app.py", "FF401", 2),
        RefusedRow(day, "ORA:file:SRC/app.py", "FF401", 3),
    )
    first, *_ = board_of(snapshot(more), Refused(NOON, rows)).contended
    assert (first.use.refused, first.use.places, first.waiting) == (5, 2, 2)
    assert first.holders == ("CAMBER-07",)


def test_an_endless_lease_and_none():
    more = {
        path("CMB-0020")[5:]: claim("CMB-0020", "CAMBER:file:y", lease="none", at="2026-11-01T00:00:00Z").encode(),
        path("CMB-0021")[5:]: claim("CMB-0021", "CAMBER:file:z").encode(),
    }  # fmt: skip
    rows = {row.item: row for row in board_of(snapshot(more)).rows}
    assert math.isinf(rows["CMB-0020"].lease.left)
    assert rows["CMB-0021"].lease is None
    assert rows["CMB-0021"].since is None


@pytest.mark.parametrize("width", [80, 40, 200])
def test_the_table_fits_and_prints(board, width):
    lines = list(table(board, width))
    assert all(columns(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("11 open: 3 at work")


def test_the_table_answers(board):
    said = "\n".join(table(board, 120))
    for words in (
        "lease over     CMB-0007  CAMBER-08        ended 25 h ago",
        "  runs out next    CMB-0008 CAMBER-08: in ~10 min",
        "  most fought over CAMBER:file:src/api.py: 5 refused, 0 in line",
        "CMB-0007  at work    27h     CAMBER-08        25h ago ",
        "CMB-0008  at work    30min   CAMBER-08        in ~10min ",
        "ORA-0011  awaiting   27h     -                3h ago ",
        "offered to ORA-02",
        "waits for CMB-0001, TURN 1",
        "behind CMB-0002 in line, TURN 2",
        "CAMBER:file:src/api.py: 5 refused, 0 in line; CAMBER-08 has it",
        "accountable: Ines Álvarez",
    ):
        assert words in said, said


def test_a_policy_that_nobody_reads_is_told():
    said = list(table(board_of(snapshot({"policy.yaml": b"ref: [\n"}))))
    assert said[0].startswith("! feed/policy.yaml:1: ") or "policy.yaml" in said[0]


def test_nothing_is_open():
    feed = snapshot()
    empty = type(feed)(feed.tree.__class__(feed.tree.store, None, feed.tree.folder))
    assert next(table(board_of(empty))) == "0 open: nothing"


def test_pairs_that_may_be_one_thing():
    def one(number, key, state="IN_PROGRESS", proof="nobody"):
        item = f"ORA-{number:04d}"
        text = claim(
            item, key, state=state, seat=f"ORA-{number}", no_overlap_proof=proof
        )
        return path(item)[5:], text.encode()

    more = dict([
        one(31, "ORA:file:src/app.py"),  # of CMB-0001 and those in line for it
        one(32, "ORA:page:lists"),
        one(33, "ORA:page:list_s"),
        one(34, "ORA:table:jobs", "BLOCKED"),
        one(35, "ORA:table:jobs/rows", proof="apart from ORA-0034, which is done with it"),
        one(36, "ORA:dir:one/a"),
        one(37, "ORA:dir:one/b"),  # beside it, and no other name of it
    ])  # fmt: skip
    found = {
        (p.item, p.near.item): (p.near.why.value, p.named)
        for p in pairs(snapshot(more))
    }
    app = {(f"CMB-000{n}", "ORA-0031"): ("same artifact", False) for n in (1, 2, 3)}
    assert found == {
        **app,
        ("ORA-0032", "ORA-0033"): ("near spelling", False),
        ("ORA-0035", "ORA-0034"): ("at rest", True),
    }
    assert all("ORA-0036" not in pair for pair in found)
    assert all("fleetfeed" in pair.advice for pair in pairs(snapshot(more)))
