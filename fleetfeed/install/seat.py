"""Which seat a worktree is: one worktree for each agent is the commonest layout.

git keeps a clone's settings for all its worktrees together, so that one seat would name
them all; with `extensions.worktreeConfig` each has a file of its own as well. That is
turned on where there are several, with the care that git-worktree(1) asks for: what
`core.bare` and `core.worktree` say of the main one must not hold for the others.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.git.process import Git, apart
from fleetfeed.install.files import in_words
from fleetfeed.install.locations import common_folder, git_path, worktrees
from fleetfeed.model.names import same_seat
from fleetfeed.util.records import record

KEY = "fleetfeed.seat"
_EXTENSION = "extensions.worktreeConfig"
_OWN_CONFIG = "config.worktree"
_OF_MAIN = ("core.bare", "core.worktree")
_LOOKED = "fleetfeed/seats-looked-at"


@record
class Configured:
    """A seat as git's settings have it, and whose setting that is.

    `scope` is git's word: worktree, local (all worktrees of this clone), global, system
    or command; both are empty where there is none.
    """

    name: str
    scope: str


def configured(git: Git) -> Configured:
    """The seat that git's settings name in the worktree of `git`."""
    answer = git.maybe("config", "--show-scope", "--get", KEY) or ""
    scope, _, name = answer.partition("\t")
    return Configured(name, scope if name else "")


def set_seat(git: Git, name: str) -> None:
    """Make `name` the seat of the worktree of `git`, and of no other one."""
    set_here(git, KEY, name)


def set_here(git: Git, key: str, value: str) -> None:
    """Set git's setting `key` for the worktree of `git`, and for no other one."""
    several = git.out("worktree", "list", "--porcelain").count(b"\n\n") > 1
    if not several and not _is_on(git):
        git.run("config", "--local", key, value)
        return
    _turn_on(git)
    git.run("config", "--worktree", key, value)


def _is_on(git: Git) -> bool:
    return git.maybe("config", "--type=bool", "--get", _EXTENSION) == "true"


def _turn_on(git: Git) -> None:
    """Give each worktree a file of settings; nothing changes for any of them.

    With the extension a `core.bare` that is the main worktree's holds for all, so both
    change at once: in a copy, renamed under git's own lock.
    """
    if _is_on(git):
        return
    shared = common_folder(git) / "config"
    moved = {
        k: v for k in _OF_MAIN if (v := _value(git, shared, k)) not in ("", "false")
    }
    for key, value in moved.items():
        _set(git, shared.with_name(_OWN_CONFIG), key, value)
    with in_words(shared), _rewritten(shared) as copy:
        _set(git, copy, _EXTENSION, "true")
        for key in moved:
            git.run("config", "--file", str(copy), "--unset-all", key)


def _value(git: Git, file: Path, key: str) -> str:
    return git.maybe("config", "--file", str(file), "--get", key) or ""


def _set(git: Git, file: Path, key: str, value: str) -> None:
    git.run("config", "--file", str(file), key, value)


@contextlib.contextmanager
def _rewritten(config: Path) -> Iterator[Path]:
    """A copy of `config` to be changed, which takes its place if that ends well."""
    lock, copy = (config.with_name(f"config.{end}") for end in ("lock", "fleetfeed"))
    os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        shutil.copy(config, copy)
        yield copy
        copy.replace(config)
    finally:
        copy.unlink(missing_ok=True)
        lock.unlink()


def sharing(git: Git, seat: str) -> list[Path]:
    """The other worktrees of this clone whose settings name the same seat."""
    here = Path(git.line("rev-parse", "--show-toplevel")).resolve()
    others = [top for top in worktrees(git) if top.resolve() != here]
    same = [
        top for top in others if same_seat(seat, configured(Git(top, apart())).name)
    ]
    # git lists a submodule by its folder below `.git/modules`, for its work tree.
    own = _own_folder(git) if same else ""
    return [top for top in same if _own_folder(Git(top, apart())) != own]


def _own_folder(git: Git) -> str:
    """The folder that git keeps for this worktree alone."""
    return os.path.realpath(git.line("rev-parse", "--absolute-git-dir"))


def newly_shared(git: Git, top: Path, seat: str) -> list[Path]:
    """As `sharing`, for each state of the settings once."""
    common = _common(top)
    if common is None:
        return []
    state = f"{seat}\n" + "".join(f"{line}\n" for line in _state(common))
    file = git_path(git, _LOOKED)
    with contextlib.suppress(OSError):
        if file.read_text("utf-8", "surrogateescape") == state:
            return []
    found = sharing(git, seat)
    # Where it cannot be remembered it is said again.
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        file.write_text(state, "utf-8", "surrogateescape")
    return found


def _common(top: Path) -> Path | None:
    """The folder that the worktrees share, as git's files say; None: not to be told."""
    dot = top / ".git"
    if dot.is_dir():
        return dot
    try:
        own = top / dot.read_text().removeprefix("gitdir: ").rstrip("\n")
        return own / (own / "commondir").read_text().rstrip("\n")
    except OSError:
        return None


def _entries(common: Path) -> Iterator[os.DirEntry[str]]:
    """git's folders for linked worktrees."""
    with contextlib.suppress(OSError), os.scandir(common / "worktrees") as found:
        yield from found


def _state(common: Path) -> Iterator[str]:
    """When each file was written that may name a seat."""
    own = sorted(Path(entry.path, _OWN_CONFIG) for entry in _entries(common))
    for file in (common / "config", common / _OWN_CONFIG, *own):
        written = file.stat().st_mtime_ns if file.exists() else 0
        yield f"{file.parent.name} {written}"
