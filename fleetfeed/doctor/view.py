"""A hooks folder in which git finds one hook of another: the very file, by a link.

A real hooks folder also has hooks that must not run for a try: a `post-receive` that
deploys what was pushed, a `post-commit` that sends mail. And the hook that fleetfeed
keeps and runs first does not decide whether fleetfeed refuses; it looks beside the
name it is called by, where the view has nothing for it.
"""

from pathlib import Path

from fleetfeed.install.hook_file import SUFFIX

# githooks(5), git 2.39 to 2.52.
_NAMES = frozenset(
    [
        "applypatch-msg",
        "commit-msg",
        "fsmonitor-watchman",
        "p4-changelist",
        "p4-post-changelist",
        "p4-pre-submit",
        "p4-prepare-changelist",
        "post-applypatch",
        "post-checkout",
        "post-commit",
        "post-index-change",
        "post-merge",
        "post-receive",
        "post-rewrite",
        "post-update",
        "pre-applypatch",
        "pre-auto-gc",
        "pre-commit",
        "pre-merge-commit",
        "pre-push",
        "pre-rebase",
        "pre-receive",
        "prepare-commit-msg",
        "proc-receive",
        "push-to-checkout",
        "reference-transaction",
        "sendemail-validate",
        "update",
    ]
)


def view(hooks: Path, name: str, folder: Path) -> Path:
    """Make `folder`: `hooks`, as far as the hook `name` may need it."""
    folder.mkdir()
    found = hooks.iterdir() if hooks.is_dir() else ()
    for file in found:
        other = file.name.partition(".")[0] in _NAMES - {name}
        if not other and SUFFIX not in file.name:
            (folder / file.name).symlink_to(file)
    return folder


def only(hook: Path, name: str, folder: Path) -> Path:
    """Make `folder`: nothing but `hook`, under the name `name`."""
    folder.mkdir()
    (folder / name).symlink_to(hook)
    return folder
