"""The feed ref of a git repository as a ledger: git is the log, the lock and the wire.

A write is built beside the checkout: objects, then a commit on the remote's tip, then a
push, which git's own compare-and-set takes or not. Where there is no remote the local
ref is moved in the same way.
"""

import secrets
from collections.abc import Mapping
from functools import cached_property

from fleetfeed.feed.trees import Repo
from fleetfeed.feed.view import feed_in, newest_commit
from fleetfeed.feed.where import Where
from fleetfeed.git.remote import remote_value
from fleetfeed.lease.announced import KEEPS_TIME, SERVER_REF
from fleetfeed.store.checkout import follow, move_here
from fleetfeed.store.ledger import Landed, Outcome, Tip
from fleetfeed.store.push import push
from fleetfeed.tree import FeedTree, Layered, object_id, raw, with_files


class GitLedger:
    """The feed ref as `repo` sees it: at its remote, or here where it has none.

    For one thread at a time: one git answers its questions, in turn.
    """

    def __init__(self, repo: Repo) -> None:
        """Nothing is asked before the first `read`."""
        self._repo = repo

    @cached_property
    def where(self) -> Where:
        """See Ledger."""
        return self._repo.where(self._repo.at_head)

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        commit = newest_commit(self._repo, self.where, seconds)
        return Tip(commit, feed_in(self._repo, self.where, commit))

    def swap(
        self, tip: Tip, files: Mapping[str, bytes], message: str, seconds: float
    ) -> Outcome:
        """See Ledger."""
        git, where = self._repo.git, self.where
        new = self._commit(tip.commit, files, message)
        if where.remote is None:
            return move_here(git, where.ref, tip.commit, new)
        ended = push(
            git, where.remote, where.ref, old=tip.commit, new=new, seconds=seconds
        )
        if not isinstance(ended, Landed):
            return ended
        return Landed(new, follow(git, where, new))

    def keeps_time(self) -> bool:
        """See Ledger: a server says so by a ref of its own."""
        remote = self.where.remote
        if remote is None:
            return False
        blob = object_id("blob", KEEPS_TIME, self._repo.id_size)
        return remote_value(self._repo.git, remote, SERVER_REF) == blob

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger."""
        full = f"{self.where.folder}/{path}"
        asked = ("log", "-1", "--format=%H", "--diff-filter=A", tip.commit, "--", full)
        return self._repo.git.line(*asked)

    def _commit(self, parent: str, files: Mapping[str, bytes], message: str) -> str:
        """A commit on `parent` that adds `files`; its id.

        git makes it: who the committer is, and whether and how it is signed, is git's
        to say. Its last line is random: were two racers to push one and the same
        commit, git would tell both that all is well.
        """
        git = self._repo.git
        tree = self._tree(parent, files)
        signs = git.maybe("config", "--type=bool", "--get", "commit.gpgSign")
        sign = ("-S",) if signs == "true" else ()
        text = f"{message}Attempt: {secrets.token_hex(8)}\n".encode()
        made = git.out("commit-tree", *sign, "-p", parent, tree, stdin=text)
        return made.decode("ascii").strip()

    def _tree(self, parent: str, files: Mapping[str, bytes]) -> str:
        """The tree of commit `parent` with `files` added; its id."""
        objects = self._repo.objects
        whole = FeedTree(objects, objects.tree_of(parent), "")
        named = {f"{self.where.folder}/{path}": data for path, data in files.items()}
        new = with_files(whole, named)
        if not isinstance(new.store, Layered) or new.root is None:
            raise TypeError(named)
        for id_, data in new.store.blobs.items():
            objects.write("blob", data, id_)
        for id_, rows in new.store.trees.items():
            objects.write("tree", raw(rows), id_)
        return new.root
