"""Whether the other side keeps time: it says so, and it is put to the test.

A mirror of a server copies its refs, and not its hook. So the ref by which a server
says that it keeps time is asked for, and then taken away: a server with the hook
refuses that, and a copy of one no longer says what is not true of it.
"""

from fleetfeed.feed.objects import object_id
from fleetfeed.git.remote import LONG, remote_value
from fleetfeed.lease.announced import KEEPS_TIME, SERVER_REF
from fleetfeed.ledger.base import TurnedDown
from fleetfeed.ledger.push import push_away
from fleetfeed.repo.repository import Repo

_REFUSED = "FF407"


def keeps_time(repo: Repo, remote: str, seconds: float = LONG) -> bool:
    """Whether `remote` stamps signs of life and judges by them, as far as it answers.

    CannotTell where it does not say what it has.
    """
    blob = object_id("blob", KEEPS_TIME, repo.id_size)
    if remote_value(repo.git, remote, SERVER_REF, seconds) != blob:
        return False
    ended = push_away(repo.git, remote, (SERVER_REF,), seconds)
    words = ended.words if isinstance(ended, TurnedDown) else ()
    return any(_REFUSED in word for word in words)
