"""The three hooks of a clone: at the commit, at the merge, before the push."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from fleetfeed.git.process import Git
from fleetfeed.install import locations
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.hook_file import (
    CLIENT_HOOKS,
    MESSAGE_HOOKS,
    give_back,
    hook_file,
    hook_text,
    put,
    take_out,
)
from fleetfeed.install.lines import write_lines
from fleetfeed.install.managers import Managed, managed, to_come
from fleetfeed.install.report import InstallStep, Report, Wanted
from fleetfeed.model.errors import Usage


def install_client(
    git: Git,
    *,
    feed: str,
    python: str = sys.executable,
    edit: bool = False,
    guard: bool = False,
) -> Report:
    """Put the hooks into the repository of `git`; run again, bring them up to date.

    `feed` is the feed's folder from the top of the work tree, `python` the absolute
    path of the interpreter that has fleetfeed. Where a hook manager owns a hook, the
    report says what is to be committed for it; `edit` writes that into its file.
    `guard` says that the policy maps paths to surfaces: then commits of code are judged
    too, and get a trailer.
    Raises Usage where hooks cannot work, FleetfeedError where they cannot be written;
    no hook is changed then.
    """
    needs_work_tree(git)
    folder = locations.hooks_folder(git)
    with in_words(folder):
        back = [step for name in CLIENT_HOOKS for step in give_back(folder, name)]
        wrote = tuple(_edited(git, folder, feed)) if edit else ()
        owned = managed(git, folder, feed)
        free = [name for name in CLIENT_HOOKS if name not in owned]
        free += MESSAGE_HOOKS if guard and not owned else ()
        texts = {n: hook_text(n, python, feed, guard=guard) for n in free}
        reports = _put(git, folder, texts)
    steps = (step for report in reports for step in report.steps)
    doubts = [text for report in reports for text in report.warnings]
    doubts += (_taken_later(each) for each in to_come(git, owned, feed))
    doubts += map(_guards_nothing, list(owned.values())[:1] if guard else ())
    return Report(
        (*back, *wrote, *map(_left, owned.values()), *steps),
        (*locations.warnings(git, folder, ours=bool(free)), *doubts),
        tuple(map(_wanted, _incomplete(owned))),
    )


def uninstall_client(git: Git) -> Report:
    """Take the hooks out; what was there before `install_client` is there again."""
    needs_work_tree(git)
    steps: list[InstallStep] = []
    for folder in locations.folders_to_clear(git):
        with in_words(folder):
            for name in (*CLIENT_HOOKS, *MESSAGE_HOOKS):
                steps += take_out(folder, name)
    locations.unmake(git)
    return Report((*steps, *_still_calling(git)))


def _still_calling(git: Git) -> Iterator[InstallStep]:
    """Lines in a hook manager's file: they are committed, so not ours to take out."""
    try:
        owned = managed(git, locations.hooks_folder(git), "")
    except Usage:  # git runs no hooks here
        return
    for file in dict.fromkeys(str(hook.file) for hook in owned.values() if hook.called):
        what = "it calls fleetfeed: take the lines out in a commit"
        yield InstallStep("left", file, what)


def needs_work_tree(git: Git) -> None:
    """Usage where the repository of `git` is a bare one."""
    if git.line("rev-parse", "--is-bare-repository") == "true":
        raise Usage("a bare repository has no commits to check: use --server")


def _put(git: Git, folder: Path, texts: Mapping[str, bytes]) -> list[Report]:
    if not texts:
        return []
    with locations.made(git, folder):
        places = {hook_file(folder, name): text for name, text in texts.items()}
        with staged({place.path: text for place, text in places.items()}) as files:
            return [put(place, files[place.path]) for place in places]


def _edited(git: Git, folder: Path, feed: str) -> Iterator[InstallStep]:
    """Write what is missing. One entry may serve two hooks: each is looked at anew."""
    for name in CLIENT_HOOKS:
        hook = managed(git, folder, feed).get(name)
        if hook and not hook.called:
            write_lines(hook)
            what = f"{name} calls fleetfeed: look at it, and commit it"
            yield InstallStep("wrote", str(hook.file), what)


def _left(hook: Managed) -> InstallStep:
    runs = f"{hook.manager} runs it, by what {hook.file} says"
    calls = "it calls fleetfeed" if hook.called else "it does not call fleetfeed"
    return InstallStep("left", hook.name, f"{runs}; {calls}")


def _incomplete(owned: Mapping[str, Managed]) -> Iterator[Managed]:
    """What is still to be done, each line once: one may serve two hooks."""
    seen: set[tuple[Path, tuple[str, ...]]] = set()
    for hook in owned.values():
        if not hook.works and (hook.file, hook.lines) not in seen:
            seen.add((hook.file, hook.lines))
            yield hook


def _wanted(hook: Managed) -> Wanted:
    if hook.called:
        why = f"{hook.manager} does not run {hook.name} here as it is"
        return Wanted(why, hook.first, str(hook.file), ())
    why = f"{hook.manager} runs {hook.name} here, and {hook.file} calls no fleetfeed"
    todo = "fleetfeed install --edit"
    return Wanted(why, todo, str(hook.file), hook.lines)


def _guards_nothing(hook: Managed) -> str:
    """What to know where the policy maps paths, and somebody else has the hooks."""
    why = f"{hook.manager} has the hooks here, and the policy guards code"
    todo = "`fleetfeed hook guard` (pre-commit) and `fleetfeed hook trailers - FILE`"
    return f"{why}: have it run {todo} (prepare-commit-msg), too"


def _taken_later(hook: Managed) -> str:
    return (
        f"{hook.file} is there: where {hook.manager} is installed, it runs {hook.name} "
        f"and not this one; have it call `fleetfeed hook {hook.name}`"
    )
