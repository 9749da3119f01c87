"""Twins of the ledgers without compare-and-set: they read, check, and then write.

They show that the race bites: what the real ledgers pass, these must fail. Between the
check and the write a twin waits for the other racers, since that is where they meet
when nobody forces an order.
"""

from ledger.fake_script import Wrapped

from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.git import GitLedger


class Meeting(Wrapped):
    """The real ledger, before whose first swap the racers meet."""

    def __init__(self, inner, meet):
        super().__init__(inner)
        self._meet = meet

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        meet, self._meet = self._meet, lambda: None
        meet()
        return self.inner.swap(
            tip, files, message, seconds, any_number, meanwhile=meanwhile
        )


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


class GitTwin(GitLedger):
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
