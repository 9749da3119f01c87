"""Objects where libgit2 cannot have them: through git, with the same answer."""

import shutil
import sys
import tracemalloc

import pytest
from harness import Scene, Server, claim, path
from harness.scene import FREE, TAKEN

from fleetfeed.git import objects
from fleetfeed.git.objects import Batch, Objects
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell


@pytest.mark.parametrize("name", ["a:b.git", 'a"b.git', "a b;c.git", "\u00e4.git"])
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
