"""Objects where libgit2 cannot have them: through git, with the same answer."""

import fcntl
import shutil
import sys
import tracemalloc

import pytest
from harness import Repo, Scene, Server, claim, path
from harness.rows import of_each_kind
from harness.scene import FREE, TAKEN

from fleetfeed.git import objects
from fleetfeed.git.objects import Batch, Objects
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo as Feed


@pytest.mark.parametrize(
    "name",
    of_each_kind(["a:b.git", 'a"b.git', "a b;c.git", "\u00e4.git"], "a:b.git".__eq__),
)
def test_a_server_in_an_odd_folder_judges(scene: Scene, name: str) -> None:
    """git hands the quarantine's neighbour over in quotes where its path has a colon."""
    me = scene.me
    odd = Server(scene.server.folder.with_name(name), scene.server.environment)
    shutil.move(scene.server.folder, odd.folder)
    me.git("remote", "set-url", "origin", f"file://{odd.folder}")
    me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    me.git("commit", "-q", "--no-verify", "-m", "a collision")
    refused = me.push("--no-verify", "HEAD:refs/heads/main", ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused.stderr
    me.stage(path("CMB-0003"), claim("CMB-0003", FREE))
    me.git("commit", "-q", "--amend", "--no-verify", "-m", "a claim")
    me.push("--no-verify", "HEAD:refs/heads/main")


def _ids(scene: Scene) -> list[str]:
    rows = scene.me.line(
        "cat-file", "--batch-check", "--batch-all-objects"
    ).splitlines()
    return [row.split()[0] for row in rows]


def test_git_and_libgit2_read_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = _ids(scene)
    few = Objects(Git(scene.me.folder))
    by_git = [few.read(id_) for id_ in ids]
    few.close()
    monkeypatch.setattr(objects, "FEW", 0)
    monkeypatch.setattr(Batch, "read", lambda *_: pytest.fail("git was asked"))
    many = Objects(Git(scene.me.folder))
    assert [many.read(id_) for id_ in ids] == by_git
    assert {kind for kind, _ in by_git} == {"commit", "tree", "blob"}


@pytest.mark.parametrize("few", [0, 500])
def test_a_damaged_object_is_missing_and_no_bug(
    scene: Scene, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "FEW", few)
    id_ = scene.me.line("hash-object", "-w", "README.md")
    file = scene.me.folder / f".git/objects/{id_[:2]}/{id_[2:]}"
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    reader = Objects(Git(scene.me.folder))
    with pytest.raises(CannotTell, match="missing here and could not be fetched"):
        reader.read(id_)
    reader.close()


def test_pygit2_is_imported_for_many_objects_only(scene: Scene) -> None:
    code = (
        "import sys; from pathlib import Path; from fleetfeed.git.process import Git\n"
        "from fleetfeed.git.objects import FEW, Objects\n"
        "objects, id_ = Objects(Git(Path())), sys.argv[1]\n"
        "for _ in range(FEW - 1): objects.read(id_)\n"
        "assert 'pygit2' not in sys.modules\n"
        "objects.read(id_)\n"
        "assert 'pygit2' in sys.modules\n"
    )
    scene.me.run((sys.executable, "-c", code, scene.me.tip()))


@pytest.mark.parametrize("few", [objects.FEW, 0], ids=["git", "libgit2"])
def test_a_large_file_is_not_read_whole(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(objects, "FEW", few)
    me = scene.me
    (me.folder / "zeros").write_bytes(bytes(50_000_000))
    zeros = me.line("hash-object", "-w", "zeros")
    small = me.line("rev-parse", f"HEAD:{path('CMB-0001')}")
    opened = Objects(Git(me.folder, me.environment))
    try:
        expected = opened.blob(small)
        tracemalloc.start()
        assert opened.blob(zeros) == bytes(1024 * 1024)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000
        assert opened.blob(small) == expected  # the next answer is not out of step
    finally:
        opened.close()


@pytest.fixture
def asked(monkeypatch):
    """How many ids git was asked for, each time."""
    ask, found = objects._ask, []  # noqa: SLF001

    def noted(child, names):
        found.append(len(names))
        return ask(child, names)

    monkeypatch.setattr(objects, "_ask", noted)
    return found


def test_what_is_expected_is_asked_for_together(scene: Scene, asked) -> None:
    ids, reader = _ids(scene), Objects(Git(scene.me.folder))
    expected = [reader.read(id_) for id_ in ids]
    assert asked == [1] * len(ids)
    del asked[:]
    reader.expect(ids)
    assert [reader.read(id_) for id_ in ids] == expected
    assert sum(asked) == len(ids)
    assert len(asked) <= len(ids) // 60 + 1
    reader.close()


def test_the_expected_before_are_still_at_hand(scene: Scene, asked) -> None:
    ids, reader = _ids(scene), Objects(Git(scene.me.folder))
    reader.expect(ids[:4])
    reader.expect(ids[4:8])
    reader.expect(ids[8:9])
    for id_ in ids[:8]:
        reader.read(id_)
    assert asked == [4, 4]
    reader.close()


def test_what_is_missing_or_large_is_read_as_ever(scene: Scene) -> None:
    me, gone = scene.me, "1" * 40
    me.write("zeros", bytes(50_000_000))
    zeros, (first, last, *_) = me.line("hash-object", "-w", "zeros"), _ids(scene)
    reader = Objects(Git(me.folder))
    ends = [reader.read(first), reader.read(last)]
    for odd in (gone, zeros):
        reader.expect([first, odd, last])
        assert [reader.read(first), reader.read(last)] == ends
        if odd == gone:
            with pytest.raises(CannotTell, match="missing here"):
                reader.read(gone)
        else:
            assert reader.blob(zeros) == bytes(1024 * 1024)
        assert reader.read(last) == ends[1]
    reader.close()


def test_no_more_is_expected_than_there_is_room_for(scene: Scene) -> None:
    me, ids = scene.me, []
    for number in range(40):
        file = me.write("large", bytes([number]) * 1_000_000)
        ids.append(me.line("hash-object", "-w", str(file)))
    reader = Objects(Git(me.folder))
    tracemalloc.start()
    reader.expect(ids)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25_000_000
    read = (reader.blob(id_) for id_ in ids)
    assert [data[:1] for data in read] == [bytes([n]) for n in range(40)]
    reader.close()


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="only Linux can tell")
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_smallest_pipes_are_no_dead_end(tmp_path, form: str) -> None:
    """A user who has many pipes gets such of one page."""
    repo = Repo.init(tmp_path / "repo", f"--object-format={form}")
    names = [f"file-{number}" for number in range(300)]
    for name in names:
        repo.write(name, name * 500)
    repo.git("add", "-A")
    rows = repo.line("ls-files", "-s").splitlines()
    ids = {row.split()[3]: row.split()[1] for row in rows}
    reader = Objects(Git(repo.folder))
    reader.read(ids["file-1"])
    child = reader._batch._child  # noqa: SLF001
    for pipe in (child.stdin, child.stdout):
        assert fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096) == 4096
    reader.expect(ids.values())
    assert all(reader.blob(ids[name]) == name.encode() * 500 for name in names)
    reader.close()


def test_a_feed_that_nobody_knows_is_read_together(fleet, asked) -> None:
    seat = fleet.seat()
    for number in range(1, 121):
        seat.write(
            path(f"CMB-{number:04d}"), claim(f"CMB-{number:04d}", f"CAMBER:{number}")
        )
    seat.commit("many items", "--no-verify")
    repo = Feed(Git(seat.folder))
    assert len(repo.at_head.summary.open) == 120
    assert sum(asked) > 240
    # A commit, five folders on the way; then a hundred items' folders, and their posts.
    assert len(asked) < 20
    repo.objects.close()
