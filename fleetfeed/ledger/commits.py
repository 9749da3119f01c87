"""Commits as the git ledger makes them: beside the checkout, by git itself."""

import os
import time
from collections.abc import Mapping

from fleetfeed.checks.pushed_commit import ATTEMPT
from fleetfeed.feed.overlay import unwritten, with_files
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git import queries
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Tip
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.model.identity import SIGNED
from fleetfeed.repo.repository import Repo

_UNSIGNED = 1
"""git's exit code where all was there for a commit but a signature."""


class Vanished(CannotTell):
    """What was made for a write is gone before it could be sent: it is made anew."""

    def __init__(self) -> None:
        what = "the push's objects vanished from this clone"
        super().__init__(f"{what}, as by `git gc --prune=now`")


def commit_upon(
    repo: Repo, tip: Tip, files: Mapping[str, bytes | None], message: str
) -> str:
    """A commit on `tip` that changes `files`, by their paths from the top; its id.

    git makes it: who the committer is, and, where the fleet does not say, whether and
    how it is signed, is git's to say. Its last line is random: were two racers to push
    one and the same commit, git would tell both that all is well.
    """
    git, objects = repo.git, repo.objects
    tree = write_files(objects, objects.tree_of(tip.commit), files)
    text = f"{message}{ATTEMPT}: {os.urandom(8).hex()}\n".encode()
    made = ("-p", tip.commit, tree)
    try:
        if tip.feed.rules.identity == SIGNED:
            return _signed(repo, tip, made, text)
        signs = queries.is_true(repo.settings, "commit.gpgsign")
        sign = ("-S",) if signs else ()
        return git.out("commit-tree", *sign, *made, stdin=text).decode().strip()
    except GitFailed as error:
        raise error if is_here(git, tree) else Vanished from error


def _signed(repo: Repo, tip: Tip, made: tuple[str, ...], text: bytes) -> str:
    """The commit `made` with this message, signed as the fleet's rules want it."""
    from fleetfeed.checks.committer import require_taken
    from fleetfeed.git.ssh_keygen import unasked
    from fleetfeed.repo.signing import signing_key

    git = repo.git
    key = signing_key(repo, tip.feed.rules.stewards)
    require_taken(key, tip.feed, time.time())
    by_ssh = ("-c", "gpg.format=ssh", "commit-tree", f"-S{key.name}")
    still = Git(git.at, {**git.environment, **unasked()})
    try:
        return still.out(*by_ssh, *made, stdin=text).decode().strip()
    except GitFailed as error:
        if error.code != _UNSIGNED:
            raise
        raise key.unusable(error.stderr, asked=not unasked()) from error


def is_here(git: Git, id_: str) -> bool:
    """Whether an object that was made for this write has not vanished since."""
    return not git.run("cat-file", "-e", id_, accept=(0, 1)).returncode


def write_files(
    objects: Objects, root: str | None, files: Mapping[str, bytes | None]
) -> str:
    """The id of the tree `root` with `files` changed; what is new is written."""
    new = with_files(FeedTree(objects, root, ""), files)
    if new.root is None:
        raise TypeError(files)
    objects.write(unwritten(new).values(), len(new.root) // 2)
    return new.root
