"""Settings in a repository's own git config that can be taken out again.

A setting is not overwritten but added behind what is there: git takes the last value.
What was added is remembered under `fleetfeed.added*`, so that taking it out removes
that line and leaves every other byte as it was.
"""

import re

from fleetfeed.git.process import Git
from fleetfeed.install.report import InstallStep
from fleetfeed.util.records import record

_MADE = "fleetfeed.madeFolder"


@record
class Setting:
    """A git setting `key`, and the key that remembers what was added to it."""

    key: str
    memory: str


REF = Setting("fleetfeed.ref", "fleetfeed.addedRef")
DIR = Setting("fleetfeed.dir", "fleetfeed.addedDir")
FEED = Setting("fleetfeed.feed", "fleetfeed.addedFeed")
SERVER = Setting("fleetfeed.server", "fleetfeed.addedServer")
PUSHER = Setting("fleetfeed.pusherFrom", "fleetfeed.addedPusherFrom")
FSCK = Setting("receive.fsckObjects", "fleetfeed.addedFsckObjects")
QUEUE = Setting("fleetfeed.queue", "fleetfeed.addedQueue")
PUSH_OPTIONS = Setting(
    "receive.advertisePushOptions", "fleetfeed.addedAdvertisePushOptions"
)
PROC_RECEIVE = Setting("receive.procReceiveRefs", "fleetfeed.addedProcReceiveRefs")


def local(git: Git, key: str) -> str | None:
    """The value of `key` in the repository's own config."""
    return git.maybe("config", "--local", "--get", key)


def pin(git: Git, setting: Setting, value: str) -> InstallStep:
    """Set a setting to `value`."""
    if local(git, setting.key) == value:
        return InstallStep("unchanged", setting.key, value)
    restore(git, setting)
    if local(git, setting.key) != value:
        _add(git, setting, value)
    return InstallStep("set", setting.key, value)


def pin_among(git: Git, setting: Setting, value: str) -> InstallStep:
    """Have `value` be one of the values of a setting that may have several."""
    if value in values(git, setting.key):
        return InstallStep("unchanged", setting.key, value)
    restore(git, setting)
    _add(git, setting, value)
    return InstallStep("set", setting.key, value)


def values(git: Git, key: str) -> list[str]:
    """All values of `key` in the repository's own config."""
    asked = ("config", "--local", "-z", "--get-all", key)
    found = git.run(*asked, accept=(0, 1)).stdout
    return found.decode("utf-8", "surrogateescape").split("\0")[:-1]


def set_fsck(git: Git) -> InstallStep:
    """Have git refuse malformed trees (two entries of one name, unsorted)."""
    if git.maybe("config", "--local", "--type=bool", "--get", FSCK.key) == "true":
        return InstallStep("unchanged", FSCK.key, "true")
    restore(git, FSCK)
    # A spelling that is not there yet can be told from the lines that are.
    taken = values(git, FSCK.key)
    value = next(word for word in ("true", "yes", "on", "1") if word not in taken)
    _add(git, FSCK, value)
    return InstallStep("set", FSCK.key, "true")


def restore(git: Git, setting: Setting) -> tuple[InstallStep, ...]:
    """Take out what was added to `setting`; nothing where nothing was."""
    added = local(git, setting.memory)
    if added is None:
        return ()
    # 5: the line was taken out by hand already.
    pattern = f"^{re.escape(added)}$"
    git.run("config", "--local", "--unset-all", setting.key, pattern, accept=(0, 5))
    git.run("config", "--local", "--unset-all", setting.memory)
    return (InstallStep("unset", setting.key, local(git, setting.key) or ""),)


def remember_folder(git: Git, folder: str) -> None:
    """Note that `folder` was made by us."""
    git.run("config", "--local", "--add", _MADE, folder)


def forget_folders(git: Git) -> list[str]:
    """The folders that were made by us, deepest first; their note is removed."""
    folders = values(git, _MADE)
    git.run("config", "--local", "--unset-all", _MADE, accept=(0, 5))
    return sorted(folders, key=len, reverse=True)


def _add(git: Git, setting: Setting, value: str) -> None:
    git.run("config", "--local", "--add", setting.memory, value)
    git.run("config", "--local", "--add", setting.key, value)
