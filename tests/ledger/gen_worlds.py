"""One feed and its clients, on each kind of store.

What is on a feed is read here by plain git, or by walking plain trees: never by what is
under test.
"""

from functools import partial
from itertools import count

from harness import Fleet, Repo

from fleetfeed.git.process import Git
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.feeds import Feed
from fleetfeed.repo.repository import Repo as Repository


class Memory(Feed):
    def __init__(self, policy=""):
        one = MemoryLedger(policy.encode())
        super().__init__(lambda: one, processes=False, rounds=3)


class OpenGit(GitLedger):
    """The feed of the repository in `folder`, in whatever process."""

    def __init__(self, folder):
        super().__init__(Repository(Git(folder)))

    def close(self):
        self._repo.objects.close()


class OverGit(Feed):
    """`truth` is the repository whose main branch is the feed."""

    def __init__(self, truth: Repo):
        super().__init__(OpenGit, truth.folder, rounds=3, stops=8)
        self.truth = truth

    def files(self):
        return dict(listed(self.truth, "main"))

    def at(self, folder):
        """The ledger of a client in `folder`."""
        opened = OpenGit(folder)
        self._opened.append(opened)
        return opened


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
        self._clones = []
        if not guarded:
            fleet.server.disarm()

    def clone(self):
        return self._fleet.seat(f"CLONE-{next(self._names)}")

    def clone_of_a_racer(self):
        """One for each racer; whoever comes later has one that is there."""
        made = self._clones
        made.append(made.pop(0) if len(made) == self.racers else self.clone().folder)
        return made[-1]

    def opener(self):
        return partial(OpenGit, self.clone_of_a_racer())


class Local(OverGit):
    """One repository without a remote, in which all clients write."""


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
