"""What a hook says need not be read: the verdict alone decides about its exit code."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import FREE, TAKEN, Scene, Seat, claim, command, path
from harness.rows import pairs_of

NEAR = "CAMBER:file:near"
POST = path("CMB-0003")
CODES = {NEAR: 0, FREE: 0, TAKEN: 1}
CLIENT = ("pre-commit", "pre-merge-commit", "pre-push")
KINDS = ("closed", "nobody reads", "full")


@contextmanager
def unread(kind: str) -> Iterator[int]:
    """A standard error that takes nothing."""
    if kind == "full":
        if not Path("/dev/full").exists():
            pytest.skip("no device here is always full")
        stream = os.open("/dev/full", os.O_WRONLY)
    else:
        reads, stream = os.pipe()
        os.close(reads)
    yield stream
    os.close(stream)


def code(seat: Seat, kind: str, args: tuple[str, ...], stdin: str, **env: str) -> int:
    """How `args` ends where nothing takes what it says."""
    closes = ("sh", "-c", 'exec "$@" 2>&-', "sh") if kind == "closed" else ()
    with unread(kind) as stream:
        return subprocess.run(
            (*closes, *args),
            cwd=seat.folder,
            env={**seat.environment, **env},
            input=stdin.encode(),
            stderr=stream,
            check=False,
        ).returncode


def _prepared(scene: Scene, hook: str, key: str) -> str:
    """A post with `key`, staged or committed as `hook` wants it; the hook's input."""
    me, start = scene.me, scene.me.tip()
    me.stage(POST, claim("CMB-0003", key))
    if not hook.startswith("pre-push"):
        return ""
    me.git("commit", "-q", "--no-verify", "-m", "x")
    return f"HEAD {me.tip()} refs/heads/main {start}\n"


@pytest.mark.parametrize(("key", "hook", "kind"), pairs_of([*CODES], CLIENT, KINDS))
def test_a_hook_of_a_clone(scene: Scene, hook: str, kind: str, key: str) -> None:
    stdin = _prepared(scene, hook, key)
    args = ("origin", str(scene.server.folder)) if hook == "pre-push" else ()
    env = {"GIT_DIR": ".git"}
    file = f".git/hooks/{hook}"
    assert code(scene.me, kind, (file, *args), stdin, **env) == CODES[key]
    alone = command("hook", hook, *args)
    assert code(scene.me, kind, alone, stdin, **env) == CODES[key]


@pytest.mark.parametrize(("key", "kind"), pairs_of([*CODES], KINDS))
def test_the_servers_hook(scene: Scene, kind: str, key: str) -> None:
    line = _prepared(scene, "pre-push", key)
    me, (_, new, ref, old) = scene.me, line.split()
    me.git("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/topic")
    server = Seat(scene.server.folder)
    stdin, args = f"{old} {new} {ref}\n", ("./hooks/pre-receive",)
    assert code(server, kind, args, stdin, GIT_DIR=".") == CODES[key]


@pytest.mark.parametrize("key", CODES, ids=["warns", "passes", "refuses"])
def test_a_commit_whose_words_go_into_a_closed_pipe(scene: Scene, key: str) -> None:
    me = scene.me
    me.stage(POST, claim("CMB-0003", key))
    me.run(("sh", "-c", "{ git commit -qm x; echo $? >../rc; } 2>&1 | true"), ok=None)
    assert (me.folder.parent / "rc").read_text() == f"{CODES[key]}\n"


def test_a_git_that_warns_into_a_closed_pipe(scene: Scene) -> None:
    """As it does about a slow index or a line's end; here it traces what it does."""
    stdin = _prepared(scene, "pre-commit", FREE)
    file = (".git/hooks/pre-commit",)
    env = {"GIT_DIR": ".git", "GIT_TRACE": "1"}
    assert code(scene.me, "nobody reads", file, stdin, **env) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_cannot_tell(scene: Scene, kind: str) -> None:
    scene.me.git("config", "fleetfeed.remote", "none")
    stdin = _prepared(scene, "pre-commit", FREE)
    args = command("hook", "pre-commit")
    assert code(scene.me, kind, args, stdin) == 3
    through = (*command("-C", ".", "hook"), "pre-commit")
    assert code(scene.me, kind, through, stdin) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_is_called_by_the_command_line(scene: Scene, kind: str) -> None:
    stdin = _prepared(scene, "pre-commit", NEAR)
    through = (*command("-C", ".", "hook"), "pre-commit")
    assert code(scene.me, kind, through, stdin) == 0
