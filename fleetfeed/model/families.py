"""The families of a fleet's surfaces, and what two keys are compared by under them.

A family may have other names, and its lanes may be no part of what collides. Keys stay
what they are; what is compared follows from their parts and from the policy.
"""

from collections.abc import Mapping
from functools import cached_property

from fleetfeed.model.findings import Severity
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import field, record

Parts = tuple[str, ...]

ANY_LANE = ""
"""What stands for the lane where it is no part of what collides: no lane is empty."""


@record
class Family:
    """A family: whether its artifacts are paths, and whether its lanes are one."""

    paths: bool = False
    any_lane: bool = False


@record
class Families:
    """The families that the policy names, and other names for them, all normalised.

    `listed` is None where it names none: then any family will do. `unknown` is how
    hard it weighs that a new key's family is none of them.
    """

    listed: Mapping[str, Family] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    unknown: Severity = Severity.WARN

    def __bool__(self) -> bool:
        """Whether keys are compared by anything but their parts."""
        return bool(self.aliases or self._any_lane)

    @cached_property
    def _any_lane(self) -> list[str]:
        listed = self.listed or {}
        return [name for name, family in listed.items() if family.any_lane]

    @property
    def of_paths(self) -> list[str]:
        """The families whose artifacts are paths."""
        return [name for name, family in (self.listed or {}).items() if family.paths]

    def named(self, name: str) -> str:
        """The family that `name` is, or is another name for."""
        return self.aliases.get(name, name)

    def listed_as(self, key: SurfaceKey) -> Family | None:
        """What the policy says of a key's family; None where it says nothing."""
        return (self.listed or {}).get(self.named("".join(key.parts[1:2])))

    def knows(self, name: str) -> bool:
        """Whether the policy lists a family, or lists none."""
        return self.listed is None or self.named(name) in self.listed

    def collides_as(self, parts: Parts) -> tuple[Parts, ...]:
        """What a key with `parts` is compared by: two overlap where two of these do.

        It is one, but for a lane alone: that holds the lane's part of each family, and
        so the whole of those whose lanes are one.
        """
        if not self:
            return (parts,)
        if len(parts) > 1:
            return ((*self.compared_head(*parts[:2]), *parts[2:]),)
        return (parts, *((ANY_LANE, name) for name in self._any_lane if parts))

    def compared_head(self, lane: str, name: str) -> tuple[str, str]:
        """What the lane and the family of a key are compared by."""
        name = self.named(name)
        family = (self.listed or {}).get(name)
        return ANY_LANE if family and family.any_lane else lane, name

    def overlap(self, one: SurfaceKey, two: SurfaceKey) -> bool:
        """Whether one of two keys contains the other under these families."""
        ones, twos = self.collides_as(one.parts), self.collides_as(two.parts)
        return any(_overlap(a, b) for a in ones for b in twos)


ANY_FAMILY = Families()
"""Where the policy says nothing of families: keys are compared by their parts."""


def _overlap(one: Parts, two: Parts) -> bool:
    return one[: len(two)] == two or two[: len(one)] == one
