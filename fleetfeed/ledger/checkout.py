"""The checkout after a write: brought up to date where that cannot lose anything.

A write needs no checkout. But where the feed's own branch is checked out, leaving it
behind would surprise: the seat's next commit would be built on yesterday's feed.
"""

import os
import time
from collections.abc import Sequence

from fleetfeed.git import queries
from fleetfeed.git.process import Git, untidied
from fleetfeed.git.queries import common_folder
from fleetfeed.ledger.base import Accepted, Meanwhile, Outcome, RaceLost
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import top_level
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

# No hook of the clone runs for a post: neither before the push, nor here after it.
_BARE = ("-c", "core.hooksPath=/dev/null")
# Whatever `branch.<name>.mergeOptions` says; an ignored file is somebody's, too.
_FORWARD = (
    "--quiet", "--ff-only", "--no-squash", "--no-verify-signatures",
    "--no-overwrite-ignore",
)  # fmt: skip
_CHANGES = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
_STANDING = ("status", "--porcelain=v2", "--branch", *_CHANGES[2:])
_IN_HOOK = "git is in the middle of a commit here; `git pull` after it"
_UNDER_WAY = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")
_TRIES, _PAUSE = 20, 0.05
"""How often, and after how many seconds, an index that another git has is asked for."""


@record
class Standing:
    """How the checkout stands, as git said at one moment.

    `head` is the branch that is checked out and follows the feed ref, empty if none is.
    `file` names what is checked out, and `text` was in it; `rows` are of `git status`.
    """

    head: str
    file: str
    text: bytes
    rows: tuple[str, ...] = ()

    @property
    def lasts(self) -> bool:
        """Whether the same is checked out still: told by that file, without a git."""
        named = not self.head or self.text == f"ref: {self.head}\n".encode()
        return self.text != b"" and named and _content(self.file) == self.text


def standing(git: Git, where: Where) -> Standing | None:
    """How the checkout stands now, for `follow`; None where git cannot tell."""
    try:
        found = _checked_out_now(git, where)
        if not found.head:
            return found
        return replace(found, rows=tuple(git.line(*_STANDING).splitlines()))
    except CannotTell:
        return None


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(_LONGEST)
    except OSError:
        return b""


_LONGEST = 5000
"""Bytes of what says which branch is checked out: a path is no longer."""


def follow(
    git: Git,
    where: Where,
    commit: str,
    known: Standing | None = None,
    meanwhile: Meanwhile | None = None,
) -> str:
    """Fast-forward the checked-out branch of the feed to `commit`.

    A sentence where it is the feed's branch and was left behind; an empty one where
    there is nothing to say. Only a clean branch without commits of its own is moved.
    Nothing that goes wrong here is raised: the post has been accepted. `known` is what
    was asked a moment ago; what has changed since, git leaves as it is.
    `meanwhile` is called while git writes the files, where it writes any.
    """
    try:
        return _followed(git, where, commit, known, meanwhile)
    except CannotTell as error:
        return f"your checkout was left as it is: {error}"


def _followed(
    git: Git,
    where: Where,
    commit: str,
    known: Standing | None,
    meanwhile: Meanwhile | None,
) -> str:
    now = known if known and known.lasts else _checked_out_now(git, where)
    if not now.head:
        return ""
    # In a hook of a commit git would write its own index back.
    hook = "GIT_INDEX_FILE" in git.environment
    why = _IN_HOOK if hook else _hindrance(git, commit, now.rows)
    if not why:
        try:
            asked = (*_BARE, *untidied(), "merge", *_FORWARD, commit)
            git.run_whole(*asked, meanwhile=meanwhile)
        except GitFailed as error:
            why = _gits(error)
            _take_back(git, commit)
    name = printable(now.head.removeprefix("refs/heads/"))
    return f"your branch {name} was left as it is: {why}" if why else ""


def _take_back(git: Git, commit: str) -> None:
    """Undo a merge to `commit` that could not move the branch.

    git (2.39) brings index and files up first, and leaves them where HEAD is locked.
    """
    if git.out(*_CHANGES):
        _done(git, "read-tree", "-m", "-u", commit, "HEAD")


def _checked_out_now(git: Git, where: Where) -> Standing:
    """What is checked out here, and whether it follows the feed ref.

    One question for four, which git answers as far as it can.
    """
    names = ("--symbolic-full-name", "HEAD", "--git-path", "HEAD", "@{upstream}")
    done = git.run("rev-parse", "--is-inside-work-tree", *names, accept=(0, 128))
    rows = os.fsdecode(done.stdout).split("\n")[:-1]
    # Not where it follows none, or one that is not here.
    upstream = "" if done.returncode else rows.pop()
    inside, head = (*rows[:2], "", "")[:2]
    file = os.path.join(git.at or "", "\n".join(rows[2:]))
    now = Standing("", file, _content(file))
    if inside != "true" or not head.startswith("refs/heads/"):
        return now
    upstream = upstream or git.line("for-each-ref", "--format=%(upstream)", head)
    follows = upstream == where.tracking if upstream else head == where.ref
    return replace(now, head=head) if follows else now


def _hindrance(git: Git, commit: str, known: Sequence[str]) -> str:
    """What speaks against a fast-forward to `commit`; empty where nothing does.

    `known` are the rows of `git status`, where they have been asked for.
    """
    rows = known or git.line(*_STANDING).splitlines()
    changes = [row for row in rows if not row.startswith("# ")]
    # Nothing ahead of what it follows, where the feed was pushed to a moment ago.
    no_own = any(row.startswith("# branch.ab +0 ") for row in rows)
    if not no_own and not queries.is_within(git, "HEAD", commit):
        return "it has commits of its own; `git pull --rebase` when you are ready"
    if changes:
        return "it has changes that are not committed; `git pull` when they are"
    return ""


def move_here(git: Git, ref: str, old: str, new: str) -> Outcome:
    """Move the local feed ref from `old` to `new`: where there is no remote.

    Where its branch is checked out, index and work tree go with it; what is not
    committed stays as it is. CannotTell, before anything is moved, where it cannot.
    """
    _must_be_free(git, ref)
    here = _checked_out_here(git, ref)
    along = ("read-tree", "-m", "-u", old, new)
    try:
        if here:
            _must_fit(git, ref, old, new)
    except CannotTell:
        if queries.exact(git, ref) == old:
            raise
        # What is in the way is what another writer has put there.
        return RaceLost("another post landed first")
    try:
        git.run("update-ref", "-m", "fleetfeed: append", ref, new, old)
    except GitFailed as error:
        return RaceLost(f"{ref} cannot be moved now ({_gits(error)})")
    if not here or _done(git, *along):
        return Accepted(new)
    todo = f"`git {' '.join(along)}`"
    return Accepted(new, f"the files of {ref} were left behind: {todo}")


def begin_here(git: Git, ref: str, new: str) -> Outcome:
    """Make the local feed ref, which is not there yet; as `move_here`."""
    here = _unborn_here(git, ref)
    empty = git.line("hash-object", "-t", "tree", os.devnull)
    if here and not _done(git, "read-tree", "-n", "-m", "-u", empty, new):
        message = f"{ref} is checked out, and files are in the way of its own"
        raise CannotTell(f"{message}; `git status` says which")
    try:
        git.run("update-ref", "-m", "fleetfeed: append", ref, new, "0" * len(new))
    except GitFailed as error:
        return RaceLost(f"{ref} cannot be made now ({_gits(error)})")
    if not here or _done(git, "read-tree", "-m", "-u", empty, new):
        return Accepted(new)
    return Accepted(
        new, f"the files of {ref} were left behind: `git status` says which"
    )


def _unborn_here(git: Git, ref: str) -> bool:
    """Whether `ref`, which is not there, is the branch of this work tree."""
    return top_level(git) is not None and queries.head_ref(git) == ref


def _must_be_free(git: Git, ref: str) -> None:
    """CannotTell where a rebase or a bisection will set `ref`, whatever it is by then.

    While one is under way no work tree has the branch checked out, and git refuses to
    move it by hand (`git branch -f`) for the same reason.
    """
    from pathlib import Path  # late: with a remote nothing is moved here

    common = Path(common_folder(git))
    for folder in (common, *common.glob("worktrees/*")):
        for name in _UNDER_WAY:
            file = folder / name
            branch = file.read_text("utf-8").strip() if file.is_file() else ""
            if branch in {ref, ref.removeprefix("refs/heads/")}:
                what = name.partition("/")[0]
                raise CannotTell(f"{ref} is in a {what} under way; end that first")


def _must_fit(git: Git, ref: str, old: str, new: str) -> None:
    """CannotTell where the files cannot go along: an ignored one is in the way, too."""
    # A seal takes files away, and git takes one for changed whose times it never saw.
    _done(git, "update-index", "-q", "--refresh")
    top = top_level(git)
    added = ("diff-tree", "-r", "-z", "--name-only", "--diff-filter=A", old, new)
    for name in git.rows(*added):
        if top and os.path.lexists(os.path.join(top, name)):
            raise CannotTell(f"{printable(name, 400)} is in the way; move it")
    if not _done(git, "read-tree", "-n", "-m", "-u", old, new):
        message = f"{ref} is checked out, and its files cannot be brought up to date"
        raise CannotTell(f"{message}; `git status` says why")


def _checked_out_here(git: Git, ref: str) -> bool:
    """Whether `ref` is this work tree's branch. CannotTell where it is another's."""
    folder = _checked_out(git, ref)
    if folder and (queries.head_ref(git) != ref or top_level(git) is None):
        where = printable(folder, 400)
        raise CannotTell(f"{ref} is checked out in {where}; run this there")
    return bool(folder)


def _checked_out(git: Git, ref: str) -> str:
    """The work tree that has `ref` checked out; empty where none has.

    Not `%(worktreepath)` of `git for-each-ref`, which names a bare repository too.
    """
    for block in git.line("worktree", "list", "--porcelain").split("\n\n"):
        rows = block.split("\n")
        if f"branch {ref}" in rows:
            return rows[0].removeprefix("worktree ")
    return ""


def _done(git: Git, *args: str) -> bool:
    """Whether `git args` succeeded; another git may have the index for a moment."""
    for _ in range(_TRIES):
        try:
            git.run_whole(*args)
        except GitFailed as error:
            if "index.lock" not in error.stderr:
                return False
            time.sleep(_PAUSE)
        else:
            return True
    return False


def _gits(error: GitFailed) -> str:
    return printable(" ".join(error.stderr.split()), 200)
