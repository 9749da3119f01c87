"""One feed and its clients, on each kind of store.

What is on a feed is read here by plain git, or by walking plain trees: never by what is
under test.
"""

from dataclasses import dataclass, field
from itertools import count

from harness import Fleet, Repo
from ledger.fake_script import Clock, Scripted

from fleetfeed.git.process import Git
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.repo.repository import Repo as Feed
from fleetfeed.writing.api import FeedStore


@dataclass
class World:
    """A feed; `ledger()` is a new client's, `files()` what is on the feed."""

    clock: Clock = field(default_factory=Clock)

    def ledger(self):
        raise NotImplementedError

    def files(self):
        raise NotImplementedError

    def store(self, *steps, seconds=30.0):
        """A new client, whose first swaps go as `steps` say."""
        ledger = Scripted(self.ledger(), *steps)
        return FeedStore(ledger, self.clock.retry(seconds))

    def close(self):
        """End what the clients have started."""

    def item(self, item):
        """The texts of an item's posts, in order."""
        files = self.files()
        return [files[path] for path in sorted(files) if f"/{item}/" in path]


class Memory(World):
    def __init__(self, policy=""):
        super().__init__()
        self._one = MemoryLedger(policy.encode())

    def ledger(self):
        return self._one

    def files(self):
        tree = self._one.read(1).feed.tree
        return dict(walked(tree.store, tree.root, "")) if tree.root else {}


def walked(store, root, above):
    """Each file's path and text below the tree `root`."""
    for entry in store.tree(root):
        path = f"{above}/{entry.name}"
        if entry.mode == 0o40000:
            yield from walked(store, entry.id, path)
        else:
            yield path, store.blob(entry.id).decode()


class OverGit(World):
    """`truth` is the repository whose main branch is the feed."""

    def __init__(self, truth: Repo):
        super().__init__()
        self.truth = truth
        self._feeds = []

    def files(self):
        return dict(listed(self.truth, "main"))

    def at(self, folder):
        feed = Feed(Git(folder))
        self._feeds.append(feed)
        return GitLedger(feed)

    def close(self):
        for feed in self._feeds:
            feed.objects.close()


def listed(repo: Repo, commit: str):
    """Each file's path and text in the feed at `commit`, in two processes."""
    rows = repo.line("ls-tree", "-r", "-z", commit, "feed/").split("\0")
    pairs = [row.split("\t") for row in rows if row]
    asked = "".join(f"{meta.split()[2]}\n" for meta, _ in pairs)
    rest = repo.git("cat-file", "--batch", stdin=asked).stdout.encode(
        errors="surrogateescape"
    )
    for _, path in pairs:
        head, _, rest = rest.partition(b"\n")
        size = int(head.split()[2])
        yield f"/{path.removeprefix('feed/')}", rest[:size].decode()
        rest = rest[size + 1 :]


class Remote(OverGit):
    """A server, and a clone for each client."""

    def __init__(self, fleet: Fleet, *, guarded: bool):
        super().__init__(fleet.server)
        self._fleet, self._names = fleet, count(1)
        if not guarded:
            fleet.server.disarm()

    def clone(self):
        return self._fleet.seat(f"CLONE-{next(self._names)}")

    def ledger(self):
        return self.at(self.clone().folder)


class Local(OverGit):
    """One repository without a remote, in which all clients write."""

    def ledger(self):
        return self.at(self.truth.folder)


def checked_out(fleet: Fleet) -> Local:
    seat = fleet.seat()
    seat.alone()
    return Local(seat)


WORLDS = {
    "memory": lambda _: Memory(),
    "hook-less": lambda fleet: Remote(fleet, guarded=False),
    "guarded": lambda fleet: Remote(fleet, guarded=True),
    "checked-out": checked_out,
    "bare": lambda fleet: Local(fleet.server),
}
