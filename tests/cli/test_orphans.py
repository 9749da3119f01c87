"""Commits that nobody had claimed, and claims without a commit."""

import pytest
from checks import code_fleet
from harness import FREE

CLAIM = (
    "claim",
    "--new",
    "CMB",
    "--subject",
    "x",
    "--proof",
    "apart from CMB-0001 and CMB-0002 (other folders)",
)
PLAIN = ("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "work")


@pytest.fixture
def seats(fleet):
    played = code_fleet.play(fleet)
    return played.seat("CAMBER-06"), played.seat("CAMBER-07")


def commit(seat, path, at="", author=""):
    seat.stage(path, "new\n")
    name = {"GIT_AUTHOR_NAME": author} if author else {}
    seat.git(*PLAIN, env={**name, **({"GIT_COMMITTER_DATE": at} if at else {})})
    return seat.tip()


def test_what_nobody_had_claimed(seats):
    me, other = seats
    me.fleetfeed(*CLAIM, "--surface", "CAMBER:file:web/free")
    idle = ("--surface", "CAMBER:file:web/idle", "--branch", "topic/idle")
    other.fleetfeed(*CLAIM, *idle)
    me.git("pull", "-q", "--ff-only")
    me.git("checkout", "-q", "-b", "topic")
    claimed = commit(me, "web/free/a.ts")
    early = commit(me, "web/free/b.ts", at="2026-01-01T00:00:00Z", author="ORA 02")
    lost = commit(me, "web/new/c.ts")
    commit(me, "docs/page.md")
    commit(me, "web/gen/a.ts")
    found = me.fleetfeed("orphans", "--since", "4000d")
    rows = found.stdout.splitlines()
    told = {row.split(": commit ")[1][:12]: row for row in rows if ": commit " in row}
    assert lost[:12] in told
    assert early[:12] in told
    assert claimed[:12] not in told
    assert told[early[:12]].startswith("camber ORA 02: commit ")
    assert told[early[:12]].endswith(" of 2026-01-01T00:00:00Z on topic: web/free/b.ts")
    (row,) = (row for row in rows if "no commit under" in row)
    assert (
        row
        == "CMB-0004 of CAMBER-07 on topic/idle: no commit under CAMBER:file:web/idle"
    )
    newer = me.fleetfeed("orphans").stdout
    assert lost[:12] in newer
    assert early[:12] not in newer
    other.git("pull", "-q", "--ff-only")
    assert lost[:12] not in other.fleetfeed("orphans").stdout  # it does not know of it


def test_as_a_document_and_by_lane(seats):
    me, _ = seats
    commit(me, "web/new/c.ts")
    answer = me.fleetfeed("orphans", "--json", "--lane", "Camber")
    assert '"lane": "camber"' in answer.stdout
    assert '"web/new/c.ts"' in answer.stdout
    assert "web/" not in me.fleetfeed("orphans", "--lane", "ORA").stdout
    assert "no span of time" in me.fleetfeed("orphans", "--since", "x", ok=False).stderr


def test_where_no_path_is_mapped(scene):
    done = scene.me.fleetfeed("orphans", ok=False)
    assert done.returncode == 2
    assert "add `paths:`" in done.stderr
    assert FREE not in done.said
