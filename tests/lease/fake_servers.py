"""Servers that judge pushes by `judge_receive`, with a clock that a test moves.

One is a bare repository. In the other git itself is played, by the few answers that a
push asks for, so that a thousand histories take minutes; judge, leases and the file of
stamps are the real ones in both.
"""

import shutil
import sqlite3
from subprocess import CompletedProcess

import pygit2
from harness import Repo
from ledger.gen_worlds import listed

from fleetfeed.checks.receive import Update, judge_receive
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.objects import SUBTREE, Entry, object_id
from fleetfeed.feed.overlay import NoStore, with_files
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.process import Git
from fleetfeed.lease import stamps
from fleetfeed.ledger.testing.feeds import walked
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.location import DEFAULT_FOLDER as FEED
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo as Feed
from fleetfeed.util.sqlitefile import SQLiteFile

REF = "refs/heads/main"
WHERE = Where(FEED, REF, remote=None, tracking=None, pinned=REF)


class Server:
    """What both have: `repo()` is the repository as a hook of its own sees it."""

    def __init__(self, folder, policy):
        self.folder = folder
        self.stamps = folder / stamps.FILE
        self.lock = None
        self.move(REF, None, self.commit(None, {"policy.yaml": policy.encode()}))

    def receive(self, ref, old, new, clock):
        """Why a push is refused: codes; none where it is let through."""
        repo = self.repo()
        try:
            leases = ServerLeases(repo, lambda: clock)
            verdict = judge_receive(repo, [Update(old, new, ref)], WHERE, leases)
        except CannotTell:
            return {"cannot tell"}
        finally:
            repo.objects.close()
        return {found.code for found in verdict.findings if found.rejects}

    def feed(self, commit):
        return self.repo().snapshot(commit)

    def jam(self, how):
        """Nobody can stamp; whether that could be brought about."""
        if how == "folder":
            SQLiteFile(str(self.stamps)).remove()
            self.stamps.mkdir(parents=True)
            return True
        self.lock = sqlite3.connect(self.stamps, isolation_level=None)
        try:
            self.lock.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self.free()
            return False
        return True

    def free(self):
        """The stamps can be written again."""
        if self.lock:
            self.lock.close()
            self.lock = None
        if self.stamps.is_dir():
            self.stamps.rmdir()

    def close(self):
        self.free()
        shutil.rmtree(self.folder)


class OnGit(Server):
    """A bare repository."""

    def __init__(self, folder, policy):
        self._git = Repo.init(folder, "--bare")
        self._objects = pygit2.Repository(str(folder))
        super().__init__(folder, policy)

    def repo(self):
        return Feed(Git(self.folder))

    def value(self, ref):
        there = self._objects.references.get(ref)
        return str(there.target) if there else None

    def move(self, ref, old, new):
        """Compare and set; whether the ref was at `old`."""
        if self.value(ref) != old:
            return False
        if new:
            self._objects.references.create(ref, new, force=True)
        else:
            self._objects.references.delete(ref)
        return True

    def blob(self, data):
        return str(self._objects.create_blob(data))

    def commit(self, parent, files):
        index, made = pygit2.Index(), self._objects
        if parent:
            index.read_tree(made[parent].tree)
        for path, data in files.items():
            entry = pygit2.IndexEntry(
                f"{FEED}/{path}", made.create_blob(data), pygit2.enums.FileMode.BLOB
            )
            index.add(entry)
        tree, who = index.write_tree(made), pygit2.Signature("a seat", "a@b", 0)
        parents = [parent] if parent else []
        return str(made.create_commit(None, who, who, "a push", tree, parents))

    def files(self):
        return dict(listed(self._git, REF))


class Played:
    """git's answers about a repository in this process, and its objects."""

    def __init__(self, folder):
        self.at, self.refs = folder, {}
        self.commits, self.trees, self.blobs = {}, {}, {}

    def line(self, *args):
        if args[0] == "rev-parse":
            if args[1] == "--git-path":
                return args[2]
            return {"--show-object-format": "sha1"}[args[1]]
        return f"{self.refs.get(args[-1])} {args[-1]}" if args[-1] in self.refs else ""

    def out(self, *args):
        if args[0] == "for-each-ref":
            rows = (f"{id_}\0{ref}\0\n" for ref, id_ in self.refs.items())
            return "".join(rows).encode()
        new, old = args[-3], args[-2].removeprefix("^")
        between = self.line_of(new)[: self.line_of(new).index(old)]
        rows = (f"{each} {self.commits[each][0]}\n" for each in reversed(between))
        return "".join(rows).encode()

    def run(self, *args, accept):
        del accept
        old, new = args[-2:]
        return CompletedProcess(args, int(old not in self.line_of(new)))

    def line_of(self, commit):
        """A commit and all before it, newest first."""
        found = []
        while commit:
            found.append(commit)
            commit = self.commits[commit][0]
        return found

    def read(self, id_):
        return ("commit" if id_ in self.commits else "blob"), b""

    def tree_of(self, commit):
        return self.commits[commit][1]

    def tree(self, id_):
        return self.trees[id_]

    def blob(self, id_):
        return self.blobs[id_]

    def expect(self, ids):
        """Everything is at hand."""

    def forget(self):
        """Everything stays."""

    def close(self):
        """There is nothing to end."""


class PlayedFeed(Feed):
    """A repository whose git is `Played`."""

    folder = FEED

    @property
    def objects(self):
        return self.git


class InMemory(Server):
    """No repository: a folder with the stamps, and git played."""

    def __init__(self, folder, policy):
        folder.mkdir(parents=True)
        self._git = Played(folder)
        super().__init__(folder, policy)

    def repo(self):
        return PlayedFeed(self._git)

    def value(self, ref):
        return self._git.refs.get(ref)

    def move(self, ref, old, new):
        if self.value(ref) != old:
            return False
        if new:
            self._git.refs[ref] = new
        else:
            del self._git.refs[ref]
        return True

    def blob(self, data):
        return object_id("blob", data)

    def commit(self, parent, files):
        git = self._git
        base = self.repo().tree(parent) if parent else FeedTree(NoStore(), None, FEED)
        feed = with_files(base, files)
        git.trees.update(feed.store.trees)
        git.blobs.update(feed.store.blobs)
        top, new = f"top of {feed.root}", f"{len(git.commits) + 1:040x}"
        git.trees[top] = (Entry(FEED, SUBTREE, feed.root),)
        git.commits[new] = (parent or "", top)
        return new

    def files(self):
        tree = self.repo().tree(self.value(REF))
        return dict(walked(tree.store, tree.root, ""))
