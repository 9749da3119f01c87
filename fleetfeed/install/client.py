"""The three hooks of a clone: at the commit, at the merge, before the push."""

import sys

from fleetfeed.git.process import Git
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.hook_file import (
    CLIENT_HOOKS,
    hook_file,
    hook_text,
    put,
    take_out,
)
from fleetfeed.install.locations import (
    folders_to_clear,
    hooks_folder,
    made,
    unmake,
    warnings,
)
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.model.errors import Usage


def install_client(git: Git, *, feed: str, python: str = sys.executable) -> Report:
    """Put the hooks into the repository of `git`; run again, bring them up to date.

    `feed` is the feed's folder from the top of the work tree, `python` the absolute
    path of the interpreter that has fleetfeed. Raises Usage where hooks cannot work,
    FleetfeedError where they cannot be written; nothing is changed then.
    """
    _needs_work_tree(git)
    folder = hooks_folder(git)
    with in_words(folder), made(git, folder):
        places = {name: hook_file(folder, name) for name in CLIENT_HOOKS}
        texts = {
            places[name].path: hook_text(name, python, feed) for name in CLIENT_HOOKS
        }
        with staged(texts) as files:
            reports = [put(place, files[place.path]) for place in places.values()]
    steps = tuple(step for report in reports for step in report.steps)
    doubts = [text for report in reports for text in report.warnings]
    return Report(steps, (*warnings(git, folder), *doubts))


def uninstall_client(git: Git) -> Report:
    """Take the hooks out; what was there before `install_client` is there again."""
    _needs_work_tree(git)
    steps: list[InstallStep] = []
    for folder in folders_to_clear(git):
        with in_words(folder):
            for name in CLIENT_HOOKS:
                steps += take_out(folder, name)
    unmake(git)
    return Report(tuple(steps))


def _needs_work_tree(git: Git) -> None:
    if git.line("rev-parse", "--is-bare-repository") == "true":
        raise Usage("a bare repository has no commits to check: use --server")
