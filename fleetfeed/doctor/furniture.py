"""What a clone's hooks find around them, laid out anew in a scratch repository.

husky looks for its scripts beside its own folder, lefthook and the pre-commit framework
read their configuration at the top of the work tree, and all run programs from
`node_modules` or a virtual environment. So the hooks folder has the place in the
scratch repository that it has in the real one, and small files are copied: a hook
manager writes its hooks anew when it likes, and must not do that to the real ones.
"""

import os
import shutil
from pathlib import Path

from fleetfeed.doctor.scratch import NAMES, Scratch
from fleetfeed.git.process import Git
from fleetfeed.install.hook_file import SUFFIX
from fleetfeed.install.locations import common_folder, git_path, within
from fleetfeed.install.managers import FRAMEWORK_FILE
from fleetfeed.util.records import record

_LARGEST = 1_000_000
"""Bytes: larger files at the top of a work tree are no configuration."""

_COPIED = (".lefthook", ".lefthook-local")
_PATTERNS = ("/*", "!/*/", "/.config/lefthook*", *(f"/{name}/" for name in _COPIED))
"""Of a sparse checkout: what is copied is among them, or git would take it away."""
_LINKED = ("node_modules", ".venv", "venv")
# By this lefthook knows that its hooks are those of its configuration.
_NOTED = "info/lefthook.checksum"


@record
class Furniture:
    """The hooks folder `hooks` of the clone whose work tree is at `top`.

    It is at `place` in the scratch repository `mine`, where core.hooksPath is `set_to`;
    None: not set.
    """

    mine: Scratch
    top: Path
    hooks: Path
    place: Path
    set_to: str | None

    @classmethod
    def of(cls, real: Git, hooks: Path, mine: Scratch, spare: Path) -> "Furniture":
        """That of the clone `real`; `spare` is where a folder from elsewhere goes."""
        top = Path(real.line("rev-parse", "--show-toplevel"))
        inner = common_folder(real)
        set_to = real.maybe("config", "--get", "core.hooksPath")
        noted = git_path(real, _NOTED)
        if noted.is_file():
            shutil.copy2(noted, mine.folder / _NOTED)
        if set_to is None and hooks == inner / "hooks":
            mine.check_out(*_PATTERNS)
            return cls(mine, top, hooks, mine.folder / "hooks", None)
        if not within(hooks, top) or within(hooks, inner):
            mine.check_out(*_PATTERNS)
            return cls(mine, top, hooks, spare, str(spare))
        lies = os.path.relpath(hooks, top)
        mine.check_out(*_PATTERNS, f"/{lies.removesuffix('/_')}/")
        place = mine.git.folder / lies
        relative = set_to is not None and not Path(set_to).expanduser().is_absolute()
        return cls(mine, top, hooks, place, set_to if relative else str(place))

    def staged(self, real: Git, base: str) -> str:
        """`base`, or a commit on top of it with what is staged for the framework.

        That reads its file from the work tree, and refuses it where it is not staged.
        """
        entry = real.line("ls-files", "--stage", "--", str(self.top / FRAMEWORK_FILE))
        if not entry:
            return base
        mode, id_, _ = entry.split(maxsplit=2)
        self.mine.git.run("read-tree", "--reset", base)
        row = f"{mode},{id_},{FRAMEWORK_FILE}"
        self.mine.git.run("update-index", "--add", "--cacheinfo", row)
        tree = self.mine.git.line("write-tree")
        return self.mine.git.line("commit-tree", "-p", base, "-m", "staged", tree)

    def ready(self) -> None:
        """Have git look for hooks in their place."""
        self.mine.unset("core.hooksPath")
        if self.set_to is not None:
            self.mine.set("core.hooksPath", self.set_to)

    def put(self, name: str) -> None:
        """Lay out what the hook `name` finds, itself included, and no other hook.

        git has put the work tree in order before.
        """
        self._hook(name)
        self._around()

    def _hook(self, name: str) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        for file in self.hooks.iterdir() if self.hooks.is_dir() else ():
            other = file.name.partition(".")[0] in NAMES - {name}
            if not other and SUFFIX not in file.name:
                _copy(file, self.place / file.name)

    def _around(self) -> None:
        to = self.mine.git.folder
        for file in self.top.iterdir():
            if file.is_file() and file.name != ".git":
                if file.stat().st_size <= _LARGEST and os.access(file, os.R_OK):
                    _copy(file, to / file.name)
            elif file.name in _COPIED:
                _copy(file, to / file.name)
            elif file.name in _LINKED and not (to / file.name).exists():
                (to / file.name).symlink_to(file)
        for file in self.top.glob(".config/lefthook*"):
            _copy(file, to / ".config" / file.name)
        # husky keeps the scripts of its users above its own folder.
        if self.hooks.name == "_" and self.place != self.mine.folder / "hooks":
            above = self.hooks.parent
            for file in above.iterdir() if above.is_dir() else ():
                if file.is_file():
                    _copy(file, self.place.parent / file.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder with its mode and time; a link leads where it led."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.is_file():
        target.unlink()
    if source.is_symlink():
        target.symlink_to(os.path.abspath(source.parent / source.readlink()))  # noqa: PTH100
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)
