"""The objects by which a holder beats: a few that all can make, or signed ones."""

import math
import time
from collections.abc import Callable
from functools import partial

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import Git
from fleetfeed.lease.heartbeat import VALUES, beats, signed_beat
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import NAMESPACE, SIGNED
from fleetfeed.model.item import Item
from fleetfeed.model.policy import Policy
from fleetfeed.repo.repository import Repo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.repo.signing import SigningKey


class TurningBeats:
    """The objects that the beats of an item take turns in."""

    def __init__(self, item: Item, turn: int = 0) -> None:
        """`item` as it is held; `turn` is that of the last beat, as far as is known."""
        self._objects, self.turn = beats(item), turn

    def following(self) -> bytes:
        """The object of the next beat."""
        self.turn = (self.turn + 1) % VALUES
        return self._objects[self.turn]

    def not_taken(self) -> None:
        """The ref is where it was: the last one is news once more."""
        self.turn = (self.turn - 1) % VALUES


class SignedBeats:
    """A new object for each beat, with a number that only grows, signed by its holder.

    `last` is the highest number that was heard of.
    """

    turn = None
    """They take no turns."""

    def __init__(self, item: Item, sign: Callable[[bytes], bytes]) -> None:
        """`item` as it is held. `sign` makes the signature over a text, or raises."""
        self._item, self._sign, self.last = item, sign, 0

    def following(self) -> bytes:
        """The object of the next beat. What `sign` raises."""
        # By the clock, so that a holder that begins anew goes on above what it said.
        self.last = max(time.time_ns() // 1_000_000, self.last + 1)
        text = signed_beat(self._item, self.last)
        return text + self._sign(text)

    def not_taken(self) -> None:
        """Nothing: the next one is news in any case."""


def beat_objects(
    git: Git, feed: Snapshot, item: str, turn: int = 0
) -> TurningBeats | SignedBeats:
    """The beats of an item that is held in `feed`, as its policy wants them.

    Those that take turns go on after `turn`.
    """
    rules, held = feed.rules, feed.item(item)
    if rules.identity != SIGNED:
        return TurningBeats(held, turn)
    return SignedBeats(held, partial(_signature, git, rules))


def _signature(git: Git, rules: Policy, text: bytes) -> bytes:
    """The signature over `text`, by the key as it is now: it may have been renewed."""
    key = _key(git, rules)
    if _ends(key) <= time.time():
        who = _certificate(key, "expired at")
        todo = "have a new one issued (`fleetfeed ca issue`) and put in its place"
        raise CannotTell(f"{who}: no beat can be signed; {todo}")
    return key.sign(NAMESPACE, text, beside=True)


def require_beats(git: Git, rules: Policy, lease: float | None) -> str:
    """CannotTell where this clone cannot sign beats, as they are: with nobody to ask.

    Else what is to be said where its certificate ends before a lease does. `lease` are
    the seconds that it has from now, None where it has no end.
    """
    if rules.identity != SIGNED:
        return ""
    key = _key(git, rules)
    key.sign(NAMESPACE, b"whether beats can be signed\n", beside=True)
    end = _ends(key)
    if end >= (math.inf if lease is None else time.time() + lease):
        return ""
    who = f"{_certificate(key, 'ends at')}, before the lease does"
    todo = "put a new one in its place by then (`fleetfeed ca issue`)"
    return f"{who}; {todo}, or nobody hears of you after that"


def _key(git: Git, rules: Policy) -> "SigningKey":
    from fleetfeed.repo.signing import signing_key  # late: few fleets sign

    # A repository of its own: it asks for the settings anew.
    return signing_key(Repo(git), rules.stewards)


def _certificate(key: "SigningKey", what: str) -> str:
    from fleetfeed.model.grants import in_utc, name_of

    return f"{name_of(key.public)} {what} {in_utc(int(_ends(key)))}"


def _ends(key: "SigningKey") -> float:
    """When its certificate is no longer valid, in seconds since 1970."""
    known = key.public.certificate
    return known.ends if known else math.inf
