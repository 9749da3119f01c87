"""The feed from its first step to its last: what no step may do, whoever was told what.

Of time it says only what is certain: a sign of life is no older than the begin of the
command that gave it, and a step is no younger than the first answer that knows it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torture.anomaly import Anomaly
from torture.fold import (
    ACTIVE,
    AWAITING,
    OVER,
    PARKED,
    RUNNING,
    Surfaces,
    Unlawful,
    Version,
    epochs,
    fold,
    same,
    within,
)
from torture.history import Post, Rules, Step

_WRITTEN_FROM = 2
"""The first epoch that a post has to say."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of time: when commands began, beats were heard and steps had landed.

    `begun` is by the OP of a post, `beats` by item and epoch, `landed` by step.
    """

    begun: Mapping[str, float]
    beats: Mapping[tuple[str, int], float]
    landed: Sequence[float]


@dataclass(slots=True)
class Walk:
    """The feed, step by step.

    `versions` has each item after each of its posts, by item and number; `until` the
    step that ended it. `open` and `awaiting` count items in each state.
    """

    rules: Rules
    clock: Clock
    versions: dict[tuple[str, int], Version] = field(default_factory=dict)
    until: dict[tuple[str, int], int] = field(default_factory=dict)
    open: list[int] = field(default_factory=lambda: [0])
    awaiting: list[int] = field(default_factory=lambda: [0])
    found: list[Anomaly] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    _now: dict[str, Version] = field(default_factory=dict)
    _holding: Surfaces = field(default_factory=Surfaces)
    _line: Surfaces = field(default_factory=Surfaces)
    # The last sign of life; since when nothing is in a place's way; who was passed.
    _sign: dict[str, float] = field(default_factory=dict)
    _free: dict[str, float] = field(default_factory=dict)
    _passed: set[str] = field(default_factory=set)

    def steps(self, steps: Sequence[Step]) -> "Walk":
        """Walk over all of them; itself."""
        for number, step in enumerate(steps, 1):
            self.open.append(self.open[-1])
            self.awaiting.append(self.awaiting[-1])
            # A command may put one item aside and take another: in that order.
            for post in sorted(step.posts, key=lambda post: post["STATE"] in ACTIVE):
                self._post(number, step.id, post)
        return self

    def _post(self, number: int, id_: str, post: Post) -> None:
        item = str(post["ITEM"])
        before = self._now.get(item)
        try:
            after = fold(before, post, number, self.rules.lease)
        except (Unlawful, KeyError, ValueError) as error:
            self._say("unlawful", f"{item} in {id_}: {error!r}")
            return
        what = f"{item} post {after.number} of {after.seat} in {id_}"
        right = epochs(before, after.seat, after.state, after.holder)
        written = "EPOCH" in post or after.epoch < _WRITTEN_FROM
        if not right[0] <= after.epoch <= right[1] or not written:
            self._say("unlawful", f"{what}: epoch {after.epoch}, and it is {right}")
        if before and not _may(before, after, "REASON" in post):
            was = f"{before.state} of {before.holder or before.filer}"
            self._say("unlawful", f"{what}: {after.state}, and it was {was}")
        if before and before.state == RUNNING and not same(after.seat, before.holder):
            self._taken(number, what, before)
        for flaw in self._acquires(number, before, after, what):
            self.found.append(flaw)
        self._put(number, before, after, str(post.get("OP", "")))

    def _say(self, kind: str, message: str) -> None:
        self.found.append(Anomaly(kind, message))

    def _put(
        self, number: int, before: Version | None, after: Version, op: str
    ) -> None:
        """It is so now."""
        item, begun = after.item, self.clock.begun.get(op, -math.inf)
        lives = after.seat in {after.holder, after.waiter}
        if before is None or lives or after.state == AWAITING:
            # A post that nobody began is younger than the one before it.
            self._sign[item] = max(begun, self._sign.get(item, -math.inf))
        if before:
            self.until[item, before.number] = number
            self._holding.take(item, before.held)
            self._line.take(item, before.keys if before.turn else ())
            self.open[-1] -= before.open
            self.awaiting[-1] -= before.state == AWAITING
        self.versions[item, after.number] = self._now[item] = after
        self.open[-1] += after.open
        self.awaiting[-1] += after.state == AWAITING
        self._holding.put(item, after.held)
        self._lines(before, after, begun)

    def _lines(self, before: Version | None, after: Version, begun: float) -> None:
        """Who is in line, and since when nothing is in the way of them."""
        place = (after.turn, after.keys)
        if before and before.turn and after.state == RUNNING:
            self.events["turns taken"] += 1
        if after.turn:
            self._line.put(after.item, after.keys)
        if before is None or place != (before.turn, before.keys):
            self._passed.discard(after.item)
            self._free[after.item] = begun
        gone = [key for key in (before.held if before else ()) if key not in after.held]
        for other in self._line.overlapping(gone, after.item):
            if not any(self._holding.overlapping(self._now[other].keys, other)):
                self._free[other] = begun

    def _taken(self, number: int, what: str, before: Version) -> None:
        """A takeover: not before lease and grace have passed since the last sign."""
        self.events["takeovers"] += 1
        heard = self.clock.beats.get((before.item, before.epoch), -math.inf)
        sign = max(self._sign[before.item] + before.lease, heard + before.longest)
        early = sign + self.rules.grace - self.clock.landed[number]
        if early > 0:
            whose = f"{before.holder} at epoch {before.epoch}"
            self._say("taken early", f"{what}, from {whose}: by {early:.3f} s at least")

    def _acquires(
        self, number: int, before: Version | None, after: Version, what: str
    ) -> Iterator[Anomaly]:
        """What begins to be held by this post is free, and nobody has its turn."""
        had = before.held if before else ()
        new = tuple(key for key in after.held if not within(key, had))
        for other in self._holding.overlapping(new, after.item):
            yield Anomaly("two holders", f"{what}, and {other} holds it")
        for key in new:
            own = before and before.turn and within(key, before.keys) and before.turn
            for other in self._line.overlapping((key,), after.item):
                place = self._now[other]
                if own and place.turn > own:
                    continue
                kept = self._kept(number, place)
                if kept > 0:
                    whose = f"{place.item} of {place.waiter}, TURN {place.turn}"
                    message = f"{what} passes {whose}: by {kept:.3f} s at least"
                    yield Anomaly("passed", message)
                self.events["passed, as is lawful"] += kept <= 0
                self._passed.add(other)

    def _kept(self, number: int, place: Version) -> float:
        """For how many seconds a place is kept for certain, as a step lands."""
        if place.item in self._passed:
            return -math.inf
        heard = self.clock.beats.get((place.item, place.epoch), -math.inf)
        sign = max(self._sign[place.item], heard)
        silent = sign + place.lease + self.rules.grace
        blocked = any(self._holding.overlapping(place.keys, place.item))
        free = math.inf if blocked else self._free[place.item] + self.rules.turn
        return min(silent, free) - self.clock.landed[number]


def _may(before: Version, after: Version, reason: bool) -> bool:
    """Whether the seat may make this step: the table of docs/transitions.md."""
    seat = after.seat
    holder, filer = same(seat, before.holder), same(seat, before.filer)
    if before.state == AWAITING:
        allowed = not before.owner or same(seat, before.owner)
        named = bool(before.owner) and allowed
        taken = after.state in {RUNNING, PARKED} and (allowed or reason)
        return taken or filer or named
    if before.state == RUNNING:
        return holder or (reason and after.state in {*ACTIVE, PARKED})
    if before.state in OVER and after.state != before.state:
        return reason
    waiter = before.turn > 0 and same(seat, before.waiter)
    return holder or filer or waiter
