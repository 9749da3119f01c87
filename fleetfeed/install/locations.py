"""Where a repository's hooks live, and what else uses that folder.

A client's are at `git rev-parse --git-path hooks`, which knows `core.hooksPath` and
linked worktrees; servers have layouts of their own. Folders that an installation makes
are remembered, and removed when it is taken out.
"""

import os
import pwd
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from fleetfeed.git.process import Git
from fleetfeed.git.queries import SHARED
from fleetfeed.install.hook_file import SERVER_HOOK
from fleetfeed.install.settings import forget_folders, remember_folder
from fleetfeed.model.errors import Usage
from fleetfeed.util.records import record

Layout = Literal["auto", "plain", "gitea", "gitlab"]
LAYOUTS: tuple[Layout, ...] = ("auto", "plain", "gitea", "gitlab")

_OURS = "fleetfeed"
# Sorts behind the names that Gitolite gives (`.h00-...`) and git's own `.sample`.
_LAST = f"{SERVER_HOOK}.zz-fleetfeed"


@record
class HookLocation:
    """The folder and the name of one of our hook files.

    `alone` is true where a folder of many hooks runs ours beside the others, which
    are then not ours to rename. `warning` is what to know about the place.
    """

    folder: Path
    name: str
    alone: bool = False
    warning: str = ""


def hooks_folder(git: Git) -> Path:
    """The folder that git runs this repository's hooks from."""
    set_to = git.maybe("config", "--get", "core.hooksPath")
    folder = git_path(git, "hooks")
    if set_to == "" or (folder.exists() and not folder.is_dir()):
        why = f"core.hooksPath is {set_to!r}, so git runs no hooks here"
        raise Usage(f"{why}: set it to a folder, or unset it")
    return folder


def git_path(git: Git, name: str) -> Path:
    """Where git keeps its file `name`, as an absolute path."""
    answer = git.line("rev-parse", "--git-path", name)
    return Path(os.path.abspath(git.folder / answer))  # noqa: PTH100 - keeps links


def folders_to_clear(git: Git) -> tuple[Path, ...]:
    """Where hooks of ours may be: the folder in use, and git's own.

    `core.hooksPath` may have been set, or changed to a file, after they were put in.
    """
    own = common_folder(git) / "hooks"
    try:
        return tuple(dict.fromkeys((hooks_folder(git), own)))
    except Usage:
        return (own,)


def warnings(git: Git, folder: Path, *, ours: bool) -> Iterator[str]:
    """What to know about a client's hooks `folder` before relying on it.

    `ours` says whether hook files of ours are there, or belong there.
    """
    inside = within(folder, Path(git.line("rev-parse", "--show-toplevel")))
    in_git = within(folder, common_folder(git))
    answer = git.maybe("config", "--show-scope", "--get", "core.hooksPath") or ""
    scope = answer.partition("\t")[0]
    if scope in ("global", "system") and not inside and not in_git:
        hooks = f"the hooks in {folder} serve other repositories too"
        yield f"core.hooksPath is {scope}: {hooks}"
    if inside and not in_git:
        why = "the hook files name paths of this machine and should not be committed"
        if ours:
            yield f"{folder} lies in the work tree: {why}"
        yield from _without_hooks(git, answer.partition("\t")[2])


def _without_hooks(git: Git, set_to: str) -> Iterator[str]:
    """Worktrees that have no such folder as `core.hooksPath` names in each of them."""
    if Path(set_to).expanduser().is_absolute():
        return
    for top in worktrees(git):
        if not (top / set_to).is_dir():
            why = f"core.hooksPath {set_to} is relative, and {top} has no such folder"
            yield f"{why}: git runs no hook there; run `fleetfeed doctor` there"


def worktrees(git: Git) -> list[Path]:
    """The tops of all work trees of the repository that are there; none of a bare one.

    What was removed by hand stays listed until git prunes it.
    """
    return [top for top, _ in _worktrees(git)]


def checked_out(git: Git, ref: str) -> Path | None:
    """The top of a work tree that has the branch `ref` checked out; None: none has."""
    return next((top for top, said in _worktrees(git) if f"branch {ref}" in said), None)


def _worktrees(git: Git) -> Iterator[tuple[Path, list[str]]]:
    """Each work tree's top, and what git says of it."""
    for row in git.out("worktree", "list", "--porcelain").split(b"\n\n"):
        lines = row.decode("utf-8", "surrogateescape").splitlines()
        top = Path(lines[0].removeprefix("worktree ")) if lines else None
        if top and "bare" not in lines and top.is_dir():
            yield top, lines


def common_folder(git: Git) -> Path:
    """The repository's own folder, shared by its worktrees."""
    return git_path(git, SHARED).parent


def other_owner(git: Git) -> str | None:
    """Whose a server's repository is, where it is not this account's."""
    owner = git.folder.stat().st_uid
    if owner == os.geteuid():
        return None
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"#{owner}"  # as sudo takes it


def as_owner(owner: str, words: str, git: Git) -> str:
    """What to do: run `fleetfeed words` on the repository as the `owner` of it."""
    command = f"sudo -u {shlex.quote(owner)} fleetfeed {words}"
    return f"run `{command} {shlex.quote(str(git.folder))}`"


def server_place(git: Git, layout: Layout) -> HookLocation:
    """Where a server of this `layout` runs a repository's own pre-receive hook."""
    repository, hooks = common_folder(git), hooks_folder(git)
    found = _recognised(repository, hooks) if layout == "auto" else layout
    if found == "gitlab":
        return _gitlab(repository)
    if found == "gitea":
        return _gitea(hooks)
    hook = hooks / SERVER_HOOK
    if hook.is_symlink() and hook.readlink().name == "multi-hook-driver":
        return _driven(hooks)
    return HookLocation(hooks, SERVER_HOOK)


def server_places(git: Git) -> Iterator[HookLocation]:
    """Every place where `server_place` may ever have put our hook."""
    yield _gitlab(common_folder(git))
    for hooks in folders_to_clear(git):
        yield from (HookLocation(hooks, SERVER_HOOK), _gitea(hooks), _driven(hooks))


def _recognised(repository: Path, hooks: Path) -> Layout:
    if (repository / "custom_hooks").is_dir() or "@hashed" in repository.parts:
        return "gitlab"
    return "gitea" if (hooks / f"{SERVER_HOOK}.d").is_dir() else "plain"


def _gitlab(repository: Path) -> HookLocation:
    # GitLab does not look at `hooks/`; it runs `custom_hooks/pre-receive` and then all
    # in `custom_hooks/pre-receive.d/`. Its storage names repositories `@hashed/...`.
    folder = repository / "custom_hooks" / f"{SERVER_HOOK}.d"
    return HookLocation(folder, _OURS, alone=True)


def _gitea(hooks: Path) -> HookLocation:
    # Gitea and Forgejo own `hooks/pre-receive`, which runs all in `pre-receive.d/` and
    # refuses when one of them does.
    return HookLocation(hooks / f"{SERVER_HOOK}.d", _OURS, alone=True)


def _driven(hooks: Path) -> HookLocation:
    # Gitolite's `repo-specific-hooks` makes pre-receive a link to a driver that runs
    # `pre-receive.*` and ends with the code of the last (gitolite 3.6,
    # src/triggers/repo-specific-hooks). Renamed, the driver would run nothing.
    warning = (
        "Gitolite's multi-hook-driver counts only the last hook's answer, and its next "
        "compile removes hooks that its configuration does not name: copy "
        f"{_LAST} to LOCAL_CODE/hooks/repo-specific/fleetfeed and name it last in "
        "`option hook.pre-receive`"
    )
    return HookLocation(hooks, _LAST, alone=True, warning=warning)


def within(folder: Path, above: Path) -> bool:
    """Whether `folder` is `above`, or lies below it."""
    return folder.resolve().is_relative_to(above.resolve())


@contextmanager
def made(git: Git, folder: Path) -> Iterator[None]:
    """Make `folder` and those above it that are missing, for what is done inside.

    Where that ends well they are remembered, otherwise removed.
    """
    new: list[Path] = []
    try:
        for missing in _missing(folder):
            missing.mkdir()
            new.insert(0, missing)
        yield
    except BaseException:
        _remove(new)
        raise
    for name in new:
        remember_folder(git, str(name))


def unmake(git: Git) -> None:
    """Remove the folders that `made` made, where they are empty."""
    _remove([Path(name) for name in forget_folders(git)])


def _missing(folder: Path) -> list[Path]:
    """The folders to make, the highest first."""
    return [] if folder.is_dir() else [*_missing(folder.parent), folder]


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
