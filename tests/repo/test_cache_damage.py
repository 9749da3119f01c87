"""Whatever happens to the cache's file: the answers are right, and it heals."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest
from repo.cache_on_disk import Kept, knows, look

from fleetfeed.repo import cache_file as file_module
from fleetfeed.repo.cache_file import FILE, Row
from fleetfeed.util import sqlitefile


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return Kept(tmp_path_factory.mktemp("cache"))


def places(size, stress):
    """Where a byte is changed: all of the header and the schema, and every so many."""
    every = 1 if stress else 397
    return sorted(
        {*range(0, min(size, 100), 1 if stress else 7), *range(0, size, every)}
    )


def test_a_changed_byte_anywhere(kept, tmp_path, stress):
    folder = kept.copy(tmp_path / "cache")
    file = folder / FILE
    for at in places(len(kept.bytes), stress):
        for bits in (0x01, 0xFF, 0x80) if at < 100 else (0xFF,):
            data = bytearray(kept.bytes)
            data[at] ^= bits
            file.write_bytes(data)
            look(folder, kept.tree)
            look(folder, kept.next)
    kept.check(folder)


def test_it_ends_early(kept, tmp_path, stress):
    folder = kept.copy(tmp_path / "cache")
    size = len(kept.bytes)
    for end in range(0, size, 331 if stress else 4091):
        (folder / FILE).write_bytes(kept.bytes[:end])
        look(folder, kept.tree)
        look(folder, kept.next)
    kept.check(folder)


@pytest.mark.parametrize("size", [0, 1, 16, 99, 100, 512, 4096, 70_000])
def test_bytes_that_were_never_ours(kept, tmp_path, size):
    folder = kept.copy(tmp_path / "cache")
    (folder / FILE).write_bytes(os.urandom(size))
    kept.check(folder)


def test_a_page_of_another_file(kept, tmp_path):
    """As a crash of the machine leaves it: some pages are from before."""
    folder = kept.copy(tmp_path / "cache")
    look(folder, kept.next)
    later = (folder / FILE).read_bytes()
    for page in range(len(later) // 4096):
        at = slice(page * 4096, (page + 1) * 4096)
        mixed = bytearray(later)
        mixed[at] = kept.bytes[at] or bytes(4096)
        (folder / FILE).write_bytes(mixed)
        look(folder, kept.tree)
    kept.check(folder)


def another(file, *statements):
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_another_database(kept, tmp_path):
    folder = kept.copy(tmp_path / "cache")
    another(folder / FILE, "CREATE TABLE theirs (a)", "INSERT INTO theirs VALUES (1)")
    kept.check(folder)


@pytest.mark.parametrize("columns", ["path", "path, id, held, open, taken, seal, more"])
def test_a_table_of_our_name(kept, tmp_path, columns):
    folder = kept.copy(tmp_path / "cache")
    table = file_module._TABLE  # noqa: SLF001
    another(folder / FILE, f"CREATE TABLE {table} ({columns})")
    kept.check(folder)


def test_a_folder_in_its_place(kept, tmp_path):
    """It may hold somebody's files: it stays."""
    folder = kept.copy(tmp_path / "cache")
    (folder / FILE).unlink()
    (folder / FILE / "files").mkdir(parents=True)
    kept.check(folder, heals=False)
    assert (folder / FILE / "files").is_dir()


def test_a_file_in_its_folders_place(kept, tmp_path):
    folder = kept.copy(tmp_path / "cache")
    shutil.rmtree((folder / FILE).parent)
    (folder / FILE).parent.write_text("")
    kept.check(folder, heals=False)


@pytest.mark.parametrize("target", ["nowhere", FILE, "elsewhere"])
def test_a_link_in_its_place(kept, tmp_path, target):
    folder = kept.copy(tmp_path / "cache")
    (folder / "elsewhere").write_bytes(kept.bytes)
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(folder / target)
    kept.check(folder)
    assert (folder / FILE).is_symlink() == (target == "elsewhere")


def test_a_journal_of_another_file(kept, tmp_path):
    """What a writer that was killed left beside a file that was begun anew since."""
    folder = kept.copy(tmp_path / "cache")
    journal = (folder / FILE).with_name("memo.sqlite-journal")
    for data in (
        b"",
        os.urandom(9000),
        bytes.fromhex("d9d505f920a163d7") + bytes(8000),
    ):
        journal.write_bytes(data)
        look(folder, kept.tree)
    kept.check(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", "CMB-0001", '[["a"]]', "\ufffd"]
)
def test_a_row_that_says_otherwise(kept, tmp_path, text):
    folder = kept.copy(tmp_path / "cache")
    for column in ("held", "open", "taken"):
        with closing(sqlite3.connect(folder / FILE)) as db:
            db.execute(f"UPDATE {file_module._TABLE} SET {column}=?", (text,))  # noqa: S608, SLF001
            db.commit()
        kept.check(folder)


def misled(file, one, other):
    """Let the file's table of contents lead from each of two trees to the other."""
    data = file.read_bytes()
    ends = [data.index(id_.encode() + bytes([number])) for id_, number in (one, other)]
    changed = bytearray(data)
    for (id_, _), end in zip((one, other), reversed(ends), strict=True):
        changed[ends[(one, other).index((id_, _))] + len(id_)] = data[end + len(id_)]
    file.write_bytes(changed)


def rowids(file):
    with closing(sqlite3.connect(file)) as db:
        asked = f"SELECT id, rowid FROM {file_module._TABLE} WHERE path=''"  # noqa: S608, SLF001
        return db.execute(asked).fetchall()


def test_contents_that_lead_astray(kept, tmp_path):
    """Each row is sound, and is another tree's."""
    folder = kept.copy(tmp_path / "cache")
    look(folder, kept.next)
    rows = [row for row in rowids(folder / FILE) if row[1] > 1]
    assert len(rows) == 2
    misled(folder / FILE, *rows)
    look(folder, kept.tree)
    look(folder, kept.next)


def emptied(kept, folder):
    with closing(sqlite3.connect(kept.copy(folder) / FILE)) as db:
        db.execute(f"UPDATE {file_module._TABLE} SET held='[[],[]]'")  # noqa: S608, SLF001
        db.commit()
    return folder


def test_without_the_check_a_changed_row_is_believed(kept, tmp_path, monkeypatch):
    look(emptied(kept, tmp_path / "checked"), kept.tree)
    folder = emptied(kept, tmp_path / "cache")
    monkeypatch.setattr(Row, "sound", True)
    with pytest.raises(AssertionError):
        look(folder, kept.tree)


def test_without_its_removal_a_damaged_file_stays_so(kept, tmp_path, monkeypatch):
    folder = kept.copy(tmp_path / "cache")
    (folder / FILE).write_bytes(b"no database" * 1000)
    with monkeypatch.context() as patch:
        patch.setattr(sqlitefile, "is_damage", lambda *_: False)
        kept.check(folder, heals=False)
        assert not knows(folder, kept.next)
    kept.check(folder)
