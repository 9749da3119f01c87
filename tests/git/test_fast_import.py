"""Commits written by `git fast-import`: beside others, and after one that was killed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import Repo

from fleetfeed.git.fast_import import SCRATCH, FastImport, NewCommit
from fleetfeed.git.process import Git

FORMATS = {"sha1": 20, "sha256": 32}


@pytest.fixture(params=FORMATS)
def repo(request, tmp_path):
    return Repo.init(
        tmp_path / "feed.git", "--bare", f"--object-format={request.param}"
    )


def writer(repo, onto=None):
    size = FORMATS[repo.line("rev-parse", "--show-object-format")]
    return FastImport(Git(repo.folder, repo.environment), onto, size)


def commits(count):
    return [
        NewCommit("ada", 1_700_000_000 + n, f"the {n}.\n", ((f"feed/{n}.yaml", b"x"),))
        for n in range(count)
    ]


def written(repo, count, onto=None):
    with writer(repo, onto) as out:
        for commit in commits(count):
            out.commit(commit)
        return out.done()


@pytest.mark.parametrize("count", [1, 4, 200])
def test_each_is_on_top_of_the_last_and_no_ref_is_made(repo, count):
    first = written(repo, count)
    second = written(repo, count, first)
    assert repo.line("rev-list", "--count", second) == str(2 * count)
    assert repo.line("for-each-ref") == ""
    repo.git("fsck", "--strict")


def test_nothing_is_nothing(repo):
    assert written(repo, 0) is None
    assert written(repo, 0, written(repo, 1)) is None


def test_a_few_leave_nothing_but_what_they_are(repo):
    tip = written(repo, 1)
    assert len(repo.line("rev-list", "--objects", tip).splitlines()) == 4
    assert repo.line("count-objects").startswith("4 objects")


def test_what_a_killed_one_has_kept_is_in_nobodys_way(repo):
    """git leaves `.keep` of a pack where it is killed, and refuses to make it anew."""
    tip = written(repo, 200)
    for pack in (repo.folder / "objects/pack").glob("*.pack"):
        pack.with_suffix(".keep").write_text("fast-import")
        pack.unlink()
        pack.with_suffix(".idx").unlink()
    assert written(repo, 200) == tip


def test_several_write_the_same_at_once(repo):
    """The ref that they are told of is the same, and so is what they write."""
    outs = [writer(repo) for _ in range(4)]
    for out in outs:
        for commit in commits(200):
            out.commit(commit)
    with ThreadPoolExecutor(len(outs)) as pool:
        tips = set(pool.map(FastImport.done, outs))
    assert len(tips) == 1
    for out in outs:
        out.__exit__(None, None, None)
    assert repo.line("for-each-ref") == ""


def test_what_an_earlier_version_left_is_no_parent(repo):
    repo.git("update-ref", f"{SCRATCH}", written(repo, 3))
    tip = written(repo, 2)
    assert repo.line("rev-list", "--count", tip) == "2"
    assert repo.line("for-each-ref") == ""
