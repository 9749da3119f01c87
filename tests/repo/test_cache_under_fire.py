"""Many processes with one cache, killed while they read and write it."""

import re
import sqlite3
from contextlib import closing

import pytest
from harness import Repo, claim, command, path, post
from repo import cache_reader
from repo.cache_crowd import Crowd, asking
from repo.gen_repositories import FEED, asked, cache_of, many, ours, put

HELD, FREE = "CAMBER:file:0:7", "CAMBER:page:nobody"


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "repo", "-b", "main")


def colliding(repo, folder):
    """A linked worktree in which a claim of HELD is about to be committed."""
    repo.git("worktree", "add", "-q", "-b", "side", str(folder), "main")
    side = Repo(folder, repo.environment)
    side.stage(path("CMB-0021"), claim("CMB-0021", HELD))
    return side


class Landing:
    """Commits that land while others look: every one has the same holder of HELD."""

    def __init__(self, repo):
        self.repo, self.expected = repo, {}
        self.files = many(20, shards=5)
        self.land()

    def land(self):
        """One more commit, and what reading all of it gives."""
        for step in range(3):
            number = 3000 + (len(self.expected) * 7 + step) % 60 + 1
            item, key = f"CMB-{number:04d}", f"CAMBER:new:{len(self.expected)}:{step}"
            text = claim(item, key) if step else post(item=item, state="DONE")
            self.files[f"CMB/003/{item}/0001.yaml"] = text.encode()
        commit, process = put(self.repo, self.files), ours(self.repo)
        self.expected[commit] = cache_reader.read(process, commit)

    @property
    def commits(self):
        """Those to be looked at: a few, so that they meet."""
        return list(self.expected)[-4:]


def test_a_crowd_that_is_killed(repo, tmp_path, stress):
    landing, crowd = Landing(repo), Crowd(repo, tmp_path / "said", 16 if stress else 8)
    side = colliding(repo, tmp_path / "side")
    hook = command("-C", str(side.folder), "hook", "pre-commit")

    def choose(crowd):
        dice = crowd.chance.random()
        if dice < 0.7:
            return crowd.cache_reader(landing.commits)
        if dice < 0.8:
            return hook
        return asking(HELD if dice < 0.9 else FREE)

    def meanwhile():
        if len(landing.expected) < (100 if stress else 12):
            landing.land()

    crowd.run(
        choose, 90 if stress else 2, meanwhile, last=(hook, asking(HELD), asking(FREE))
    )
    check_said(crowd, landing)
    with closing(sqlite3.connect(cache_of(repo))) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "agrees" in repo.fleetfeed("index", "verify").stdout
    assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
    assert repo.tip(FEED)


def check_said(crowd, landing):
    """Whoever said anything said what is true."""
    looks = [
        re.fullmatch(r"([0-9a-f]{40}) ([0-9a-f]{20})\n", line) for line in crowd.said()
    ]
    found = [row.groups() for row in looks if row]
    assert all(landing.expected[commit] == said for commit, said in found)
    assert len(found) > 20
    assert {args[-1] for args, _, _ in crowd.ended} > {"pre-commit", "--offline"}
    for args, code, said in crowd.ended:
        assert "Traceback" not in said, said
        assert "bug" not in said, said
        if "pre-commit" in args:
            assert code == 1
            assert "FF401 COLLIDE-WITH-CMB-0007" in said
        if asking(HELD) == args:
            assert (code, said.split(":")[0].split()[0]) == (1, "COLLIDE-WITH-CMB-0007")
        if asking(FREE) == args:
            assert (code, said.splitlines()[0]) == (0, "ALLOCATED")
