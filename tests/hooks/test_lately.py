"""What a queue's leader knows of what it has landed, beside what git says of the same."""

import pytest
from harness import Repo

from fleetfeed.checks.queue import Queued
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.queue import lately
from fleetfeed.queue.lately import Lately


@pytest.fixture
def repo(tmp_path):
    """Six commits in a line, the last three of which are merges."""
    repo = Repo.init(tmp_path / "repo")
    for number in range(3):
        _commit(repo, number)
    for number in range(3, 6):
        repo.git("checkout", "-q", "-b", f"seat-{number}", "main~1")
        _commit(repo, number)
        repo.git("checkout", "-q", "main")
        repo.git("merge", "-q", "--no-ff", "-m", f"merge {number}", f"seat-{number}")
    return repo


def _commit(repo, number):
    name = f"feed/CMB/000/CMB-{number:04d}/0001.yaml"
    repo.stage(name, f"post {number}\n")
    repo.git("commit", "-q", "-m", f"post {number}", "-m", f"OP: one-{number}")


@pytest.fixture
def objects(repo):
    found = Objects(Git(repo.folder, repo.environment))
    yield found
    found.close()


def line(repo):
    """Its tips, the oldest first."""
    asked = ("rev-list", "--first-parent", "--reverse", "main")
    return repo.line(*asked).splitlines()


def told(repo, *moves):
    """A leader's memory of moves of the ref, each by the numbers of its two tips."""
    found, tips = Lately(), line(repo)
    for before, after in moves:
        asked = ("rev-list", "--parents", "--topo-order", "--reverse")
        rows = repo.line(*asked, f"{tips[before]}..{tips[after]}").splitlines()
        made = tuple(tuple(row.split()) for row in rows)
        found.moved(tips[before], Queued(tips[after], (), {}, frozenset(), made))
    return found


@pytest.mark.parametrize("moves", [[(0, 5)], [(0, 2), (2, 3), (3, 5)]])
def test_what_came_between_two_tips_is_packed_and_told_whole(
    repo, objects, moves, tmp_path
):
    known, tips = told(repo, *moves), line(repo)
    for first in range(5):
        for last in range(first + 1, 6):
            pack = known.pack(objects, tips[first], tips[last])
            other = _clone(repo, tmp_path / f"{first}-{last}", tips[first])
            Git(other.folder, other.environment).run(
                "index-pack", "--stdin", "--fix-thin", "--strict", stdin=pack
            )
            other.git("update-ref", "refs/heads/main", tips[last])
            other.git("fsck", "--strict")
            said = known.said(objects, tips[first], tips[last])
            asked = ("log", "--format=%B", f"{tips[first]}..{tips[last]}")
            assert {*said.decode().split()} == {*repo.line(*asked).split()}


def _clone(repo, folder, tip):
    other = Repo.init(folder, "--bare")
    repo.git("push", "-q", str(folder), f"{tip}:refs/heads/main")
    return other


def test_what_is_not_known_is_not_told(repo, objects):
    known, tips = told(repo, (1, 3)), line(repo)
    for first, last in ((0, 3), (1, 4), (3, 1), (2, 1)):
        assert known.pack(objects, tips[first], tips[last]) == b""
        assert known.said(objects, tips[first], tips[last]) is None
    assert known.pack(objects, tips[1], tips[1]) == b""
    assert known.said(objects, tips[1], tips[1]) == b""


def noted(objects, monkeypatch):
    """The kinds of what is read from now on."""
    kinds, read = [], objects.read

    def reading(*asked):
        found = read(*asked)
        kinds.append(found[0])
        return found

    monkeypatch.setattr(objects, "read", reading)
    return lambda: kinds


def test_what_is_large_is_neither_packed_nor_remembered(repo, objects, monkeypatch):
    tips = line(repo)
    monkeypatch.setattr(lately, "_MOST_BYTES", 100)
    assert told(repo, (0, 5)).pack(objects, tips[0], tips[1]) == b""
    monkeypatch.undo()
    # A commit, a post and the folders above it are seven: no post of more is read.
    for most, blobs in ((6, 0), (7, 1)):
        monkeypatch.setattr(lately, "_MOST_OBJECTS", most)
        read = noted(objects, monkeypatch)
        pack = told(repo, (0, 5)).pack(objects, tips[0], tips[1])
        assert (bool(pack), read().count("blob")) == (blobs > 0, blobs)
        monkeypatch.undo()
    monkeypatch.setattr(lately, "_STEPS", 2)
    known = told(repo, (0, 3), (3, 5))
    assert known.pack(objects, tips[2], tips[5]) == b""
    assert known.pack(objects, tips[3], tips[5])


def test_what_git_alone_can_read_is_left_to_git(repo, objects):
    """A message in another encoding, and an object that is gone."""
    repo.git(
        "-c", "i18n.commitEncoding=UTF-16LE", "commit", "-q", "--allow-empty", "-m", "x"
    )
    tips = line(repo)
    known = told(repo, (4, 6))
    assert known.said(objects, tips[5], tips[6]) is None
    assert known.said(objects, tips[4], tips[5])
    blob = repo.line("rev-parse", "main:feed/CMB/000/CMB-0005/0001.yaml")
    (repo.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert known.pack(objects, tips[4], tips[6]) == b""
    assert known.pack(objects, tips[5], tips[6])
