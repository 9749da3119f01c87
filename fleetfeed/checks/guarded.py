"""What a server guards, and how: by its own config file, and its hook's flags.

Whoever pushes may reach git's other settings; this file is the server's keeper's.
"""

from collections.abc import Mapping

from fleetfeed.git import queries
from fleetfeed.git.queries import Settings
from fleetfeed.model.findings import Verdict
from fleetfeed.model.server import QUEUE_REF, Word
from fleetfeed.repo.location import Told, Where, feed_unknown, locate, server_told
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.git.process import Git
    from fleetfeed.model.pusher import Pusher

_REF, _SERVER = "fleetfeed.ref", "fleetfeed.server"
# `git config` prints the names of settings in lower case.
_PUSHER_FROM, _PROC_RECEIVE = "fleetfeed.pusherfrom", "receive.procreceiverefs"


@record
class Guarded:
    """The feed's place, the server's name (empty: none), and who is asked who pushes.

    `queue` says that git hands what is pushed to the queue's ref to a hook.
    """

    where: Where
    told: Told
    server: str
    pusher_from: str
    queue: bool

    @classmethod
    def by(cls, git: "Git", known: Settings, flags: Mapping[str, str]) -> "Guarded":
        """What the settings `known`, and a hook's flags, say.

        Flags say it where the server's settings cannot be written (a hook sandbox).
        CannotTell where nobody says which ref is guarded.
        """
        ref = flags.get("--ref") or queries.setting(known, _REF)
        if ref is None:
            git.line("rev-parse", "--git-dir")  # or git sees none, and no settings
            todo = "run `fleetfeed install --server` on it, or give the hook --ref"
            raise feed_unknown(f"this server has no {_REF}; {todo}")
        told = server_told(known, ref, flags.get("--dir"))
        # What remotes a server has are its mirrors: the feed is here.
        return cls(
            locate(None, told, {}),
            told,
            flags.get("--server") or queries.setting(known, _SERVER) or "",
            flags.get("--pusher-from") or queries.setting(known, _PUSHER_FROM) or "",
            # Where posts are on a ledger, nothing is put upon its export.
            not told.ledger and any(map(_is_queue, known.get(_PROC_RECEIVE, ()))),
        )

    def pusher(self, environment: Mapping[str, str]) -> "Pusher | None":
        """Who pushes, by the variable that the server's keeper has recorded."""
        if not self.pusher_from:
            return None
        from fleetfeed.model.pusher import pusher  # late: most servers record none

        return pusher(self.pusher_from, environment)

    @property
    def word(self) -> Verdict:
        """The server's word that it has judged, where it has a name.

        By that a writer knows that the fleet's server has answered, and no mirror.
        """
        if not self.server:
            return Verdict()
        word = Word.of(self.server, self.where.folder, self.where.ref)
        return Verdict((), (word.text,))


def _is_queue(value: str) -> bool:
    """Whether a value of `receive.procReceiveRefs` has the queue's ref (git-config).

    `MODIFIERS:PREFIX`, of which the first may be left out.
    """
    modifiers, colon, prefix = value.rpartition(":")
    return prefix == QUEUE_REF and (not colon or set(modifiers) <= set("adm"))
