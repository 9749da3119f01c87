"""What posts come to, by the documents alone: docs/post-format.md, docs/transitions.md.

This is a second reading of the rules, on purpose: nothing of the package is used.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from torture.history import Post

Key = tuple[str, ...]
"""A surface key, its parts normalised."""

ACTIVE = frozenset({"AWAITING_CLAIM", "IN_PROGRESS"})
OVER = frozenset({"DONE", "CANCELLED"})
RUNNING, AWAITING, PARKED = "IN_PROGRESS", "AWAITING_CLAIM", "PARKED"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Unlawful(Exception):
    """A post that cannot be read."""


@dataclass(frozen=True, slots=True)
class Version:
    """An item after one of its posts, from step `begins` on until another comes.

    `lease` is in seconds, infinite where it has no end; `longest` is the longest of this
    epoch. `waiter` is whose place in line it is.
    """

    item: str
    number: int
    begins: int
    state: str
    seat: str
    filer: str
    holder: str
    owner: str
    epoch: int
    keys: tuple[Key, ...]
    turn: int
    waiter: str
    lease: float
    longest: float

    @property
    def held(self) -> tuple[Key, ...]:
        """The keys that it holds."""
        return self.keys if self.state in ACTIVE else ()

    @property
    def open(self) -> bool:
        """Whether there is anything to do yet."""
        return self.state not in OVER


def key_of(text: str) -> Key:
    """A surface key as it is compared."""
    folded = text.strip().casefold().replace("_", "-").replace("/", ":")
    return tuple(folded.split(":"))


def seconds(text: str) -> float:
    """A duration, such as `90s`; infinite for `none`."""
    if text == "none":
        return float("inf")
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise Unlawful(f"LEASE {text} is no duration")
    return int(found[1]) * _UNITS[found[2]]


def same(one: str, other: str) -> bool:
    """Whether two names are one seat's."""
    return one.casefold() == other.casefold() != ""


def fold(before: Version | None, post: Post, begins: int, lease: float) -> Version:
    """The item after `post`; Unlawful where that cannot be read.

    It is at the epoch that the post says, which need not be right: see `epochs`.
    """
    said = {name: value for name, value in post.items() if isinstance(value, str)}
    state, seat = said["STATE"], said["SEAT"]
    owner, keys = _owner(before, said, state), _keys(before, post)
    holder = _holder(before, state, owner or seat)
    if state == RUNNING:
        owner = holder
    right = epochs(before, seat, state, holder)
    epoch = int(said["EPOCH"]) if "EPOCH" in said else right[0]
    fresh = before is None or epoch != before.epoch
    asked = seconds(said["LEASE"]) if "LEASE" in said else None
    mine = asked or (lease if fresh or before is None else before.lease)
    turn, waiter = _turn(before, said, state, keys)
    return Version(
        item=said["ITEM"],
        number=before.number + 1 if before else 1,
        begins=begins,
        state=state,
        seat=seat,
        filer=before.filer if before else seat,
        holder=holder,
        owner=owner,
        epoch=epoch,
        keys=keys,
        turn=turn,
        waiter=waiter,
        lease=mine,
        longest=mine if fresh or before is None else max(mine, before.longest),
    )


def _owner(before: Version | None, said: dict[str, str], state: str) -> str:
    if "OWNER" in said:
        return "" if said["OWNER"] == "none" else said["OWNER"]
    if state == RUNNING or before is None:
        return ""
    left = before.state == RUNNING and state == AWAITING
    return "" if left else before.owner


def _holder(before: Version | None, state: str, who: str) -> str:
    if state == RUNNING:
        return who
    if state == AWAITING or before is None:
        return ""
    return before.holder


def _keys(before: Version | None, post: Post) -> tuple[Key, ...]:
    said = post.get("SURFACE_KEY")
    if said is None:
        return before.keys if before else ()
    if said == "none":
        return ()
    return tuple(key_of(each) for each in ([said] if isinstance(said, str) else said))


def _turn(
    before: Version | None, said: dict[str, str], state: str, keys: tuple[Key, ...]
) -> tuple[int, str]:
    """Its place in line, and whose that is."""
    if state != PARKED or said.get("TURN") == "none":
        return 0, ""
    if "TURN" in said:
        return int(said["TURN"]), said["SEAT"]
    if before and before.turn and before.keys == keys:
        return before.turn, before.waiter
    return 0, ""


def epochs(
    before: Version | None, seat: str, state: str, holder: str
) -> tuple[int, int]:
    """The lowest and the highest epoch that an item may have after a post."""
    if before is None:
        return (1, 1) if state == RUNNING else (0, 0)
    now, more = before.epoch, before.epoch + 1
    mine = same(seat, before.holder) and same(holder, before.holder)
    if before.state in OVER:
        return (now, now) if state == before.state else (more, more)
    if state == RUNNING:
        return (now, more) if mine and before.state != AWAITING else (more, more)
    taken = before.state == RUNNING and not same(seat, before.holder)
    return (more, more) if taken else (now, now)


@dataclass(slots=True)
class Surfaces:
    """Which items have which keys, asked for what overlaps one: by prefixes alone."""

    _at: dict[Key, set[str]] = field(default_factory=dict)
    _below: dict[Key, Counter[str]] = field(default_factory=dict)

    def put(self, item: str, keys: Iterable[Key]) -> None:
        """`item` has `keys` from now on."""
        for key in keys:
            self._at.setdefault(key, set()).add(item)
            for end in range(1, len(key)):
                self._below.setdefault(key[:end], Counter())[item] += 1

    def take(self, item: str, keys: Iterable[Key]) -> None:
        """`item` has them no more."""
        for key in keys:
            self._at[key].discard(item)
            for end in range(1, len(key)):
                below = self._below[key[:end]]
                below[item] -= 1
                if not below[item]:
                    del below[item]

    def overlapping(self, keys: Iterable[Key], but: str = "") -> Iterator[str]:
        """The items, each once, that have a key which contains one of `keys`, or lies in it."""
        found = dict[str, None]()
        for key in keys:
            for end in range(1, len(key) + 1):
                found.update(dict.fromkeys(self._at.get(key[:end], ())))
            found.update(dict.fromkeys(self._below.get(key, ())))
        return (item for item in found if item != but)


def within(key: Key, keys: Iterable[Key]) -> bool:
    """Whether one of `keys` contains `key`."""
    return any(key[: len(each)] == each for each in keys)
