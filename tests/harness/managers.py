"""Hook managers as their users have them: husky 9, lefthook, pre-commit, a folder.

husky and lefthook come from npm, once for a test run; where that cannot be, the tests
that want them are skipped.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.npm import npm_installed
from harness.repo import Repo, Result

_PACKAGES = ("husky@9", "lefthook@2")
_BIN = Path(sys.executable).parent


def node_modules(cache: Path) -> Path:
    """The folder that `npm install` of both makes in `cache`; skips where it cannot."""
    return npm_installed(cache, *_PACKAGES)


def on_path(repo: Repo, *folders: Path) -> Repo:
    """The same clone with `fleetfeed` and the programs in `folders` on PATH."""
    path = os.pathsep.join(map(str, (*folders, _BIN, os.environ["PATH"])))
    return type(repo)(repo.folder, {**repo.environment, "PATH": path})


@dataclass(frozen=True, slots=True)
class Manager:
    """A hook manager: the file of its users, what it says first, how it is installed.

    `remove` takes it out again, where it can do that.
    """

    name: str
    files: dict[str, str]
    install: tuple[str, ...]
    remove: tuple[str, ...] = ()
    from_npm: bool = False

    def prepare(self, repo: Repo, modules: Callable[[], Path]) -> Repo:
        """Commit its files in `repo`, and have its programs; nobody's hooks yet."""
        repo = on_path(repo)
        repo.fleetfeed("uninstall")
        for path, text in self.files.items():
            repo.write(path, text).chmod(0o755)
        if self.from_npm:
            link_modules(repo, modules())
            repo = on_path(repo, repo.folder / "node_modules/.bin")
        repo.git("add", "-A")
        repo.git("commit", "-q", "--no-verify", "-m", f"have {self.name}")
        return repo

    def put_in(self, repo: Repo) -> Result:
        """Have it put its hooks in, as each clone's user does."""
        return repo.run(self.install)


def link_modules(repo: Repo, modules: Path) -> None:
    """What `npm install` makes in a work tree."""
    (repo.folder / "node_modules").symlink_to(modules)
    exclude = Path(repo.line("rev-parse", "--git-path", "info/exclude"))
    with (repo.folder / exclude).open("a") as opened:
        opened.write("node_modules\n")


_LEFTHOOK = """\
# the team's own
pre-commit:
  parallel: false
  jobs:
    - name: own
      run: echo own
"""
_FRAMEWORK = """\
repos:
- repo: local
  hooks:
  - id: own
    name: own
    entry: echo own
    language: system
    always_run: true
"""

HUSKY = Manager(
    "husky",
    {".husky/pre-commit": "echo own\n", ".husky/pre-push": "cat >/dev/null\n"},
    ("husky",),
    ("git", "config", "--unset", "core.hooksPath"),
    from_npm=True,
)
LEFTHOOK = Manager(
    "lefthook",
    {"lefthook.yml": _LEFTHOOK},
    ("lefthook", "install"),
    ("lefthook", "uninstall"),
    from_npm=True,
)
FRAMEWORK = Manager(
    "framework",
    {".pre-commit-config.yaml": _FRAMEWORK},
    ("pre-commit", "install"),
    ("pre-commit", "uninstall"),
)
FOLDER = Manager(
    "folder",
    {
        ".githooks/pre-commit": "#!/bin/sh\necho own\n",
        ".githooks/pre-push": "#!/bin/sh\ncat >/dev/null\n",
    },
    ("git", "config", "core.hooksPath", ".githooks"),
    ("git", "config", "--unset", "core.hooksPath"),
)
MANAGERS = (HUSKY, LEFTHOOK, FRAMEWORK, FOLDER)
