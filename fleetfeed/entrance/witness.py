"""What the server saw, and when: the only one who can tell that a lease has lapsed.

Signs of life are stamped as they are judged. What cannot be told, since the file of
stamps cannot be used, is unknown, which refuses a takeover and nothing else.
"""

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from fleetfeed import layout
from fleetfeed.feed.trees import Repo
from fleetfeed.git import refs
from fleetfeed.item import Item
from fleetfeed.judge import Alive, Lapse, Sign, Signs
from fleetfeed.layout import PostSlot
from fleetfeed.lease import lease_of, signs_of_life, standing
from fleetfeed.lease.beat import beat_ref, beats
from fleetfeed.policy import DEFAULT, Policy
from fleetfeed.snapshot import Snapshot
from fleetfeed.stamps import Stamps, StampsUnusable, server_clock
from fleetfeed.tree import changes, object_id

FILE = "fleetfeed/stamps.sqlite"
"""Where the stamps lie in the server's repository."""


class Witness:
    """The memory of the server whose repository is `repo`."""

    def __init__(self, repo: Repo) -> None:
        """Nothing is opened before a lapse is asked about, or a post let through."""
        self._repo = repo

    def signs_of(self, before: Snapshot, policy: Policy) -> Signs:
        """The signs of the items in `before`."""
        return lambda item: self._sign(before, policy, item)

    def saw(self, before: Snapshot, after: Snapshot) -> None:
        """Stamp what `after` adds to `before`.

        Where that cannot be done, it counts as seen when it is first asked about.
        """
        rows = list(_added(before, after))
        landed = {(item, before.item(item).epoch) for item, _, _ in rows}
        if rows and self._stamps:
            with contextlib.suppress(StampsUnusable):
                self._stamps.stamp(rows, landed)

    def beat(self, feed: Snapshot, item: Item, object_: str) -> bool:
        """Stamp a beat of `item`; whether it came while the lease ran.

        A takeover looks at the stamps after lease and grace. So that it sees this one,
        the stamp must be in the file before the lease is over: the clock is asked again
        behind it. Where nobody keeps time, a beat is always in time.
        """
        policy = feed.policy.policy or DEFAULT
        sign = self._sign(feed, policy, item.id)
        if self._stamps is None or not isinstance(sign, Alive):
            return sign is Lapse.UNKNOWN
        over = self._stamps.now() + sign.left
        try:
            self._stamps.stamp([(item.id, item.epoch, object_)])
        except StampsUnusable:
            return True
        return self._stamps.now() < over

    def _sign(self, feed: Snapshot, policy: Policy, item: str) -> Sign:
        now = feed.item(item)
        posts = signs_of_life(item, feed.posts(item), policy)
        if self._stamps is None or not posts:
            return Lapse.UNKNOWN
        leases = {_object(feed, item, post.number): post.seconds for post in posts}
        beating = dict.fromkeys(self._beats(feed, item), lease_of(now, policy))
        there = refs.exact(self._repo.git, beat_ref(item))
        wanted = {*leases, *(each for each in beating if each == there)}
        try:
            seen = self._stamps.seen(item, now.epoch, wanted)
        except StampsUnusable:
            return Lapse.UNKNOWN
        leases |= beating
        known = [(at, leases[each]) for each, at in seen.items() if each in leases]
        return standing(known, self._stamps.now(), policy.leases.grace)

    def _beats(self, feed: Snapshot, item: str) -> tuple[str, ...]:
        size = self._repo.id_size
        return tuple(object_id("blob", each, size) for each in beats(feed, item))

    @cached_property
    def _stamps(self) -> Stamps | None:
        clock = server_clock()
        git = self._repo.git
        folder = Path(git.folder, git.line("rev-parse", "--git-common-dir"))
        return Stamps(folder / FILE, clock) if clock else None


def _added(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, int, str]]:
    """Item, epoch and object id of each new post of an item that is active now."""
    for change in changes(before.tree, after.tree):
        slot = layout.slot(change.path)
        if change.new and isinstance(slot, PostSlot):
            item = after.item(slot.item)
            if item.active:
                yield item.id, item.epoch, change.new.id


def _object(feed: Snapshot, item: str, number: int) -> str:
    """The id of a post's object; the post is there."""
    entry = feed.tree.entry(layout.post_path(item, number))
    return entry.id if entry else ""
