"""For how long an item shows no sign of life, where nobody keeps time.

No lapse is inferred from clocks that nobody watched: who wants to know has to see for
itself, for lease and grace, by its own boot clock, that there is neither post nor beat.
"""

import math
from collections.abc import Callable

from fleetfeed.judge.transitions import LAPSE_UNKNOWN
from fleetfeed.lease.heartbeat import beat_ref
from fleetfeed.lease.lease import lease_of, longest, signs_of_life
from fleetfeed.model.errors import Refused
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.records import record

LOOKS = 25
"""Looks in a lease. A holder beats three times in one, and when unheard ten times."""

SHORTEST, LONGEST = 0.1, 60.0
"""Seconds between two looks."""

HOLE = 2
"""Beats take turns in a few values. In so many looks' time they are never all of them:
that is less than a third of a lease (`heartbeat.apart`)."""


def nobody_can_tell(refused: Refused) -> bool:
    """Whether a lapse would be lawful, and nobody there keeps time to know of it."""
    told = (*(found.code for found in refused.findings), *refused.words)
    return any(LAPSE_UNKNOWN in text for text in told)


@record
class Look:
    """What a look shows: the item, its lease and the grace, and its beats' value.

    The lease is None where it has no end.
    """

    item: Item
    lease: float | None
    grace: float
    beat: str | None

    @property
    def signs(self) -> tuple[int, str | None]:
        """What is another as soon as whoever has it shows that it is alive."""
        return self.item.newest, self.beat

    @property
    def every(self) -> float:
        """The seconds until the next look, at the most."""
        lease = math.inf if self.lease is None else self.lease
        return min(max(lease / LOOKS, SHORTEST), LONGEST)

    @property
    def whole(self) -> float:
        """The seconds of silence after which the lease has lapsed."""
        return math.inf if self.lease is None else self.lease + self.grace


class Silence:
    """The silence of one item, from the view on that is seen first."""

    def __init__(self, repo: Repo, item: str, clock: Callable[[], float]) -> None:
        """Nothing is seen yet. `clock` only runs, while the machine sleeps too."""
        self._repo, self._item, self._clock = repo, item, clock
        self._seen: Look | None = None
        self._since = self._last = -math.inf
        self._known: str | None = None
        self._asked: float | None = None

    @property
    def left(self) -> float:
        """Seconds of silence that were wanting at the last look; infinite: no end."""
        return self._until - self._last

    @property
    def due(self) -> float:
        """When the next look should be, by the clock: at once where there was none."""
        if self._seen is None:
            return -math.inf
        again = self._last + self._seen.every
        # What is complete already is looked at as often: it may be heard of again.
        return again if self._until <= self._last else min(again, self._until)

    @property
    def unheard(self) -> float:
        """Seconds since the last look."""
        return self._clock() - self._last

    @property
    def _until(self) -> float:
        return self._since + self._seen.whole if self._seen else math.inf

    def sees(self, view: View, asked: float) -> Look:
        """What a view shows for which was asked at `asked`, in seconds of UTC."""
        feed, before = view.snapshot, self._seen
        item, rules = feed.item(self._item), feed.rules
        beat, self._asked = self._beat(view), asked
        # The longest lease that a beat or post may have begun.
        signs = signs_of_life(item.id, feed.posts(item.id), rules)
        lease = longest((*(sign.seconds for sign in signs), lease_of(item, rules)))
        now = Look(item, lease, float(rules.leases.grace), beat)
        looked = self._clock()
        if (
            before is None
            or now.signs != before.signs
            or looked - self._last > HOLE * before.every
        ):
            self._since = looked
        self._seen, self._last = now, looked
        return now

    def _beat(self, view: View) -> str | None:
        """The value of the item's beats that shows that whoever has it lives."""
        ref, feed = beat_ref(self._item), view.snapshot
        value = view.refs.get(ref)
        if feed.rules.identity != SIGNED:
            return value
        from fleetfeed.checks.signed_beats import counting  # late: few fleets sign

        # What others put there neither keeps a claim alive nor ends it.
        refs, known = ({ref: v} if v else {} for v in (value, self._known))
        remote, since = view.where.remote, self._asked
        counted = counting(self._repo, remote, feed, refs, known, since=since)
        self._known = counted.get(ref)
        return self._known
