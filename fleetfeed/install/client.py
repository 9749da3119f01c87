"""The three hooks of a clone: at the commit, at the merge, before the push."""

import sys

from fleetfeed.git.process import Git
from fleetfeed.install import locations
from fleetfeed.install.files import in_words, staged
from fleetfeed.install.hook_file import (
    CLIENT_HOOKS,
    hook_file,
    hook_text,
    put,
    take_out,
)
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.model.errors import Usage


def install_client(git: Git, *, feed: str, python: str = sys.executable) -> Report:
    """Put the hooks into the repository of `git`; run again, bring them up to date.

    `feed` is the feed's folder from the top of the work tree, `python` the absolute
    path of the interpreter that has fleetfeed. Raises Usage where hooks cannot work,
    FleetfeedError where they cannot be written; nothing is changed then.
    """
    needs_work_tree(git)
    folder = locations.hooks_folder(git)
    with in_words(folder), locations.made(git, folder):
        places = [hook_file(folder, name) for name in CLIENT_HOOKS]
        texts = [hook_text(name, python, feed) for name in CLIENT_HOOKS]
        paths = [place.path for place in places]
        with staged(dict(zip(paths, texts, strict=True))) as files:
            reports = [put(place, files[place.path]) for place in places]
    steps = tuple(step for report in reports for step in report.steps)
    doubts = [text for report in reports for text in report.warnings]
    return Report(steps, (*locations.warnings(git, folder), *doubts))


def uninstall_client(git: Git) -> Report:
    """Take the hooks out; what was there before `install_client` is there again."""
    needs_work_tree(git)
    steps: list[InstallStep] = []
    for folder in locations.folders_to_clear(git):
        with in_words(folder):
            for name in CLIENT_HOOKS:
                steps += take_out(folder, name)
    locations.unmake(git)
    return Report(tuple(steps))


def needs_work_tree(git: Git) -> None:
    """Usage where the repository of `git` is a bare one."""
    if git.line("rev-parse", "--is-bare-repository") == "true":
        raise Usage("a bare repository has no commits to check: use --server")
