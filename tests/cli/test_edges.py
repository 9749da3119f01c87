"""The edge of the command line: every end in words and with its own code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import Repo, Scene, command
from harness.answers import document
from harness.scene import TAKEN

from fleetfeed.repo.staged import entry_from_disk


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
    code = (
        "import fleetfeed.checks.commit as c\nc.judge_commit = lambda *a, **k: 1 / 0\n"
    )
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


def test_a_bug_is_json_too_where_json_is_asked_for(
    scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import fleetfeed.checks.commit as c\nc.judge_commit = lambda *a, **k: 1 / 0\n"
    )
    done = scene.me.fleetfeed(
        "check", "--format", "json", env={"PYTHONPATH": str(tmp_path)}, ok=False
    )
    said = document(done.stdout)
    assert "ZeroDivisionError" in said["message"]
    assert (said["answer"], said["code"], done.stderr) == ("cannot tell", 3, "")
    assert done.returncode == 3


def test_the_finding_behind_an_error_is_in_the_json(scene: Scene) -> None:
    me = scene.me
    me.git("config", "fleetfeed.ref", "refs/heads/other")
    done = me.fleetfeed("active", "--json", ok=False)
    said = document(done.stdout)
    (found,) = said["findings"]
    assert found["rule"] == "FF406"
    assert said["message"] == f"FF406 {found['message']}"
    assert (said["answer"], said["code"]) == ("cannot tell", 3)


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")])
@pytest.mark.parametrize("args", [("rule",), ("show", "--offline", "CMB-9999")])
def test_a_closed_pipe_is_not_a_refusal(
    scene: Scene, args: tuple[str, ...], streams: tuple[str, ...]
) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        command(*args),
        cwd=scene.me.folder,
        env=scene.me.environment,
        stdout=write,
        stderr=write if "stderr" in streams else subprocess.PIPE,
        check=False,
    )
    os.close(write)
    told = args[0] == "show" and "stderr" not in streams
    assert done.returncode == (2 if told else 141)
    assert told or not done.stderr


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_disk_is_no_bug(scene: Scene, more: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("rule", *more),
            cwd=scene.me.folder,
            env=scene.me.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "there is no room to write (No space left on device)" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(
    "args", [("note", "-F"), ("append", "--post")], ids=lambda args: args[0]
)
def test_a_file_without_an_end_is_not_read_to_it(
    scene: Scene, args: tuple[str, ...]
) -> None:
    done = scene.me.fleetfeed(*args, "/dev/zero", ok=False)
    assert done.returncode in (1, 2)
    assert "more than 65536" in done.stderr


def test_the_fleets_own_name_is_the_command(scene: Scene) -> None:
    """Its terminal's letters, its usage lines and its exit codes are the same."""
    me = scene.me
    me.git("remote", "rename", "origin", "\u0142")
    code = "from fleetfeed.cli.main import active_queue as run; run()"
    asked = (sys.executable, "-P", "-c", code, "--surface-claim")
    letters = {"PYTHONIOENCODING": "latin-1"}
    done = me.run((*asked, "CAMBER:page:free"), env=letters)
    assert done.stdout.startswith("ALLOCATED\n")
    assert r"\u0142" in done.stdout
    assert me.run((*asked, TAKEN), ok=False).returncode == 1
    wrong = me.run((*asked[:-1], "--nonsense"), ok=False)
    assert wrong.stderr.startswith("Usage: fleetfeed active ")


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_ctrl_c_ends_with_130(
    scene: Scene, tmp_path: Path, more: tuple[str, ...]
) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    asked = tmp_path / "asked"
    script = f'#!/bin/sh\n[ "$1" = ls-remote ] && : > \'{asked}\' && exec sleep 30\nexec {_git()} "$@"\n'
    (slow / "git").write_text(script)
    (slow / "git").chmod(0o755)
    path = f"{slow}{os.pathsep}{os.environ['PATH']}"
    child = subprocess.Popen(
        command("active", *more),
        cwd=scene.me.folder,
        env={**scene.me.environment, "PATH": path},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not asked.exists() and child.poll() is None:
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)
    stdout, stderr = child.communicate(timeout=30)
    assert (child.returncode, stderr) == (130, b"")
    answers = [document(stdout.decode())["answer"]] if more else []
    assert answers == ["interrupted"] * len(more)


def _git() -> str:
    return subprocess.run(
        ("sh", "-c", "command -v git"), capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("clam", "claim"),
        ("Done", "done"),
        ("finsh", "done"),
        ("ls", "active"),
        ("resume", "claim"),
        ("unblock", "claim"),
    ],
)
def test_a_mistyped_command_is_told_what_it_meant(
    scene: Scene, typed: str, meant: str
) -> None:
    done = scene.me.fleetfeed(typed, "CMB-0001", ok=False)
    assert done.returncode == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in done.stderr


def test_what_resembles_nothing_is_not_guessed(scene: Scene) -> None:
    done = scene.me.fleetfeed("xyzzy\x1b[2J", ok=False)
    assert done.returncode == 2
    assert "Did you mean" not in done.stderr
    assert done.stderr.replace("\n", "").isprintable()


def test_other_tools_words_lead_to_commands() -> None:
    from fleetfeed.cli.main import _KNOWN_AS, COMMANDS

    assert not _KNOWN_AS.keys() & COMMANDS.keys()
    assert _KNOWN_AS.values() - COMMANDS.keys() <= {"inbox", "surface"}


def test_by_a_policy_that_nobody_can_read_nothing_is_free(scene: Scene) -> None:
    scene.me.fleetfeed("reserve", "CMB", "--subject", "ready")
    scene.server.disarm()
    me = scene.me
    me.git("pull", "-q")
    me.write("feed/policy.yaml", "ref: refs/heads/main\nfamilies: [x\n")
    me.git("add", "feed")
    me.git("commit", "-qnm", "broken")
    me.git("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main")
    asked = ("active", "--surface-claim", "CAMBER:page:free")
    done = me.fleetfeed(*asked, ok=False)
    assert done.returncode == 3
    assert "the policy cannot be read (feed/policy.yaml:2: " in done.stderr
    assert "ALLOCATED" not in done.stdout
    listed = json.loads(me.fleetfeed("active", "--json").stdout)
    assert listed["next"] == []
    assert "until it is mended no post passes" in listed["remarks"][0]
