"""The lives of items: from when to when each was in which state, whose, and for what.

A life follows from the item's posts alone, and its times are what these say (AT), which
no rule trusts: it is for people, and nothing is decided by it. A post without a time is
of the time of the one before it, and none is earlier than that: who wrote later did
not do so before.
"""

from collections import namedtuple
from collections.abc import Iterable
from datetime import UTC, datetime

from fleetfeed.feed.summary import is_open
from fleetfeed.model.item import Item, history
from fleetfeed.model.post import Post, State, Unreadable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Phase(NamedTuple):
        """A part of a life in which nothing changes, up to where the next begins.

        `start` are seconds of UTC, None where no post of the item tells a time. `who`
        holds the item, or waits in line with `turn` (0: it is in no line); empty where
        nobody does. `state` is empty where nothing could be read. `keys` are as they
        were written.
        """

        start: int | None
        state: str
        open: bool
        who: str
        epoch: int
        keys: tuple[str, ...]
        turn: int

else:  # of a million posts there are as many phases: tuples, and no records
    _FIELDS = ("start", "state", "open", "who", "epoch", "keys", "turn")
    Phase = namedtuple("Phase", _FIELDS)  # noqa: PYI024


@record
class Life:
    """The phases of an item, in their order: one at least."""

    item: str
    phases: tuple[Phase, ...]

    @property
    def now(self) -> Phase:
        """What it is in now."""
        return self.phases[-1]

    @property
    def filed(self) -> int | None:
        """When it was filed; None where nobody says."""
        return self.phases[0].start

    @property
    def since(self) -> int | None:
        """Since when it is in its present state, in the same hands."""
        found, now = self.now.start, self.now
        for phase in reversed(self.phases):
            if (phase.state, phase.who, phase.epoch) != (now.state, now.who, now.epoch):
                break
            found = phase.start
        return found


@record
class Lives:
    """The lives that a question is about, and how many items tell no time at all."""

    lives: Iterable[Life]
    undated: int = 0


def life_of(item: str, posts: Iterable[Post | Unreadable]) -> Life | None:
    """The life that `posts` tell, None where there are none."""
    return lived(item, posts)[0]


def lived(item: str, posts: Iterable[Post | Unreadable]) -> tuple[Life | None, Item]:
    """The same, and the item as it is after them."""
    found, now = list[Phase](), Item(item)
    at: int | None = None
    for _, post, after in history(now, posts):
        now, told = after, _time(post)
        if told is not None:
            if at is None:
                found = [phase._replace(start=told) for phase in found]
            at = told if at is None else max(at, told)
        phase = _phase(at, after)
        if not found or found[-1][1:] != phase[1:]:
            found.append(phase)
    return Life(item, tuple(found)) if found else None, now


def _phase(at: int | None, item: Item) -> Phase:
    state = item.state.value if item.state else ""
    who = item.holder if item.state is State.IN_PROGRESS else item.waiter
    keys = tuple(key.text for key in item.keys)
    return Phase(at, state, is_open(item), who, item.epoch, keys, item.turn)


def _time(post: Post | Unreadable) -> int | None:
    """When a post says that it was written."""
    at = post.text("AT") if isinstance(post, Post) else ""
    if not at:
        return None
    return int(datetime.fromisoformat(at[:19]).replace(tzinfo=UTC).timestamp())
