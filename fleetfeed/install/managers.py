"""Hook managers: whose hooks a clone has, and the lines by which they call fleetfeed.

A manager writes its hook files anew when it likes (husky at each `npm install`,
lefthook whenever its configuration has changed), renames what it finds there, and looks
for its scripts by the names that it gave them. A hook of ours in such a folder would be
lost, or the manager's own would be. So nothing is put there: the manager is to call
fleetfeed itself, by lines in the file where its users say what a hook runs, which is
committed.

The lines serve seats without fleetfeed, too: a commit that touches no post needs none,
and one that does is refused where there is none.
"""

import os
import re
import shlex
from pathlib import Path
from typing import Literal

from fleetfeed.git.process import Git
from fleetfeed.install.hook_file import (
    CLIENT_HOOKS,
    FRAMEWORK,
    LEFTHOOK,
    generated_by,
    hook_file,
    is_ours,
)
from fleetfeed.install.locations import common_folder, within
from fleetfeed.util.records import record, replace

Manager = Literal["husky", "lefthook", "the pre-commit framework", "a tracked folder"]

_LEFTHOOK_FILES = tuple(
    f"{folder}{dot}lefthook.{form}"
    for form in ("yml", "yaml", "json", "jsonc", "toml")
    for folder, dot in (("", ""), ("", "."), (".config/", ""))
)
FRAMEWORK_FILE = ".pre-commit-config.yaml"
"""The pre-commit framework's, at the top of the work tree."""


@record
class Managed:
    """The hook `name`, which belongs to `manager` and runs what `file` says.

    `lines` are what `file` is to have; `called` says that it calls fleetfeed already.
    `first` is the command without which it still would not: git finds no hook that it
    can run, or the manager refuses to read its file.
    """

    manager: Manager
    name: str
    file: Path
    lines: tuple[str, ...]
    called: bool
    first: str = ""

    @property
    def works(self) -> bool:
        """Whether it is run and calls fleetfeed, as far as can be read."""
        return self.called and not self.first

    @property
    def todo(self) -> str:
        """What to do where what is committed does not judge."""
        if self.called and self.first:
            return f"run `{self.first}`"
        if self.called:
            return (
                f"see that {self.manager} and `fleetfeed` run where git runs its hooks"
            )
        return f"run `fleetfeed install --edit`, and commit {self.file}"


def managed(git: Git, folder: Path, feed: str) -> dict[str, Managed]:
    """The hooks among ours that a manager owns in the hooks `folder`, by their names.

    `feed` is the feed's folder from the top of the work tree; empty: whichever it is.
    """
    top = Path(git.line("rev-parse", "--show-toplevel"))
    tracked = _is_tracked(git, folder, top)
    found: dict[str, Managed] = {}
    for name in CLIENT_HOOKS:
        manager = _manager(folder, name, tracked=tracked)
        if manager is not None:
            hook = _managed(manager, name, folder, top, feed)
            other = _looks_elsewhere(hook, feed)
            found[name] = replace(hook, called=hook.called and not other)
    if "the pre-commit framework" not in {each.manager for each in found.values()}:
        return found
    # It refuses every commit while its file has changes that are not staged.
    config = str(top / FRAMEWORK_FILE)
    if not git.run("diff", "--quiet", "--", config, accept=(0, 1)).returncode:
        return found
    add = f"git add {shlex.quote(config)}"
    return {name: replace(each, first=add) for name, each in found.items()}


def to_come(git: Git, owned: dict[str, Managed], feed: str) -> tuple[Managed, ...]:
    """Hooks that a manager whose files lie in the work tree will take when it comes.

    Those alone that it would then not call fleetfeed from: husky and lefthook run
    nothing of what was there before them.
    """
    top = Path(git.line("rev-parse", "--show-toplevel"))
    managers: list[Manager] = []
    if any((top / name).is_file() for name in _LEFTHOOK_FILES):
        managers.append("lefthook")
    if any((top / ".husky" / name).is_file() for name in CLIENT_HOOKS):
        managers.append("husky")
    taken = {each.manager for each in owned.values()}
    expected = (
        _managed(manager, name, top / ".husky/_", top, feed)
        for manager in managers
        if manager not in taken
        for name in CLIENT_HOOKS
    )
    return tuple(each for each in expected if _takes(each) and not each.called)


def _takes(hook: Managed) -> bool:
    """husky takes every hook, lefthook those that its file names."""
    named = re.search(rf"^\W*{hook.name}\b", _text(hook.file), re.MULTILINE)
    return hook.manager == "husky" or bool(named)


def _is_tracked(git: Git, folder: Path, top: Path) -> bool:
    if not within(folder, top) or within(folder, common_folder(git)):
        return False
    return bool(git.out("ls-files", "-z", "--", str(folder)))


def _manager(folder: Path, name: str, *, tracked: bool) -> Manager | None:
    here = folder / name
    if is_ours(hook_file(folder, name).path):
        return None
    if folder.name == "_" and (folder.parent.name == ".husky" or _has_husky(folder)):
        return "husky"
    if generated_by(here) == LEFTHOOK:
        return "lefthook"
    if generated_by(here) == FRAMEWORK:
        return "the pre-commit framework"
    return "a tracked folder" if tracked else None


def _has_husky(folder: Path) -> bool:
    return (folder / "h").is_file() and (folder / "husky.sh").is_file()


def _managed(
    manager: Manager, name: str, folder: Path, top: Path, feed: str
) -> Managed:
    if manager == "lefthook":
        file = _first(top, _LEFTHOOK_FILES)
        told = name != "pre-push" or re.search(r"use_stdin\W+true", _text(file))
        called = _calls(file, name) and bool(told)
        return Managed(manager, name, file, _job(name, feed), called)
    if manager == "the pre-commit framework":
        file = top / FRAMEWORK_FILE
        called = _framework_calls(file, name)
        return Managed(manager, name, file, _framework_hook(name, feed), called)
    first = ""
    file = folder / name
    if manager == "husky":
        file = folder.parent / name
        first = "" if (folder / name).exists() else "npx husky"
    elif file.is_file() and not os.access(file, os.X_OK):
        first = f"chmod +x {shlex.quote(str(file))}"
    lines = _script(name, feed, shared=file.is_file())
    return Managed(manager, name, file, lines, _calls(file, name), first)


def _first(top: Path, names: tuple[str, ...]) -> Path:
    found = (top / name for name in names if (top / name).is_file())
    return next(found, top / names[0])


def _calls(file: Path, name: str) -> bool:
    """Whether a line of `file` that is no remark calls the hook `name` of ours."""
    pattern = rf"^(?!\s*(?:#|//)).*\bfleetfeed\W+hook\W+{name}\b"
    return bool(re.search(pattern, _text(file), re.MULTILINE))


def _looks_elsewhere(hook: Managed, feed: str) -> bool:
    """Whether its line of ours asks what has changed in another folder than `feed`."""
    framework = hook.manager == "the pre-commit framework"
    name = hook.name.replace("-merge", "") if framework else hook.name
    pattern = rf"--quiet -- (\S+) \|\| (?:exec )?fleetfeed hook {name}\b"
    folders = re.findall(pattern, _text(hook.file))
    return bool(feed and folders) and shlex.quote(feed) not in folders


def _framework_calls(file: Path, name: str) -> bool:
    id_ = "fleetfeed-push" if name == "pre-push" else "fleetfeed"
    by_id = re.search(rf"^[^#]*\bid: *['\"]?{id_}['\"]? *$", _text(file), re.MULTILINE)
    # One entry serves both kinds of commits.
    return bool(by_id) or _calls(file, name.replace("-merge", ""))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def _commit_line(name: str, feed: str) -> str:
    changed = f"git diff --cached --quiet -- {shlex.quote(feed)}"
    return f"{changed} || fleetfeed hook {name} || exit"


def _script(name: str, feed: str, *, shared: bool) -> tuple[str, ...]:
    """The lines of a script; `shared`: with others, which want git's input too."""
    if name != "pre-push":
        return (_commit_line(name, feed),)
    there = "command -v fleetfeed >/dev/null"
    if not shared:
        call = 'fleetfeed hook pre-push "$@" || exit'
        return (f"if {there}; then {call}; fi",)
    return (
        "updates=$(cat)",
        f'[ -z "$updates" ] || ! {there} ||',
        '    printf \'%s\\n\' "$updates" | fleetfeed hook pre-push "$@" || exit',
        '[ -z "$updates" ] || exec <<END',
        "$updates",
        "END",
    )


def _job(name: str, feed: str) -> tuple[str, ...]:
    """A job of lefthook's, which passes arguments and input on only when it is told."""
    if name != "pre-push":
        return ("- name: fleetfeed", f"  run: {_commit_line(name, feed)}")
    call = 'fleetfeed hook pre-push "{1}"'
    run = f"if command -v fleetfeed >/dev/null; then {call}; fi"
    return ("- name: fleetfeed", f"  run: {run}", "  use_stdin: true")


def _framework_hook(name: str, feed: str) -> tuple[str, ...]:
    """A hook of the framework's; without `files:`, or it would skip removals."""
    push = name == "pre-push"
    id_ = "fleetfeed-push" if push else "fleetfeed"
    changed = f"git diff --cached --quiet -- {shlex.quote(feed)}"
    there = "! command -v fleetfeed >/dev/null"
    asked, hook = (there, "pre-push") if push else (changed, "pre-commit")
    command = f"{asked} || exec fleetfeed hook {hook}"
    stages = "[pre-push]" if push else "[pre-commit, pre-merge-commit]"
    return (
        "- repo: local",
        "  hooks:",
        f"  - id: {id_}",
        f"    name: {id_}",
        f"    entry: sh -c {_double_quoted(command)}",
        "    language: system",
        f"    stages: {stages}",
        "    always_run: true",
        "    pass_filenames: false",
        "    require_serial: true",
    )


def _double_quoted(command: str) -> str:
    """`command` as one word of a command line that shlex takes apart."""
    return '"' + re.sub(r'([\\"$`])', r"\\\1", command) + '"'
