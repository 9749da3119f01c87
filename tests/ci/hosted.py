"""A code host without hooks, and the jobs that it runs: checkouts and steps as it has them.

The checkouts are those of `actions/checkout` and of GitLab's runner: a new repository,
one fetch, a detached HEAD. The steps are read from the files that are published, and
are run by the shells that the hosts run them by.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import Repo, Result, Scene, clean, command
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
ZERO = "0" * 40
MERGE = "refs/pull/1/merge"


def published(name: str) -> dict:
    """A file that others include."""
    return YAML(typ="safe", pure=True).load((TOP / name).read_text("utf-8"))


def action_steps() -> list[dict]:
    return published("action.yml")["runs"]["steps"]


@dataclass(frozen=True)
class Hosted:
    """A bare repository without hooks, and a folder for the jobs."""

    scene: Scene
    folder: Path
    guards: bool = False

    @classmethod
    def begin(cls, scene: Scene, folder: Path, *, guards: bool = False) -> "Hosted":
        scene.server.disarm()
        folder.mkdir()
        me = scene.me
        me.git("pull", "-q", "--ff-only")
        me.git("switch", "-q", "-c", "topic")
        return cls(scene, folder, guards)

    @property
    def main(self) -> str:
        return self.scene.server.tip("refs/heads/main")

    def posts(self, files: Mapping[str, str], message: str = "posts") -> str:
        """A commit with `files` upon the topic, past the hooks; its id."""
        for name, text in files.items():
            self.scene.me.stage(name, text)
        self.scene.me.git("commit", "-q", "--no-verify", "--allow-empty", "-m", message)
        return self.scene.me.tip()

    def sends(self, commit: str, ref: str) -> str:
        """Put `commit` at `ref` of the host, past the hooks; what the ref was before."""
        before = self.scene.server.tip(ref) or ZERO
        self.scene.me.push("-q", "--no-verify", f"+{commit}:{ref}")
        return before

    def merged(self, head: str) -> str:
        """What GitHub makes of a pull request: a merge upon main, at a ref of its own."""
        me = self.scene.me
        me.git("switch", "-q", "--detach", "origin/main")
        me.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", head)
        merge = me.tip()
        me.git("switch", "-q", "topic")
        self.sends(merge, MERGE)
        return merge

    def checkout(
        self, *refspecs: str, at: str, depth: int = 0, folder: str = "work"
    ) -> Repo:
        """A checkout of what `at` names, after one fetch of `refspecs`."""
        repo = Repo.init(self.folder / folder)
        origin = f"file://{self.scene.server.folder}"
        repo.git("remote", "add", "origin", origin)
        cut = (f"--depth={depth}",) if depth else ()
        repo.git("fetch", "-q", "--no-tags", "--prune", *cut, "origin", *refspecs)
        repo.git("checkout", "-q", "--force", "--detach", at)
        return repo

    def github(self, repo: Repo, event: Mapping[str, object], **told: str) -> Result:
        """The action's judging step, with what GitHub says of the event."""
        step = action_steps()[-1]
        runner = self._runner()
        (runner / "event.json").write_text(json.dumps(event))
        around = {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "RUNNER_TEMP": str(runner),
            "GITHUB_EVENT_PATH": str(runner / "event.json"),
            "GITHUB_OUTPUT": str(runner / "output"),
            "GITHUB_WORKSPACE": str(repo.folder),
            "ALSO": "guard" if self.guards else "",
            **told,
        }
        script = runner / "step.sh"
        script.write_text(step["run"])
        # https://docs.github.com/actions: `shell: bash` is this command.
        shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script))
        done = repo.run(shell, env=around, ok=None)
        assert (runner / "output").read_text() == f"code={done.returncode}\n", done
        return done

    def gitlab(self, repo: Repo, **told: str) -> Result:
        """The template's script, with what GitLab says of the pipeline."""
        job = published("ci/gitlab.yml")["fleetfeed"]
        around = {"GITLAB_CI": "true", "CI": "true", **job["variables"], **told}
        around["FLEETFEED_ALSO"] = "guard" if self.guards else ""
        around["PATH"] = f"{self._pythons()}{os.pathsep}{os.environ['PATH']}"
        script = "set -eo pipefail\n" + "".join(f"{line}\n" for line in job["script"])
        return repo.run(("bash", "-c", script), env=around, ok=None)

    def _runner(self) -> Path:
        """The runner's folder, with what the installing step has made there."""
        programs = self.folder / "runner/fleetfeed/bin"
        programs.mkdir(parents=True)
        _program(programs / "fleetfeed", f'exec {shlex.join(command())} "$@"')
        return self.folder / "runner"

    def _pythons(self) -> Path:
        """A `python3` whose environments have fleetfeed already: pip installs nothing."""
        folder = self.folder / "image"
        folder.mkdir()
        pip = "-m pip --disable-pip-version-check --quiet install $FLEETFEED_PACKAGE"
        _program(folder / "python", f'test "$*" = "{pip}"')
        _program(folder / "fleetfeed", f'exec {shlex.join(command())} "$@"')
        there = shlex.join((f"{folder}/python", f"{folder}/fleetfeed"))
        makes = f'mkdir -p "$3/bin" && cp {there} "$3/bin"'
        _program(folder / "python3", f'test "$1 $2" = "-m venv" && {makes}')
        return folder


def _program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def installs(folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """The action's installing step, as it stands."""
    step = action_steps()[0]
    script = folder / "install.sh"
    script.write_text(step["run"])
    return subprocess.run(
        ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)),
        cwd=folder,
        env=clean(RUNNER_TEMP=str(folder), **environment),
        capture_output=True,
        text=True,
        check=False,
    )
