"""What the server saw, and when: the only one who can tell that a lease has lapsed.

Signs of life are stamped as they are judged. What cannot be told, since the file of
stamps cannot be used, is unknown, which refuses a takeover and nothing else.
"""

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from functools import cached_property

from fleetfeed.feed.diff import changes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.lease.heartbeat import beat_ids, beat_ref
from fleetfeed.lease.lease import lease_end, lease_of, longest, signs_of_life, standing
from fleetfeed.lease.stamps import (
    FILE,
    Clock,
    Stamps,
    StampsUnusable,
    is_numbered,
    numbered,
    server_clock,
)
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.liveness import Lapse, Sign, Signs
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import TERMINAL
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.lease.line import When

FREE = "free"
"""What is stamped of an item in line when nothing is in its way any more."""

_PASSED = "passed "
"""What is stamped of it, with the post that its place began by, when it was passed."""

_SWEPT = 2
"""Items that each push looks at, to forget what is over: twice what it may add."""


class ServerLeases:
    """What the server whose repository is `repo` saw of its items' leases."""

    def __init__(
        self, repo: Repo, clock: Callable[[], Clock | None] = server_clock
    ) -> None:
        self._repo, self._clock = repo, clock

    def signs_of(self, before: Snapshot, policy: Policy) -> Signs:
        """The signs of the items in `before`."""
        places: list[When] = []  # how they stand, as soon as somebody asks

        def sign(item: str) -> Sign:
            return self._sign(before, policy, item, places)

        return sign

    def stamp_posts(self, before: Snapshot, after: Snapshot) -> None:
        """Stamp what `after` adds to `before`, which is where the feed ref is.

        Where that cannot be done, it counts as seen when it is first asked about.
        """
        added = list(_added(before, after))
        if not added or self._stamps is None:
            return
        rows = [(i.id, i.epoch, object_) for i, object_ in added if i.leased]
        items = sorted({i.id for i, _ in added})
        lines = list(_of_lines(before, after, items))
        # The push may not land, and then the epoch before it still counts.
        past = {(i.id, before.item(i.id).epoch - 1) for i, _ in added}
        with contextlib.suppress(StampsUnusable):
            rows += (row for row in lines if not self._was_passed(*row))
            past |= {each for each in self._stamps.some(_SWEPT) if _over(before, *each)}
            self._stamps.stamp(rows, past)

    def stamp_beat(self, feed: Snapshot, item: Item, object_: str) -> bool:
        """Stamp a beat of `item`, as `object_`; whether it came while the lease ran.

        A takeover looks at the stamps after lease and grace. So that it sees this one,
        the stamp must be in the file before the lease is over: the clock is asked again
        behind it. CannotTell where there are stamps and this one cannot be added, since
        the older ones alone would end the lease early. Where there are none, a beat is
        always in time: nobody can take over.
        """
        if self._stamps is None:
            return True
        try:
            lease = self._lease(self._stamps, feed, feed.rules, item.id)
            if lease.now >= lease.over:
                return False
            self._stamps.stamp([(item.id, item.epoch, object_)])
        except StampsUnusable as error:
            if not self._stamps.kept():
                return True
            message = "the server's stamps cannot be written now, so no beat counts"
            raise CannotTell(f"{message}; renew by a post") from error
        return self._stamps.now() < lease.over

    def last_beat(self, feed: Snapshot, item: Item) -> int:
        """The number of the last signed beat of `item`; 0 where none is known.

        Of what has no stamp, the beat that stands at the item's ref.
        """
        try:
            seen = self._stamps.seen(item.id, item.epoch, ()) if self._stamps else None
        except StampsUnusable:
            seen = None
        last = seen.last if seen else 0
        return last or self._number_at_ref(feed, item)

    def _was_passed(self, item: str, epoch: int, object_: str) -> bool:
        """Whether this says that a place was passed, and it was before."""
        if self._stamps is None or not object_.startswith(_PASSED):
            return False
        return object_ in self._stamps.seen(item, epoch, ()).at

    def _sign(
        self, before: Snapshot, policy: Policy, item: str, places: "list[When]"
    ) -> Sign:
        if self._stamps is None:
            return Lapse.UNKNOWN
        try:
            there = before.item(item)
            if there.turn:
                from fleetfeed.lease.line import place_sign  # late: few are in line

                if not places:
                    places.append(self._places(self._stamps, before, policy))
                return place_sign(places[0](there), self._stamps.now())
            lease = self._lease(self._stamps, before, policy, item)
        except StampsUnusable:
            return Lapse.UNKNOWN
        return standing(lease.over, lease.now, policy.leases.grace)

    def _places(self, stamps: Stamps, feed: Snapshot, policy: Policy) -> "When":
        """When the items in line lose their places."""
        from fleetfeed.lease.line import places_over  # late, as above

        def silent(place: Item) -> float:
            lease = self._lease(stamps, feed, policy, place.id)
            return lease.over + policy.leases.grace

        def free(place: Item) -> float:
            return stamps.seen(place.id, place.epoch, (FREE,)).at[FREE]

        def passed(place: Item) -> float:
            seen = stamps.seen(place.id, place.epoch, ()).at
            return seen.get(_passed(feed, place), math.inf)

        return places_over(feed, policy, silent=silent, free=free, passed=passed)

    def _lease(
        self, stamps: Stamps, feed: Snapshot, policy: Policy, item: str
    ) -> "_Lease":
        now = feed.item(item)
        posts = signs_of_life(item, feed.posts(item), policy)
        if not posts:
            return _Lease(stamps.now(), -math.inf)
        leases = {_stamped(feed, item, p.number): p.seconds for p in posts}
        by_beat = longest((*leases.values(), lease_of(now, policy)))
        beating = dict.fromkeys(beat_ids(now, self._repo.id_size), by_beat)
        signed = policy.identity == SIGNED
        there = None if signed else queries.exact(self._repo.git, beat_ref(item))
        wanted = {*leases, *(each for each in beating if each == there)}
        seen = stamps.seen(item, now.epoch, wanted)
        if signed and not any(map(is_numbered, seen.at)):
            number = self._number_at_ref(feed, now)
            if number:
                seen = stamps.seen(item, now.epoch, {*leases, numbered(number)})
        leases |= beating | dict.fromkeys(filter(is_numbered, seen.at), by_beat)
        known = ((at, leases[each]) for each, at in seen.at.items() if each in leases)
        return _Lease(seen.now, lease_end(known))

    def _number_at_ref(self, feed: Snapshot, item: Item) -> int:
        """The number of the beat at the item's ref; 0 where that does not count."""
        value = queries.exact(self._repo.git, beat_ref(item.id))
        if not value:
            return 0
        from fleetfeed.checks.signed_beats import beats_here, verified

        here = beats_here(self._repo, {value: item})
        return verified(feed, here.values()).get(item.id, 0)

    @cached_property
    def _stamps(self) -> Stamps | None:
        clock = self._clock()
        file = os.path.join(self._repo.common_folder, FILE)
        return Stamps(file, clock) if clock else None


@record
class _Lease:
    """When a lease is over, as it stood in the stamps at `now`."""

    now: float
    over: float


def _added(before: Snapshot, after: Snapshot) -> Iterator[tuple[Item, str]]:
    """The item, as it is in `after`, and what each new post is stamped as."""
    for change in changes(before.tree, after.tree):
        post = change.kind
        if change.new and isinstance(post, PostPath):
            yield after.item(post.item), f"{post.number} {change.new.id}"


def _of_lines(
    before: Snapshot, after: Snapshot, items: list[str]
) -> Iterator[tuple[str, int, str]]:
    """What is stamped of places in line, as `items` get their posts."""
    moved = [item for item in items if before.item(item).held != after.item(item).held]
    lines = (feed.item(item).turn for feed in (before, after) for item in items)
    if not moved and not any(lines):
        return
    from fleetfeed.feed.line import overtaken, unblocked  # late: most move none

    families = after.rules.families
    for place in unblocked(before, after, items, families):
        yield place.id, place.epoch, FREE
    for place in overtaken(before, after, moved, families):
        yield place.id, place.epoch, _passed(after, place)


def _passed(feed: Snapshot, place: Item) -> str:
    """What it is stamped as that others have passed `place`."""
    posts = signs_of_life(place.id, feed.posts(place.id), feed.rules)
    return f"{_PASSED}{posts[0].number}"


def _over(before: Snapshot, item: str, epoch: int) -> bool:
    """Whether nothing of an epoch counts any more: what begins now is another.

    Who has paused may go on in the same one, and its beats must not count again. What
    `before` knows nothing of is on its way, or was: another push has just stamped it.
    """
    now = before.item(item)
    return epoch < now.epoch or (epoch == now.epoch and now.state in TERMINAL)


def _stamped(feed: Snapshot, item: str, number: int) -> str:
    """What a post is stamped as: two of the same text are one object, and two signs."""
    entry = feed.tree.entry(layout.post_path(item, number))
    return f"{number} {entry.id if entry else ''}"
