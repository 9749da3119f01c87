"""A server's queue, as who writes uses it: whether there is one, and one push to it.

What is pushed to `QUEUE_REF` a queue lands on the feed ref, upon whatever the feed is
by then; `hooks/proc-receive` is its door. It is believed by its word alone
(`model.server.Landed`): a server without that hook takes the push for an ordinary ref.
Whatever says that the queue did not have it has moved nothing, and the feed ref is
pushed to as ever.
"""

from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Meanwhile, Outcome, RaceLost, Rejected, Unconfirmed
from fleetfeed.ledger.push import push_away, push_to_queue
from fleetfeed.ledger.server import REFUSED, said_by
from fleetfeed.model.server import (
    QUEUE_AWAY,
    QUEUE_CANNOT_TELL,
    QUEUE_OLDER,
    QUEUE_REF,
    QUEUE_REFUSED,
    Announcement,
    landed,
)
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_JUDGED_BEFORE = "pre-receive hook declined"

# git (receive-pack) where proc-receive ended without an answer: it may have landed.
_DIED = ("fail to run proc-receive hook", "proc-receive failed to report status")
_NO_HOOK = "cannot find hook"


@record
class NoQueue:
    """Nothing has landed by a push to the queue, nor will: none works there.

    `taken`: an ordinary ref was made of it there.
    """

    why: str
    taken: bool = False


def queue_there(repo: Repo, where: Where, said: str | None) -> Announcement | None:
    """What the feed's remote says of itself, by its blob `said`; None: no queue."""
    if where.remote is None or said is None:
        return None
    found = said_by(repo, where.remote, said)
    there = (found.queue, found.dir, found.ref)
    return found if there == (QUEUE_REF, where.folder, where.ref) else None


def push_queued(
    git: Git,
    where: Where,
    new: str,
    seconds: float,
    meanwhile: Meanwhile | None = None,
    *,
    brings: bool = False,
) -> Outcome | NoQueue:
    """Hand the commit `new` to the queue of the feed's remote; what became of it.

    Accepted has the queue's word that it landed on the feed ref, and, with `brings`,
    what it has sent along (`ledger.brought`).
    """
    remote = str(where.remote)
    ended = push_to_queue(git, remote, new, seconds, meanwhile, brings=brings)
    if isinstance(ended, Unconfirmed):
        return Unconfirmed(ended.why, queue=True, words=ended.words)
    if isinstance(ended, Rejected):
        return _turned_down(ended)
    if isinstance(ended, RaceLost):
        return NoQueue(ended.why)
    word = landed(ended.words)
    if word is None:
        push_away(git, remote, (QUEUE_REF,), seconds)
        why = f"{printable(remote)} has no queue that answers"
        return NoQueue(why, taken=True)
    if word.ref != printable(where.ref, 1000):
        why = f"{printable(remote)} landed it on another ref: {word.ref}"
        return Unconfirmed(why, queue=True, words=ended.words)
    return ended


def _turned_down(ended: Rejected) -> Outcome | NoQueue:
    """What it means that the queue's ref was turned down."""
    why, words = ended.why, ended.words

    def said(text: str) -> bool:
        return any(text in word for word in words)

    if QUEUE_REFUSED in why and said(QUEUE_OLDER):
        return RaceLost("the feed has moved on", words)
    if QUEUE_REFUSED in why or QUEUE_CANNOT_TELL in why or ended.broken:
        return ended
    if _JUDGED_BEFORE in why and not said(REFUSED):
        return ended
    gone = said(_NO_HOOK) or said(f"fleetfeed: {QUEUE_AWAY}")
    if any(text in why for text in _DIED) and not gone:
        return Unconfirmed(why, queue=True, words=words)
    return NoQueue(why)
