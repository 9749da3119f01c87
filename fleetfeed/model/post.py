"""What a post is, once it is read: plain values, each with its place in the file."""

from collections.abc import Mapping
from enum import Enum

from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import record

Value = str | tuple[str, ...]
"""What a field is given: one text, or a list of them."""


def as_list(value: Value) -> tuple[str, ...]:
    """A value as a list of texts."""
    return (value,) if isinstance(value, str) else value


class State(Enum):
    """The states of an item."""

    AWAITING_CLAIM = "AWAITING_CLAIM"
    IN_PROGRESS = "IN_PROGRESS"
    BLOCKED = "BLOCKED"
    PARKED = "PARKED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"

    @property
    def active(self) -> bool:
        """Whether an item in this state holds its surface."""
        return self in ACTIVE

    @property
    def resting(self) -> bool:
        """Whether an item in this state is neither active nor over."""
        return not self.active and not self.terminal

    @property
    def terminal(self) -> bool:
        """Whether an item in this state is over."""
        return self in TERMINAL


# No set: a state's hash is Python's to work out, and each look at an item asks this.
ACTIVE = (State.AWAITING_CLAIM, State.IN_PROGRESS)
TERMINAL = frozenset({State.DONE, State.CANCELLED})


@record
class Post:
    """A readable post.

    `keys` is None where SURFACE_KEY is left out, and empty for `none`; `owner` is
    None where left out, and empty for `none`. `fields` has every field as written,
    `places` where each value begins.
    """

    path: str
    item: str
    number: int
    seat: str
    state: State
    owner: str | None
    subject: str
    keys: tuple[SurfaceKey, ...] | None
    proof: str
    reason: str
    lease: str | None
    epoch: int | None
    repairs: int | None
    fields: Mapping[str, Value]
    places: Mapping[str, Place]

    def place(self, field: str) -> Place:
        """Where `field` stands; the file itself where it is left out."""
        return self.places.get(field, Place(self.path))

    def text(self, field: str) -> str:
        """A field's value as one text; empty where it is left out."""
        value = self.fields.get(field, "")
        return value if isinstance(value, str) else ", ".join(value)

    def texts(self, field: str) -> tuple[str, ...]:
        """A field's value as a list of texts."""
        return as_list(self.fields.get(field, ()))


@record
class Unreadable:
    """A post that cannot be read: why, and the keys that can be made out in it."""

    path: str
    item: str
    number: int
    keys: tuple[SurfaceKey, ...]
    findings: tuple[Finding, ...]


@record
class Note:
    """A readable note; `item` is empty where it is about none."""

    path: str
    seat: str
    item: str
    fields: Mapping[str, Value]
    places: Mapping[str, Place]
