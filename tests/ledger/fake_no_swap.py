"""Twins of the ledgers without compare-and-set: they read, check, and then write.

They show that the race bites: what the real ledgers pass, these must fail. Between the
check and the write a twin waits for the other racers, since that is where they meet
when nobody forces an order.
"""

from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.git_fleet import GitFleet
from fleetfeed.ledger.testing.faults import Wrapped
from fleetfeed.repo.repository import Repo


class MemoryTwin(Wrapped):
    """Checks outside of the lock, and then writes upon whatever is there."""

    def __init__(self, inner, meet):
        super().__init__(inner)
        self._meet = meet

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        if self.read(seconds).commit != tip.commit:
            return RaceLost("another post landed first")
        self._meet()
        while True:
            now = self.read(seconds)
            outcome = self.inner.swap(
                now, files, message, seconds, any_number, meanwhile=meanwhile
            )
            if isinstance(outcome, Accepted):
                return outcome


class MemoryRacer:
    """Opens a twin upon `ledger`."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __call__(self, meet):
        return MemoryTwin(self._ledger, meet)


class GitRacer:
    """Opens a twin in the clone `folder`, in whatever process."""

    def __init__(self, folder):
        self._folder = folder

    def __call__(self, meet):
        return GitTwin(Repo(Git(self._folder)), meet)


class GitTwin(GitFleet):
    """Asks the remote again, and then pushes by force, without a lease."""

    def __init__(self, repo, meet):
        super().__init__(repo)
        self._meet = meet

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        del any_number, meanwhile
        if self.read(seconds).commit != tip.commit:
            return RaceLost("another post landed first")
        self._meet()
        new = self.commit(tip, files, message)
        forced = ("push", "-q", "--no-verify", "--force")
        spec = f"{new}:{self.where.ref}"
        # Forced pushes, too, fail on each other's lock.
        while self._repo.git.run(
            *forced, self.where.remote, spec, accept=range(256)
        ).returncode:
            pass
        return Accepted(new)
