"""The holder's side of a beat: one small push, and an answer of three values.

Still yours, no longer yours (NoLongerYours names the successor), or could not tell.
"""

import secrets
import time

from fleetfeed.claim.asked import Asked, still_yours
from fleetfeed.claim.verbs import renew
from fleetfeed.errors import CannotTell, NoLongerYours
from fleetfeed.feed.trees import Repo
from fleetfeed.feed.view import feed_in, newest_commit
from fleetfeed.git.remote import remote_refs
from fleetfeed.item import Item
from fleetfeed.lease.beat import BEATS, beat_ref, item_of
from fleetfeed.post import State
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.git import GitLedger
from fleetfeed.store.intent import Intent
from fleetfeed.store.ledger import Landed, Outcome, Unclear
from fleetfeed.store.patience import Patience
from fleetfeed.store.push import push_away, push_beat
from fleetfeed.store.timekeeping import keeps_time
from fleetfeed.store.writing import write

_CLEARED = 50
"""Refs that are taken away in one push."""


def newest_item(repo: Repo, item: str, seconds: float) -> Item:
    """The item as the remote has it now. CannotTell where it does not answer."""
    where = repo.where(repo.at_head)
    return feed_in(repo, where, newest_commit(repo, where, seconds)).item(item)


def must_hold(item: Item, epoch: int) -> None:
    """NoLongerYours where `item` is not in progress at `epoch`."""
    still_yours(item, epoch)
    if item.state is not State.IN_PROGRESS:
        raise NoLongerYours(item.id, item.epoch, "")


class Heart:
    """What shows that the holder of an item is alive.

    `objects` are the two that its beats take turns in. A beat that comes too late for
    the server is made good by a post: it lands if nobody has taken over.
    """

    def __init__(
        self, repo: Repo, item: str, asked: Asked, objects: tuple[bytes, bytes]
    ) -> None:
        """`asked` are the fields of such a post, and the epoch that is held."""
        self._repo, self._item, self._asked = repo, item, asked
        self._objects, self._turn = objects, 0
        self._judged = False

    def beat(self, seconds: float) -> None:
        """One sign of life. NoLongerYours, or CannotTell where nothing was heard."""
        deadline = time.monotonic() + seconds
        remote = self._repo.where(self._repo.at_head).remote
        ended = self._push(remote, seconds) if remote else None
        if isinstance(ended, Unclear):
            raise CannotTell(ended.why)
        left = deadline - time.monotonic()
        if remote and isinstance(ended, Landed) and self._is_judged(remote, left):
            return
        # A server without our hook takes a beat of anybody; here nobody else sees it.
        must_hold(newest_item(self._repo, self._item, left), self._asked.epoch or 0)
        if remote and not isinstance(ended, Landed):
            self._renew(deadline - time.monotonic())

    def _push(self, remote: str, seconds: float) -> Outcome:
        self._turn ^= 1
        git, data = self._repo.git, self._objects[self._turn]
        blob = git.out("hash-object", "-w", "--stdin", stdin=data).decode().strip()
        return push_beat(git, remote, beat_ref(self._item), blob, seconds)

    def _is_judged(self, remote: str, seconds: float) -> bool:
        """Whether the server judges beats; asked until it is known to."""
        self._judged = self._judged or keeps_time(self._repo, remote, seconds)
        return self._judged

    def _renew(self, seconds: float) -> None:
        op = secrets.token_hex(8)
        asked = Asked({**self._asked.fields, "OP": op}, self._asked.epoch)
        intent = Intent(op, lambda feed: renew(feed, self._item, asked))
        write(GitLedger(self._repo), intent, Patience(seconds))


def clear(repo: Repo, feed: Snapshot, seconds: float) -> None:
    """Take away the beats of items that nobody has in progress in `feed`.

    Not all at once: whoever comes next takes the next ones. Errors are those of a
    remote that does not answer; where the server has the last word, it is not asked.
    """
    where = repo.where(repo.at_head)
    if where.remote is None:
        return
    known = remote_refs(repo.git, where.remote, (f"{BEATS}*",), seconds)
    over = [ref for ref in known if _is_over(feed, item_of(ref))][:_CLEARED]
    if over:
        push_away(repo.git, where.remote, over, seconds)


def _is_over(feed: Snapshot, item: str | None) -> bool:
    return item is not None and feed.item(item).state is not State.IN_PROGRESS
