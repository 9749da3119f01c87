"""No room, no rights, no file that can grow: the answers are right, and as fast to exit."""

import os
import shutil
import subprocess
from contextlib import suppress

import pytest
from harness import Repo, command
from harness.rights import humble
from harness.rows import of_each_kind
from repo.gen_repositories import asked, cache_of, many, ours, put, queue

HELD = "CAMBER:file:0:7"


@pytest.fixture
def repo(tmp_path):
    repo = Repo.init(tmp_path / "repo", "-b", "main")
    put(repo, many(20, shards=5))
    return repo


def known(repo):
    """Whether the cache knows the feed as it is."""
    process = ours(repo)
    found = process.cache_store.load("", process.tree("refs/heads/main").root)
    process.cache_store.file.close()
    return found is not None


def check(repo, under=()):
    """Every answer is right, in a repository whose cache can or cannot be written."""
    for _ in range(2):
        said = repo.run((*under, *command("active", "--surface-claim", HELD)), ok=False)
        assert said.returncode == 1
        assert said.stdout.startswith("COLLIDE-WITH-CMB-0007\n")
        assert not said.stderr
    listed = repo.run((*under, *command("active", "--json")))
    assert listed.stdout.count('"newest"') == 10
    verified = repo.run((*under, *command("index", "verify")))
    assert "the memo agrees" in verified.stdout


def check_unwritable(repo, under=()):
    """As `check`, and what asks for a cache is told that there can be none."""
    check(repo, under)
    done = repo.run((*under, *command("index", "rebuild")), ok=None)
    assert done.returncode == 3, done
    assert "the memo cannot be written" in done.stderr


def grown(repo):
    """The feed with one more shard, of which nobody knows."""
    put(repo, many(20, shards=6))


@pytest.mark.parametrize("asked_before", of_each_kind([False, True], bool))
def test_no_file_can_grow(repo, asked_before):
    if asked_before:
        asked(repo, HELD)
    limited = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
    check_unwritable(repo, limited)
    check(repo)
    assert known(repo)


@pytest.fixture
def mounted():
    """Mounts on a folder, and takes that away again."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount")
    folders = []

    def mount(folder, *options):
        if subprocess.run(("mount", *options, str(folder)), check=False).returncode:
            pytest.skip("nothing can be mounted here")
        if folder not in folders:
            folders.append(folder)

    yield mount
    for folder in reversed(folders):
        subprocess.run(("umount", "-l", str(folder)), check=True)


@pytest.mark.parametrize("left", of_each_kind([0, 9000, 30_000], (0).__eq__))
def test_the_disk_is_full(repo, mounted, left):
    asked(repo, HELD)
    folder = cache_of(repo).parent
    data = cache_of(repo).read_bytes()
    mounted(folder, "-t", "tmpfs", "-o", "size=256k", "tmpfs")
    cache_of(repo).write_bytes(data)
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as full, suppress(OSError):
        while True:
            full.write(bytes(1024))
    os.truncate(ballast, ballast.stat().st_size - left)
    grown(repo)
    for _ in range(2):
        assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
        assert asked(repo, "CAMBER:file:5:14") == "COLLIDE-WITH-CMB-5014"
    ballast.unlink()
    assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
    assert known(repo)
    assert len(queue(repo)) == 12


@pytest.mark.parametrize("asked_before", of_each_kind([False, True], bool))
def test_a_disk_that_is_read_only(repo, mounted, asked_before):
    if asked_before:
        asked(repo, HELD)
    mounted(repo.folder, "--bind", str(repo.folder))
    mounted(repo.folder, "-o", "remount,bind,ro")
    check_unwritable(repo)
    assert known(repo) == asked_before


def chmod(repo, folders, files):
    for path in (repo.folder, *repo.folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


@pytest.mark.parametrize("asked_before", of_each_kind([False, True], bool))
def test_a_repository_that_may_not_be_written(repo, asked_before):
    if asked_before:
        asked(repo, HELD)
    chmod(repo, 0o555, 0o444)
    check_unwritable(repo, humble())
    chmod(repo, 0o755, 0o644)
    assert known(repo) == asked_before
    check(repo)
    assert known(repo)


def test_a_folder_that_may_not_be_touched(repo):
    asked(repo, HELD)
    cache_of(repo).parent.chmod(0)
    check_unwritable(repo, humble())
    cache_of(repo).parent.chmod(0o700)
    assert known(repo)


def test_a_file_that_may_not_be_touched(repo):
    """It stays, until somebody asks for a new one."""
    asked(repo, HELD)
    cache_of(repo).chmod(0)
    check(repo, humble())
    assert known(repo)
    assert cache_of(repo).stat().st_mode & 0o777 == 0
    assert repo.run((*humble(), *command("index", "rebuild"))).ok
    assert cache_of(repo).stat().st_mode & 0o600
    assert known(repo)
