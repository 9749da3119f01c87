"""Two versions of fleetfeed side by side: neither reads what the other remembered."""

import subprocess
import sys
from pathlib import Path

import pytest
from harness import Repo, claim
from repo.gen_repositories import asked, cache_of, many, put

from fleetfeed.feed.codec import MEANING
from fleetfeed.repo import cache_file as file_module

OTHERWISE = Path(__file__).with_name("fake_version.py")
HELD = "CAMBER:file:0:7"


@pytest.fixture
def repo(tmp_path):
    repo = Repo.init(tmp_path / "repo", "-b", "main")
    put(repo, many(20, shards=5))
    return repo


def other(repo, meaning):
    """What the other version answers."""
    args = (sys.executable, "-P", str(OTHERWISE), str(meaning))
    done = repo.run((*args, "active", "--surface-claim", HELD, "--offline"), ok=None)
    return done.stdout.partition("\n")[0]


def landed(repo, number):
    item = f"CMB-{5000 + number:04d}"
    new = {f"CMB/005/{item}/0001.yaml": claim(item, f"CAMBER:new:{number}").encode()}
    put(repo, {**many(20, shards=5), **new})


def test_each_goes_by_its_own_rows(repo):
    for number in range(1, 4):
        assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
        assert other(repo, MEANING + 1) == "ALLOCATED"
        assert other(repo, MEANING + 2) == "ALLOCATED"
        assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
        landed(repo, number)
    assert "agrees" in repo.fleetfeed("index", "verify").stdout


def test_with_the_same_meaning_the_others_rows_would_be_believed(repo):
    """So the number matters: a changed rule without a new one is a wrong answer."""
    put(repo, many(60))
    assert other(repo, MEANING) == "ALLOCATED"
    assert asked(repo, HELD) == "ALLOCATED"
    done = repo.fleetfeed("index", "verify", ok=False)
    assert "the memo differs: CMB/000, the feed as a whole" in done.stdout
    assert repo.fleetfeed("index", "rebuild").ok
    assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"


def test_at_the_same_time(repo):
    args = (sys.executable, "-P", str(OTHERWISE))
    command = ("active", "--surface-claim", HELD, "--offline")
    for number in range(1, 3):
        landed(repo, number)
        running = [
            subprocess.Popen(
                (*args, str(MEANING + 1), *command), cwd=repo.folder,
                env=dict(repo.environment), stdout=subprocess.PIPE, text=True,
            )
            for _ in range(4)
        ]  # fmt: skip
        assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
        for process in running:
            assert process.communicate()[0].startswith("ALLOCATED\n")


def test_what_old_versions_left_is_bounded(repo):
    """A file that is full of others' rows is begun anew: they make theirs again."""
    assert other(repo, MEANING + 1) == "ALLOCATED"
    file = cache_of(repo)
    with file.open("r+b") as large:
        large.truncate(file_module.MOST_BYTES + 1)
    assert asked(repo, HELD) == "COLLIDE-WITH-CMB-0007"
    assert file.stat().st_size < 1_000_000
    assert other(repo, MEANING + 1) == "ALLOCATED"
