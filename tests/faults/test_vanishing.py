"""What a push is made of vanishes while the server's hook judges it, or before it goes.

`git gc --prune=now` on the server takes away the folder in which git keeps what is being
pushed; somebody else may take away more. The push is refused then, in words that are
true, and the next one goes through.
"""

import os
import re
from pathlib import Path

import pytest
from faults.wrapped import WrappedGit
from harness import FREE, Scene, claim, path

POST = path("CMB-0003")
MAIN = "refs/heads/main"
CLEAN = "env -u GIT_DIR -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY"
PRUNE = f'{CLEAN} "$real" -C {{server}} prune --expire=now'
VANISH = {
    "objects": PRUNE,
    "config": "mv {server}/config {aside}/config",
    "HEAD": "mv {server}/HEAD {aside}/HEAD",
    "the feed ref": "mv {server}/refs/heads/main {aside}/main",
    "all refs": "mv {server}/refs {aside}/refs",
    "all objects": "mv {server}/objects {aside}/objects",
}
STEPS = (
    "start",
    "config.1",
    "for-each-ref.1",
    "rev-list.1",
    "rev-parse.1",
    "cat-file.1",
)
SMALL = {
    *(("objects", step) for step in ("start", "config.1", "rev-list.1", "cat-file.1")),
    *((what, "start") for what in ("config", "the feed ref", "all objects")),
}
ROWS = [
    pytest.param(what, step, marks=() if (what, step) in SMALL else pytest.mark.large)
    for what in VANISH
    for step in STEPS
]


def _through(scene: Scene, folder: Path, step: str, shell: str) -> None:
    """Let `shell` run when the hook comes to `step`: Python's start, or a git of its."""
    git = WrappedGit.make(folder, os.environ["PATH"])
    python = folder / "python"
    hook = scene.server.folder / "hooks/pre-receive"
    text = hook.read_text()
    real = re.search("^fleetfeed_python=(.*)$", text, re.MULTILINE)
    assert real
    hook.write_text(text.replace(real[0], f"fleetfeed_python={python}"))
    once = f"if mkdir {folder}/once 2>/dev/null; then real=git; {shell}; fi\n"
    start = once if step == "start" else ""
    if not start:
        git.on(step, once)
    lines = (start, f"PATH={git.path} exec {real[1]}", ' "$@"\n')
    python.write_text("#!/bin/sh\n" + "".join(lines))
    python.chmod(0o755)


def _put_back(scene: Scene, aside: Path) -> None:
    for each in aside.iterdir():
        there = scene.server.folder / each.name
        each.rename(there if each.name != "main" else scene.server.folder / MAIN)


@pytest.mark.parametrize(("what", "step"), ROWS)
def test_in_a_push(scene: Scene, tmp_path: Path, what: str, step: str) -> None:
    me, aside = scene.me, tmp_path / "aside"
    aside.mkdir()
    shell = VANISH[what].format(server=scene.server.folder, aside=aside)
    _through(scene, tmp_path / "wrapped", step, shell)
    before = me.tip()
    me.stage(POST, claim("CMB-0003", FREE))
    me.git("commit", "-q", "--no-verify", "-m", "x")
    done = me.git("push", "--no-verify", "origin", f"HEAD:{MAIN}", ok=None)
    assert (tmp_path / "wrapped/once").exists()
    assert "this is a bug" not in done.stderr
    if what == "objects":
        assert not done.ok
        assert "install" not in done.stderr
        # Later than that, it is git itself that misses them.
        late = "cannot tell" not in done.stderr
        assert late or "the push's objects vanished" in done.stderr
        assert late or "; push again" in done.stderr
    if what != "config":  # without it the server has no pinned ref indeed
        assert "fleetfeed install" not in done.stderr
    _put_back(scene, aside)
    if not done.ok:
        assert scene.server.tip(MAIN) == before
        me.git("push", "--no-verify", "origin", f"HEAD:{MAIN}")
    assert scene.server.tip(MAIN) == me.tip()
    scene.other.git("pull", "-q", "--ff-only")
    assert "CMB-0003" in scene.other.fleetfeed("active", "--offline").stdout


LOCAL = {
    "push.1": f'{CLEAN} "$real" prune --expire=now',
    "push.each": f'{CLEAN} "$real" prune --expire=now',
    "commit-tree.1": f'{CLEAN} "$real" prune --expire=now',
}


@pytest.mark.parametrize("step", LOCAL)
def test_in_a_clone_that_writes(scene: Scene, tmp_path: Path, step: str) -> None:
    git = WrappedGit.make(tmp_path / "wrapped", os.environ["PATH"])
    git.on(step, LOCAL[step])
    args = ("claim", "--new", "CMB", "--subject", "x", "--surface", FREE)
    args = (*args, "--proof", "far from CMB-0001", "--timeout", "10s", "--op", "one")
    done = scene.me.fleetfeed(*args, ok=None, env={"PATH": git.path})
    assert "this is a bug" not in done.said
    assert done.ok == step.endswith(".1"), done
    if not done.ok:
        assert done.returncode == 3
        assert "objects vanished" in done.stderr
        scene.me.fleetfeed(*args)
