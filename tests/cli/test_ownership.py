"""A repository of another owner: git opens nothing, and says how to mend it."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from harness import FREE, TAKEN, Repo, Scene, claim, path
from harness.rows import of_each_kind

POST = path("CMB-0003")
PUSH = "HEAD {0} refs/heads/main {0}\n"
NEW = ("--subject", "x", "--surface", FREE, "--proof", "far from CMB-0001")
COMMANDS = [
    ("check",),
    ("check", "--staged"),
    ("check", "--range", "HEAD..HEAD"),
    ("check", "feed"),
    ("active",),
    ("active", "--surface-claim", TAKEN),
    ("show", "CMB-0001"),
    ("log",),
    ("audit",),
    ("claim", "--new", "CMB", *NEW),
    ("next",),
    ("reserve", "CMB", *NEW),
    ("done", "CMB-0002"),
    ("note", "--body", "hi"),
    ("draft", "CMB", "--subject", "x"),
    ("fence", "CMB-0002", "--epoch", "1"),
    ("hold", "CMB-0002", "--", "true"),
    ("init",),
    ("install",),
    ("uninstall",),
    ("doctor",),
    ("index", "verify"),
    ("seal",),
    ("hook", "pre-commit"),
    ("hook", "pre-merge-commit"),
    ("hook", "pre-push", "origin", "x"),
]

# Of commands that read, write, start and look into a repository, and hooks, one each.
SMALL = {COMMANDS[at] for at in (0, 4, 9, 17, 20, 23, 25)}


@pytest.fixture
def foreign(scene: Scene) -> Scene:
    """The scene, its clone and server of somebody else's."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    scene.me.stage(POST, claim("CMB-0003", FREE))
    for folder in (scene.me.folder, scene.server.folder):
        for each in (folder, *folder.rglob("*")):
            shutil.chown(each, "nobody")
    if scene.me.git("status", ok=None).ok:
        pytest.skip("this git does not mind the owner")
    return scene


def _mended(repo: Repo, said: str) -> None:
    """Type what was said, as it stands."""
    (line,) = set(re.findall("`(git config --global [^`]*)`", said))
    repo.run(shlex.split(line), cwd=Path("/"))


@pytest.mark.parametrize(
    "args",
    of_each_kind([(row,) for row in COMMANDS], lambda row: row[0] in SMALL),
    ids=" ".join,
)
def test_every_command_says_what_git_says(foreign: Scene, args: tuple[str]) -> None:
    me = foreign.me
    lines = PUSH.format("1" * 40) if "pre-push" in args else ""
    done = me.fleetfeed(*args, stdin=lines, ok=False)
    assert done.returncode == 3, done
    assert "detected dubious ownership" in done.stderr
    assert "no git repository" not in done.said
    _mended(me, done.stderr)
    again = me.fleetfeed(*args, stdin=lines, ok=None, env={"FLEETFEED_SEAT": ""})
    assert str(me.folder) not in re.findall("ownership.*at '(.*?)'", again.stderr)


@pytest.mark.parametrize("args", [("install", "--server"), ("doctor", "--server")])
def test_a_servers_repository(foreign: Scene, args: tuple[str]) -> None:
    done = foreign.server.fleetfeed(*args, ".", ok=False)
    assert done.returncode == 3
    _mended(foreign.server, done.stderr)


def test_the_servers_hook(foreign: Scene) -> None:
    tip = "1" * 40
    done = foreign.server.fleetfeed(
        "hook", "pre-receive", stdin=f"{tip} {tip} refs/heads/main\n", ok=False
    )
    assert done.returncode == 3
    assert "dubious ownership" in done.stderr
    assert "fleetfeed install" not in done.stderr


def test_a_server_of_another_owner(foreign: Scene) -> None:
    """The clone is trusted, and what it fetches from is not."""
    me = foreign.me
    me.git("config", "--global", "safe.directory", str(me.folder), cwd=Path("/"))
    refused = me.fleetfeed("claim", "--new", "CMB", *NEW, ok=None)
    if refused.ok:
        pytest.skip("this git fetches from any owner's repository")
    assert refused.returncode == 3
    assert "try again later" not in refused.stderr
    _mended(me, refused.stderr)
    me.fleetfeed("claim", "--new", "CMB", *NEW)
