"""The edge of the command line: every end in words and with its own code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness import Repo, Scene, command

from fleetfeed.feed.disk import entry_from_disk


def test_outside_a_repository_is_a_usage_error(tmp_path: Path) -> None:
    done = Repo(tmp_path).fleetfeed("check", ok=False)
    assert done.returncode == 2
    assert "is in no git repository" in done.stderr


def test_a_remote_that_is_away_is_cannot_tell(scene: Scene) -> None:
    me = scene.me
    me.git("remote", "set-url", "origin", str(me.folder / "nowhere.git"))
    done = me.fleetfeed("active", "--surface-claim", "CAMBER:page:free", ok=False)
    assert done.returncode == 3
    assert "origin does not answer" in done.stderr
    assert "ALLOCATED" not in done.stdout
    assert me.fleetfeed("active", "--offline").stdout.count("item=") == 2


def test_a_terminal_without_the_letters_shows_escapes(scene: Scene) -> None:
    me = scene.me
    place = "feed/CMB/000/CMB-0009/0001.yaml"
    me.write(place, "ITEM: CMB-0009\nSTATE: ł\nSEAT: A\nSUBJECT: x\n")
    latin = {"PYTHONIOENCODING": "latin-1"}
    done = me.fleetfeed("check", env=latin, ok=False)
    assert done.returncode == 1
    assert r"\u0142" in done.stdout


def test_a_link_to_a_name_in_no_encoding_is_a_finding(scene: Scene) -> None:
    (scene.me.folder / "feed/CMB/000/link").symlink_to("\udcff")
    done = scene.me.fleetfeed("check", ok=False)
    assert done.returncode == 1
    assert done.refusals == {"FF020"}


def test_the_work_tree_of_a_sha256_repository_is_as_git_reads_it(
    tmp_path: Path,
) -> None:
    repo = Repo.init(tmp_path, "--object-format=sha256")
    text = "a post\n"
    file = repo.write("0001.yaml", text)
    blobs: dict[str, bytes] = {}
    entry = entry_from_disk(file, blobs, id_size=32)
    assert entry is not None
    assert entry.id == repo.line("hash-object", "0001.yaml")
    assert blobs == {entry.id: text.encode()}


def test_a_bug_is_written_down_and_refuses(scene: Scene, tmp_path: Path) -> None:
    """A hook that breaks says where its log is, and lets nothing through."""
    broken = tmp_path / "broken"
    broken.mkdir()
    code = "import fleetfeed.entrance.commit as c\nc.judge_commit = lambda *a, **k: 1 / 0\n"
    (broken / "sitecustomize.py").write_text(code)
    me = scene.me
    me.stage("feed/CMB/000/CMB-0009/0001.yaml", "x")
    done = me.run(
        (sys.executable, "-m", "fleetfeed", "hook", "pre-commit"),
        env={"PYTHONPATH": str(broken), "XDG_STATE_HOME": str(tmp_path / "state")},
        ok=False,
    )
    assert done.returncode == 3
    assert "ZeroDivisionError" in done.stderr
    (log,) = (tmp_path / "state/fleetfeed").iterdir()
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text()


def test_ctrl_c_ends_with_130(scene: Scene, tmp_path: Path) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    asked = tmp_path / "asked"
    script = f'#!/bin/sh\n[ "$1" = ls-remote ] && : > \'{asked}\' && exec sleep 30\nexec {_git()} "$@"\n'
    (slow / "git").write_text(script)
    (slow / "git").chmod(0o755)
    path = f"{slow}{os.pathsep}{os.environ['PATH']}"
    child = subprocess.Popen(
        command("active"),
        cwd=scene.me.folder,
        env={**scene.me.environment, "PATH": path},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    while not asked.exists() and child.poll() is None:
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(30) == 130


def _git() -> str:
    return subprocess.run(
        ("sh", "-c", "command -v git"), capture_output=True, text=True, check=True
    ).stdout.strip()
