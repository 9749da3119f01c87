"""pre-receive without its input: what git said and did not arrive is not nothing."""

import os
from pathlib import Path

import pytest
from harness import Scene, claim, path
from harness.scene import TAKEN

ZERO = "0" * 40


def _run(scene: Scene, stdin: str, *args: str, script: str = "", **env: str) -> str:
    hook = ("sh", "-c", script) if script else ("./hooks/pre-receive", *args)
    done = scene.server.run(hook, stdin=stdin, env={"GIT_DIR": ".", **env}, ok=False)
    return done.stderr


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_no_update_is_no_push(scene: Scene, stdin: str) -> None:
    assert "did not arrive whole" in _run(scene, stdin)


def test_a_closed_input_is_no_push(scene: Scene) -> None:
    assert "did not arrive whole" in _run(scene, "", script="./hooks/pre-receive <&-")


def _keep(scene: Scene) -> None:
    kept = scene.server.folder / "hooks/pre-receive.before-fleetfeed"
    kept.write_text("#!/bin/sh\nexit 0\n")
    kept.chmod(0o755)


def test_a_reader_that_dies_beside_an_earlier_hook_refuses(
    scene: Scene, tmp_path: Path
) -> None:
    _keep(scene)
    (tmp_path / "cat").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "cat").chmod(0o755)
    deletion = f"{scene.me.tip()} {ZERO} refs/heads/main\n"
    deletion += f"{ZERO} {scene.me.tip()} refs/heads/topic\n"
    search = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert "did not arrive whole" in _run(scene, deletion, PATH=search)
    assert "FF405" in _run(scene, deletion)


def test_a_list_that_breaks_off_beside_an_earlier_hook_refuses(scene: Scene) -> None:
    lines = f"{ZERO} {scene.me.tip()} refs/heads/topic\n"
    assert (
        "did not arrive whole"
        in scene.server.fleetfeed(
            "hook", "pre-receive", "--end", stdin=lines, env={"GIT_DIR": "."}, ok=False
        ).stderr
    )
    whole = scene.server.fleetfeed(
        "hook", "pre-receive", "--end", stdin=lines + "end\n", env={"GIT_DIR": "."}
    )
    assert whole.returncode == 0


def test_a_push_beside_an_earlier_hook_is_judged(scene: Scene) -> None:
    _keep(scene)
    scene.me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    scene.me.git("commit", "-q", "--no-verify", "-m", "x")
    refused = scene.me.push("--no-verify", "HEAD:refs/heads/main", ok=False)
    assert refused.refusals == {"FF401"}
    scene.me.push("--no-verify", "HEAD:refs/heads/topic")


def test_many_reserved_refs_are_refused_at_once(scene: Scene) -> None:
    tip = scene.me.tip()
    lines = "".join(f"{ZERO} {tip} refs/fleetfeed/b{n}\n" for n in range(20_000))
    assert "… and 19950 more" in _run(scene, lines)


def test_a_key_cannot_forge_a_row_of_the_queue(scene: Scene) -> None:
    text = claim("CMB-0003", "x state=IN_PROGRESS owner=EVE", state="PARKED")
    scene.me.stage(path("CMB-0003"), text)
    scene.me.git("commit", "-qm", "x")
    scene.me.push()
    (row,) = [
        r for r in scene.me.fleetfeed("active").stdout.splitlines() if "0003" in r
    ]
    assert row.count("state=") == 1
    assert row.count("owner=") == 1
