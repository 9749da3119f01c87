"""Questions that are started before they are asked."""

import os
from pathlib import Path

import pytest
from harness import Scene

from fleetfeed.git import queries
from fleetfeed.git.hook_process import HookGit, Spawned
from fleetfeed.git.process import Git, inherited, untidied
from fleetfeed.model.errors import CannotTell, GitFailed


@pytest.fixture
def here(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The scene, with us in the clone of `me`, in git's environment there."""
    monkeypatch.chdir(scene.me.folder)
    for name, value in scene.me.environment.items():
        monkeypatch.setenv(name, value)
    return scene


def children() -> set[int]:
    """The processes that we have started and not reaped."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                row = (entry / "stat").read_text()
            except OSError:
                continue
            if int(row.rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(entry.name))
    return found


def test_an_answer_is_what_the_question_gives(here: Scene) -> None:
    plain, ahead = Git(here.me.folder), HookGit()
    questions = [
        queries.SETTINGS,
        queries.ALL,
        ("rev-parse", "HEAD"),
        ("log", "-z", "--raw"),
    ]
    for args in questions:
        ahead.ahead(*args)
    for args in (*reversed(questions), *questions):
        assert ahead.run(*args) == plain.run(*args)
        assert HookGit().run(*args) == plain.run(*args)


def test_a_large_answer_waits_in_the_pipe(here: Scene) -> None:
    id_ = here.me.git(
        "hash-object", "-w", "--stdin", stdin="x" * 300_000
    ).stdout.strip()
    git = HookGit()
    git.ahead("cat-file", "-p", id_)
    git.ahead("rev-parse", "HEAD")
    assert git.line("rev-parse", "HEAD") == here.me.tip()
    assert git.out("cat-file", "-p", id_) == b"x" * 300_000


@pytest.mark.parametrize("args", [("rev-parse", "nowhere"), ("no-such-command",)])
def test_a_question_that_fails_fails_when_it_is_asked(
    here: Scene, args: tuple[str, ...]
) -> None:
    with pytest.raises(GitFailed) as plain:
        Git(here.me.folder).run(*args)
    git = HookGit()
    git.ahead(*args)
    with pytest.raises(GitFailed) as ahead:
        git.run(*args)
    assert str(ahead.value) == str(plain.value)
    assert ahead.value.stderr


def test_where_git_is_missing_that_is_said_when_it_is_asked(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    monkeypatch.setenv("PATH", "/nowhere")
    git = HookGit()
    git.ahead("rev-parse", "HEAD")
    git.ahead("cat-file", "--batch", talk=True)
    for ask in (git.run, git.talk):
        with pytest.raises(CannotTell, match="git is not installed"):
            ask("rev-parse", "HEAD")


def test_accepted_codes_are_told_too(here: Scene) -> None:
    del here
    git = HookGit()
    git.ahead("config", "--get", "no.such")
    assert git.run("config", "--get", "no.such", accept=(0, 1)).returncode == 1
    assert git.maybe("config", "--get", "no.such") is None


def test_another_environment_is_the_one_that_counts(here: Scene) -> None:
    """Its PATH may name another git, which only a full start finds."""
    git = Git(None, {**inherited(), "PATH": "/nowhere"})
    with pytest.raises(CannotTell, match="git is not installed"):
        git.run("rev-parse", "HEAD")
    assert Git(None, inherited()).line("rev-parse", "HEAD") == here.me.tip()


def test_what_nobody_asks_for_is_ended(here: Scene) -> None:
    del here
    before, git = children(), HookGit()
    git.ahead("rev-parse", "HEAD")
    git.ahead("log", "--format=%B%n%300000s")
    git.ahead("cat-file", "--batch", talk=True)
    git.ahead("hash-object", "--stdin-paths", talk=True)
    assert git.talk("hash-object", "--stdin-paths").stdin
    assert len(children() - before) == 4
    git.end()
    assert children() == before
    git.end()


def test_a_talk_that_was_started_ahead_is_that_talk(here: Scene) -> None:
    git = HookGit()
    git.ahead("cat-file", "--batch", talk=True)
    child = git.talk("cat-file", "--batch")
    assert isinstance(child, Spawned)
    assert child.stdin
    child.stdin.write(b"HEAD\n")
    child.stdin.flush()
    assert child.stdout.readline().split()[0].decode() == here.me.tip()
    git.end()
    assert child.returncode is not None


def test_an_answer_of_a_git_that_was_killed_is_none(here: Scene) -> None:
    del here
    git = HookGit()
    git.ahead("cat-file", "--batch", talk=True)
    child = git.talk("cat-file", "--batch")
    child.kill()
    assert child.wait() == -9
    git.end()


def test_git_is_let_look_whether_to_tidy_up_now_and_then() -> None:
    """A clone that only writes is tidied up by nobody else."""
    found = [untidied() for _ in range(1000)]
    assert 0 < found.count(()) < 250
    assert {*found} == {(), ("-c", "maintenance.auto=false")}
