"""The server's file of stamps: whatever happens to it, no lease ends early."""

import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing

import pytest
from harness import Repo, path, post
from judge.rule_scene import MAIN, Scene

from fleetfeed.lease.stamps import Clock, Stamps, StampsUnusable

ITEM, POST, BEAT = "CMB-0001", "a" * 40, "b" * 40


class Machine:
    """A clock that a test moves."""

    def __init__(self, folder):
        (folder / "objects").mkdir()
        self.file = folder / "fleetfeed/stamps.sqlite"
        self.time, self.boot = 100.0, "first"

    @property
    def stamps(self):
        return Stamps(self.file, Clock(self.boot, lambda: self.time))

    def seen(self, epoch=1, *objects):
        return self.stamps.seen(ITEM, epoch, objects or (POST,)).at


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.stamps.stamp([(ITEM, 1, POST)])
    made.time = 150.0
    return made


def test_what_was_stamped_was_seen_then(machine):
    assert machine.seen() == {POST: 100.0}
    assert machine.stamps.seen(ITEM, 1, [POST]).now == 150.0


def test_what_was_not_stamped_is_stamped_now(machine):
    assert machine.seen(1, BEAT) == {POST: 100.0, BEAT: 150.0}
    machine.time = 200.0
    assert machine.seen(1, BEAT)[BEAT] == 150.0


def test_a_stamp_is_of_one_item_and_one_epoch(machine):
    assert machine.seen(2) == {POST: 150.0}
    assert machine.stamps.seen("CMB-0002", 1, [POST]).at == {POST: 150.0}


def test_seen_again_counts_from_then(machine):
    machine.stamps.stamp([(ITEM, 1, POST)])
    assert machine.seen() == {POST: 150.0}


def test_after_a_reboot_all_is_seen_now(machine):
    machine.boot, machine.time = "second", 7.0
    assert machine.seen() == {POST: 7.0}
    machine.time = 9.0
    assert machine.seen() == {POST: 7.0}


def test_a_clock_that_is_behind_its_stamps_counts_them_as_now(machine):
    machine.time = 60.0
    assert machine.seen() == {POST: 60.0}


@pytest.mark.parametrize(
    "damage",
    [
        "SET at = at - 1000", "SET at = 'soon'", "SET at = NULL", "SET seal = ''",
        "SET boot = NULL", f"SET object = '{BEAT}'", "SET item = 'CMB-0009'",
        "SET seal = CAST(x'ff' AS TEXT)", "SET epoch = 2",
    ],
)  # fmt: skip
def test_a_damaged_row_counts_as_seen_now(machine, damage):
    with sqlite3.connect(machine.file) as db:
        db.execute(f"UPDATE stamp {damage}")
    db.close()
    assert machine.seen()[POST] == 150.0


def _cut(file):
    os.truncate(file, file.stat().st_size - 100)


def _middle(file):
    data = bytearray(file.read_bytes())
    data[4096:4200] = b"\xff" * 104
    file.write_bytes(data)


def _another_table(file):
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE stamp (other TEXT)")
    db.close()


DAMAGES = {
    "gone": lambda file: file.unlink(),
    "empty": lambda file: os.truncate(file, 0),
    "no database": lambda file: file.write_bytes(b"nothing" * 999),
    "cut": _cut,
    "middle": _middle,
    "another table": _another_table,
    "a stranger's journal": lambda file: (
        file.write_bytes(b"nothing" * 999),
        file.with_name(file.name + "-journal").write_bytes(b"\xd9\xd5\x05\xf9" * 300),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_begun_anew(machine, damage):
    damage(machine.file)
    try:
        assert machine.seen()[POST] == 150.0
    except StampsUnusable:  # once: what was damaged deeper down has been put away
        assert machine.seen()[POST] == 150.0
    machine.time = 170.0
    assert machine.seen() == {POST: 150.0}


def test_a_file_that_another_holds_is_left_alone(machine, monkeypatch):
    monkeypatch.setattr("fleetfeed.lease.stamps._BUSY", 0.01)
    db = sqlite3.connect(machine.file, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    with pytest.raises(StampsUnusable):
        machine.seen()
    db.close()
    assert machine.seen() == {POST: 100.0}


def test_where_no_file_can_be_there_is_nothing_to_believe(machine):
    assert machine.stamps.kept()
    machine.file.unlink()
    assert not machine.stamps.kept()
    machine.file.parent.rmdir()
    machine.file.parent.write_text("no folder")
    assert machine.stamps.kept()
    with pytest.raises(StampsUnusable):
        machine.seen()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(machine):
    machine.file.parent.chmod(0o500)
    with pytest.raises(StampsUnusable):
        machine.stamps.stamp([(ITEM, 1, BEAT)])
    machine.file.parent.chmod(0o700)
    assert machine.seen() == {POST: 100.0}


@pytest.mark.parametrize("mode", [0o2775, 0o755, 0o700])
def test_whoever_may_push_may_stamp(tmp_path, mode):
    machine = Machine(tmp_path)
    (tmp_path / "objects").chmod(mode)
    machine.stamps.stamp([(ITEM, 1, POST)])
    assert stat.S_IMODE(machine.file.parent.stat().st_mode) == mode
    assert stat.S_IMODE(machine.file.stat().st_mode) == mode & 0o666


def test_what_is_past_is_forgotten(machine):
    machine.stamps.stamp([(ITEM, 2, BEAT)], past=[(ITEM, 1)])
    with sqlite3.connect(machine.file) as db:
        assert db.execute("SELECT epoch FROM stamp").fetchall() == [(2,)]
    db.close()


def _stamp_many(file, name, gate):
    stamps = Stamps(file, Clock("first", lambda: 1.0))
    gate.wait()
    for number in range(20):
        stamps.stamp([(ITEM, 1, f"{name}{number}")])


def test_two_processes_at_once_lose_nothing(tmp_path):
    machine, context = Machine(tmp_path), multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    both = [
        context.Process(target=_stamp_many, args=(machine.file, name, gate))
        for name in "xy"
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [each.exitcode for each in both] == [0, 0]
    machine.boot, machine.time = "first", 2.0
    assert sorted(machine.stamps.seen(ITEM, 1, ()).at) == sorted(
        f"{name}{number}" for name in "xy" for number in range(20)
    )


def test_whoever_says_that_the_ref_was_elsewhere_changes_no_stamp(tmp_path):
    scene = Scene(Repo.init(tmp_path / "repo"))
    file = scene.repo.folder / ".git/fleetfeed/stamps.sqlite"

    def rows():
        with closing(sqlite3.connect(file)) as db:
            return set(db.execute("SELECT * FROM stamp"))

    filed = scene.commit({path("CMB-0002"): post(item="CMB-0002")})
    assert scene.receive(scene.moved(filed)) == ()
    seen = rows()
    assert seen
    third = {path("CMB-0003"): post(item="CMB-0003")}
    scene.repo.git("reset", "-q", "--hard", filed)
    later = scene.commit(third, parent=filed)
    # git will not move the ref, which is elsewhere; the hook has judged it before.
    assert scene.receive((filed, later, MAIN)) == ()
    assert rows() == seen
