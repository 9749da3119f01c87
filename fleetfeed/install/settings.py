"""Settings in a repository's own git config that can be taken out again.

A setting is not overwritten but added behind what is there: git takes the last value.
What was added is remembered under `fleetfeed.added*`, so that taking it out removes
that line and leaves every other byte as it was.

Which ref carries the feed on a server is looked up once, then pinned: afterwards
nothing depends on HEAD or on what is pushed, or a branch that brings its own policy
could move the pin.
"""

import re
from collections.abc import Callable

from fleetfeed.git import queries
from fleetfeed.git.process import Git
from fleetfeed.install.report import InstallStep
from fleetfeed.model.errors import Usage
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.util.records import record

_MADE = "fleetfeed.madeFolder"


@record
class Setting:
    """A git setting `key`, and the key that remembers what was added to it."""

    key: str
    memory: str


REF = Setting("fleetfeed.ref", "fleetfeed.addedRef")
FSCK = Setting("receive.fsckObjects", "fleetfeed.addedFsckObjects")


def local(git: Git, key: str) -> str | None:
    """The value of `key` in the repository's own config."""
    return git.maybe("config", "--local", "--get", key)


def set_ref(git: Git, ref: str) -> InstallStep:
    """Pin the feed ref."""
    if local(git, REF.key) == ref:
        return InstallStep("unchanged", REF.key, ref)
    restore(git, REF)
    if local(git, REF.key) != ref:
        _add(git, REF, ref)
    return InstallStep("set", REF.key, ref)


def set_fsck(git: Git) -> InstallStep:
    """Have git refuse malformed trees (two entries of one name, unsorted)."""
    if git.maybe("config", "--local", "--type=bool", "--get", FSCK.key) == "true":
        return InstallStep("unchanged", FSCK.key, "true")
    restore(git, FSCK)
    before = git.run("config", "--local", "--get-all", FSCK.key, accept=(0, 1))
    # A spelling that is not there yet can be told from the lines that are.
    taken = before.stdout.decode("utf-8", "replace").split()
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
    noted = git.run("config", "--local", "-z", "--get-all", _MADE, accept=(0, 1))
    folders = noted.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    git.run("config", "--local", "--unset-all", _MADE, accept=(0, 5))
    return sorted(folders, key=len, reverse=True)


def _add(git: Git, setting: Setting, value: str) -> None:
    git.run("config", "--local", "--add", setting.memory, value)
    git.run("config", "--local", "--add", setting.key, value)


PolicyRef = Callable[[Git], str | None]


def chosen(git: Git, given: str | None, policy_ref: PolicyRef) -> tuple[str, str]:
    """The feed ref and a warning, if any.

    First of: `given`, what is pinned already, the `ref:` of a policy that lies in the
    repository, the branch that HEAD names or the only one there is, refs/heads/main.
    """
    pinned = given if given is not None else local(git, REF.key)
    if pinned is not None and not is_full_ref(pinned):
        raise Usage(f"{pinned!r} is not a full ref name such as {DEFAULT.ref}")
    policy = policy_ref(git)
    if pinned is not None:
        return pinned, _disagreement(pinned, policy)
    return policy or _from_branches(git), ""


def _disagreement(pinned: str, policy: str | None) -> str:
    if policy in (None, pinned):
        return ""
    return (
        f"{REF.key} is {pinned}, the policy says {policy}: pushes of the feed are "
        f"refused until they agree; to pin the policy's, install with --ref {policy}"
    )


def _from_branches(git: Git) -> str:
    names, head = list(queries.branches(git)), queries.head_ref(git)
    if head in names:
        return head
    if len(names) > 1:
        why = "HEAD names no branch that exists, and there are several"
        raise Usage(f"{why}: say which one carries the feed with --ref refs/heads/...")
    return names[0] if names else DEFAULT.ref
