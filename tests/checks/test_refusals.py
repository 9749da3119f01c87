"""What a server has refused is counted by surface, on every way, and changes nothing."""

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import FREE, TAKEN, Scene, claim, path

from fleetfeed.checks.refusals import _ROWS, FILE, RefusalCounts
from fleetfeed.model.refused import (
    MOST_TOLD,
    REFUSED_REF,
    Refused,
    RefusedRow,
    day_of,
    read_refused,
)

MAIN, QUEUE = "HEAD:refs/heads/main", "HEAD:refs/for/feed"


def push(scene: Scene, key: str, way: str, item: str = "CMB-0003"):
    """A claim of `key` past every hook of the clone."""
    me = scene.me
    me.stage(path(item), claim(item, key, seat="CAMBER-06"))
    me.git("commit", "-q", "--no-verify", "-m", "a claim")
    said = me.git("push", "-q", "--no-verify", "origin", way, ok=None)
    me.git("reset", "-q", "--hard", "HEAD~1")
    return said


def counted(scene: Scene) -> list[tuple[str, str, int]]:
    found = RefusalCounts(str(scene.server.folder)).read(time.time())
    return [(row.key, row.rule, row.count) for row in found.rows] if found else []


@pytest.mark.parametrize("way", [MAIN, QUEUE])
def test_each_way_counts(scene: Scene, way: str) -> None:
    for _ in range(2):
        assert "FF401" in push(scene, f"{TAKEN}/part", way).stderr
    assert counted(scene) == [(TAKEN, "FF401", 2)]
    assert push(scene, FREE, way).ok
    assert counted(scene) == [(TAKEN, "FF401", 2)]
    scene.server.end_leader()


def test_clients_are_told_and_cannot_say_it(scene: Scene) -> None:
    push(scene, TAKEN, MAIN)
    said = json.loads(scene.server.git("cat-file", "-p", REFUSED_REF).stdout)
    assert [row[1:] for row in said["rows"]] == [[TAKEN, "FF401", 1]]
    told = scene.other.fleetfeed("stats", "--json").stdout
    (use,) = [u for u in json.loads(told)["stats"]["contention"] if u["refused_count"]]
    assert use["surface"][0]["text"] == TAKEN
    # As fetched last, and on the server itself.
    offline = scene.other.fleetfeed("stats", "--json", "--offline").stdout
    here = scene.server.fleetfeed("stats", "--json").stdout
    for text in (offline, here):
        assert json.loads(text)["stats"]["contention"][0]["refused_count"] == 1
    refused = scene.me.git("push", "-q", "origin", f"+HEAD:{REFUSED_REF}", ok=False)
    assert "FF407" in refused.stderr


@pytest.mark.parametrize("harm", ["folder", "garbage", "locked"])
def test_what_cannot_be_counted_is_refused_and_accepted_as_ever(
    scene: Scene, harm: str
) -> None:
    file = scene.server.folder / FILE
    file.parent.mkdir(exist_ok=True)
    lock = None
    if harm == "folder":
        file.mkdir()
    elif harm == "garbage":
        file.write_bytes(b"no database" * 1000)
    else:
        push(scene, TAKEN, MAIN)
        lock = sqlite3.connect(file, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    said = push(scene, TAKEN, MAIN)
    assert said.returncode
    assert "FF401" in said.stderr
    assert "cannot tell" not in said.stderr
    assert push(scene, FREE, MAIN).ok
    if lock:
        lock.close()


def test_it_is_bounded_by_day_and_by_number(tmp_path) -> None:
    (tmp_path / "objects").mkdir()
    counts, now = RefusalCounts(str(tmp_path)), time.time()
    old = now - 100 * 24 * 3600
    counts.add([("old", "FF401")], old)
    counts.add([(f"key {n}", "FF401") for n in range(_ROWS + 50)], now)
    counts.add([("key 1", "FF401"), ("one more", "FF401")], now)
    found = counts.read(now)
    assert {row.day for row in found.rows} == {day_of(now)}
    assert len(found.rows) == _ROWS
    assert (found.rows[0].key, found.rows[0].count) == ("key 1", 2)
    assert found.more == 51
    told = read_refused(found.data)
    assert len(told.rows) == MOST_TOLD
    assert told.more + sum(row.count for row in told.rows) == _ROWS + 52


def test_many_at_once_are_counted(tmp_path) -> None:
    (tmp_path / "objects").mkdir()
    now = time.time()
    RefusalCounts(str(tmp_path)).add([("k", "FF401")], now)

    def add(_: int) -> bool:
        return RefusalCounts(str(tmp_path)).add([("k", "FF401")], now)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(add, range(20)))
    assert RefusalCounts(str(tmp_path)).read(now).rows[0].count == 21
    assert not any(told)  # the first was told just now


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"format":1,"at":"x","rows":[],"more":0}',
     b'{"at":1,"more":0,"rows":[[1,2]]}', b"[" * 100_000, b'{"at":1e999,"rows":[[1,"k","r",1]],"more":0}',
        b'{"at":1,"rows":[[1,"k","r",-3]],"more":0}', b'{"at":99999999999999,"rows":[],"more":0}'],
)  # fmt: skip
def test_a_blob_that_is_none(data: bytes) -> None:
    assert read_refused(data) is None


def test_a_blob_says_what_was_counted() -> None:
    said = Refused(5.0, (RefusedRow(3, 'a "key"\n', "FF401", 2),), 1)
    assert read_refused(said.data) == said


def test_who_takes_the_hook_out_takes_the_counts_too(scene: Scene) -> None:
    push(scene, TAKEN, MAIN)
    assert (scene.server.folder / FILE).exists()
    scene.server.fleetfeed("uninstall", "--server", ".")
    assert not (scene.server.folder / FILE).exists()
    assert REFUSED_REF not in scene.server.git("for-each-ref").stdout
