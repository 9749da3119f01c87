"""A stranger's first minute: no settings at all, and what goes wrong says what to type.

What a message tells to type is typed here, as it stands.
"""

import re
import shlex

import pytest
from harness import Repo, Result, Server, clean, command, make_home

START = "git add feed && git commit -q -m 'Start the feed'"
NAMED = "git config user.name Six && git config user.email six@camber.example"
RESERVE = ("reserve", "CMB", "--subject", "a page")


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home", stranger=True)


@pytest.fixture
def clone(home, tmp_path):
    """A clone of an empty, guarded server, as git begins one where nobody says how."""
    there = Repo(tmp_path / "fleet.git", clean(**home))
    there.folder.mkdir()
    there.git("init", "-q", "--bare")
    there.fleetfeed("install", "--server", ".")
    return cloned(there, tmp_path / "six", home)


def cloned(there: Repo, folder, home) -> Repo:
    clone = Repo(folder, clean(**home, FLEETFEED_SEAT="CAMBER-06"))
    there.git("clone", "-q", str(there.folder), str(folder))
    return clone


def typed(repo: Repo, line: str) -> Result:
    """What a shell makes of a line."""
    program = f'fleetfeed() {{ {shlex.join(command())} "$@"; }}'
    return repo.run(("sh", "-c", f"{program}; {line}"))


def told(done: Result) -> list[str]:
    """What stands between backquotes."""
    return re.findall("`([^`]+)`", done.stderr)


def test_who_commits_is_asked_in_one_sentence(clone):
    assert clone.fleetfeed("init").ok
    typed(clone, f"{NAMED} && {START} && git push -q origin HEAD")
    typed(clone, "git config --remove-section user")
    warned = "warn     author: git does not know who commits here\n"
    assert warned in clone.fleetfeed("doctor", ok=None).stdout
    done = clone.fleetfeed(*RESERVE, ok=False)
    assert done.returncode == 2
    assert done.stderr.startswith("fleetfeed: git does not know who commits here; ")
    (line,) = told(done)
    typed(clone, line.replace("NAME", "Six").replace("ADDRESS", "six@camber.example"))
    assert clone.fleetfeed(*RESERVE).ok
    assert " author: " not in clone.fleetfeed("doctor", ok=None).stdout


def test_a_feed_that_is_written_and_not_committed(clone):
    clone.fleetfeed("init")
    assert not clone.git("commit", "-m", "x", ok=False).ok
    done = clone.fleetfeed(*RESERVE, ok=False)
    assert done.returncode == 3
    *_, line = told(done)
    typed(clone, f"{NAMED} && {line}")
    assert clone.fleetfeed(*RESERVE).ok
    branch = clone.line("symbolic-ref", "--short", "HEAD")
    assert f"ref: refs/heads/{branch}\n" in clone.holds("feed/policy.yaml")


def test_a_feed_in_a_folder_that_is_not_committed(clone):
    server = Server(clone.folder.parent / "fleet.git", clone.environment)
    server.install("--dir", "ops/feed")
    clone.fleetfeed("init")
    *_, line = told(clone.fleetfeed(*RESERVE, ok=False))
    typed(clone, f"{NAMED} && {line}")
    assert clone.fleetfeed(*RESERVE).ok


def test_a_feed_that_is_committed_and_not_pushed(clone):
    clone.fleetfeed("init")
    typed(clone, f"{NAMED} && {START}")
    done = clone.fleetfeed(*RESERVE, ok=False)
    assert done.returncode == 3
    (line,) = told(done)
    typed(clone, line)
    assert clone.fleetfeed(*RESERVE).ok


def test_without_a_feed_anywhere_the_branch_that_is_asked_for_is_explained(clone):
    done = clone.fleetfeed(*RESERVE, ok=False)
    assert "refs/heads/main (where a feed is by default); `fleetfeed init`" in done.said


def test_a_branch_without_a_feed_says_where_there_is_one(clone, home, tmp_path):
    typed(clone, f"{NAMED} && git commit -q --allow-empty -m code")
    typed(clone, "git branch topic && git checkout -q -b trunk")
    server = Server(tmp_path / "fleet.git", clone.environment)
    server.install("--ref", "refs/heads/trunk")
    clone.fleetfeed("init")
    typed(clone, f"{START} && git push -q origin HEAD topic")
    other = cloned(server, tmp_path / "seven", home)
    typed(other, f"{NAMED} && git checkout -q topic")
    done = other.fleetfeed(*RESERVE, ok=False)
    assert "there is a feed in feed/ on refs/heads/trunk" in done.stderr
    *_, line = told(done)
    typed(other, line)
    assert other.fleetfeed(*RESERVE).ok


@pytest.mark.parametrize("follow", [False, True])
def test_a_branch_that_is_renamed_later(clone, home, tmp_path, follow):
    server = Server(tmp_path / "fleet.git", clone.environment)
    clone.fleetfeed("init")
    typed(clone, f"{NAMED} && {START} && git push -q origin HEAD")
    typed(clone, "git branch -m trunk")
    server.git("branch", "-m", "trunk")
    done = clone.fleetfeed(*RESERVE, ok=False)
    assert done.returncode == 3
    back, there, here = told(done)[:3]
    if not follow:
        typed(server, back)
        assert clone.fleetfeed(*RESERVE).ok
        return
    typed(server, there)
    typed(clone, here)
    rename = "sed -i 's,^ref: .*,ref: refs/heads/trunk,' feed/policy.yaml"
    typed(clone, f"{rename} && git commit -q -a -m 'The feed is on trunk'")
    typed(clone, "git push -q origin HEAD")
    assert clone.fleetfeed(*RESERVE).ok
    other = cloned(server, tmp_path / "seven", home)
    typed(other, NAMED)
    assert other.fleetfeed(*RESERVE).ok
