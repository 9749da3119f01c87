"""The holder's side of a beat: one small push, and an answer of three values.

Still yours, no longer yours (NoLongerYours names the successor), or could not tell.
"""

import secrets

from fleetfeed.claim.asked import Asked, still_yours
from fleetfeed.claim.verbs import renew
from fleetfeed.errors import NoLongerYours
from fleetfeed.feed.trees import Repo
from fleetfeed.feed.view import feed_in, newest_commit
from fleetfeed.item import Item
from fleetfeed.lease.beat import beat_ref
from fleetfeed.post import State
from fleetfeed.store.git import GitLedger
from fleetfeed.store.intent import Intent
from fleetfeed.store.ledger import Landed
from fleetfeed.store.patience import Patience
from fleetfeed.store.push import push_beat
from fleetfeed.store.writing import write


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

    def beat(self, seconds: float) -> None:
        """One sign of life. NoLongerYours, or CannotTell where nothing was heard."""
        git, where = self._repo.git, self._repo.where(self._repo.at_head)
        if where.remote is None:
            return  # nobody else sees this repository's beats
        self._turn ^= 1
        data = self._objects[self._turn]
        blob = git.out("hash-object", "-w", "--stdin", stdin=data).decode().strip()
        ref = beat_ref(self._item)
        ended = push_beat(git, where.remote, ref, blob, seconds)
        if isinstance(ended, Landed):
            return
        epoch = self._asked.epoch
        must_hold(newest_item(self._repo, self._item, seconds), epoch or 0)
        self._renew(seconds)

    def _renew(self, seconds: float) -> None:
        op = secrets.token_hex(8)
        asked = Asked({**self._asked.fields, "OP": op}, self._asked.epoch)
        intent = Intent(op, lambda feed: renew(feed, self._item, asked))
        write(GitLedger(self._repo), intent, Patience(seconds))
