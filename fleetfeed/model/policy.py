"""The policy as a value, and the questions that the judge asks of it."""

import re
from collections.abc import Mapping

from fleetfeed.model.families import ANY_FAMILY, Families
from fleetfeed.model.findings import Severity
from fleetfeed.model.identity import NONE
from fleetfeed.model.names import acts_as, matches
from fleetfeed.model.post import State
from fleetfeed.model.surface import segments
from fleetfeed.util.records import field, record

AGREED = ("evict", "reopen", "lane")
"""What several stewards may have to agree to (`judge.agreement`)."""

BY_INBOX = "inbox"
"""As `queue`: seats that wait land one another's posts (`ledger.inbox`)."""


@record
class LeaseRules:
    """How long claims last, in seconds; `indefinite` allows `LEASE: none`.

    `pools` are the defaults of the seats of some pools, by the pools' names. `turn` is
    how long a free surface is kept for who is first in line.
    """

    default: int = 24 * 3600
    max: int = 7 * 24 * 3600
    indefinite: bool = False
    grace: int = 60
    turn: int = 60
    pools: Mapping[str, int] = field(default_factory=dict)


@record
class FieldRule:
    """A field of the fleet's own: in which states it is required, and how hard."""

    states: frozenset[State] = frozenset()
    level: Severity = Severity.WARN


@record
class GuardRules:
    """How hard it weighs to change what a surface holds (None: not at all).

    `held` by another seat, `unclaimed` by anyone, both before a commit; `push` is what
    the server does about either in what is pushed, at the most.
    """

    held: Severity = Severity.REJECT
    unclaimed: Severity | None = None
    push: Severity | None = None


@record
class Policy:
    """A fleet's rules. None for `prefixes` and `lanes` means any.

    `surface` is what becomes of a claim without one: `required`, `warn` or `optional`.
    `depends` is how hard it weighs to begin upon what is not done.
    `server` is the name of the server whose hook judges; empty where none need to.
    `seal_after` are the seconds that an item must be over before it is sealed.
    `identity` is the mode (`model.identity`), `logins` the patterns of seats that each
    login speaks for; `stewards_sign` many stewards are needed to change the rules, and
    for the acts in `agreed`. `lane_seats` are who may claim in a lane, by its
    normalised name; `roster` are the seats that there are (None: any). `queue` is
    BY_INBOX where seats land posts for one another, on a server that has no queue.
    `paths` are patterns of a repository's paths and the key that each lies below, the
    first that fits first; an empty key takes a path out. `guard` says what they bind.
    """

    ref: str = "refs/heads/main"
    server: str = ""
    prefixes: Mapping[str, str] | None = None
    lanes: tuple[str, ...] | None = None
    families: Families = ANY_FAMILY
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stewards: tuple[str, ...] = ()
    surface: str = "warn"
    proof: Severity = Severity.WARN
    depends: Severity = Severity.WARN
    leases: LeaseRules = LeaseRules()
    max_gap: int = 100
    seal_after: int = 30 * 24 * 3600
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    identity: str = NONE
    logins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stewards_sign: int = 1
    agreed: frozenset[str] = frozenset()
    lane_seats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roster: tuple[str, ...] | None = None
    unknown_seat: Severity = Severity.WARN
    queue: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    guard: GuardRules = GuardRules()

    def is_steward(self, seat: str) -> bool:
        """Whether `seat` may act on other seats' items (with a reason)."""
        return any(acts_as(seat, steward) for steward in self.stewards)

    def may_claim(self, seat: str, owner: str) -> bool:
        """Whether `owner` of an item that awaits its claim lets `seat` claim it."""
        if not owner:
            return True
        if self.pool(owner) is None:
            return acts_as(seat, owner)
        return self.in_pool(seat, owner)

    def pool(self, name: str) -> tuple[str, ...] | None:
        """The patterns of the pool `name`, None where it is no pool."""
        folded = name.casefold()
        found = (p for n, p in self.pools.items() if n.casefold() == folded)
        return next(found, None)

    def in_pool(self, seat: str, name: str) -> bool:
        """Whether `seat` is one of the pool `name`."""
        return any(matches(pattern, seat) for pattern in self.pool(name) or ())

    def default_lease(self, holder: str) -> int:
        """The seconds of a lease that says none itself, by who holds it.

        That of a pool that the holder is in, of several the shortest.
        """
        if not self.leases.pools or not holder:
            return self.leases.default
        own = (s for name, s in self.leases.pools.items() if self.in_pool(holder, name))
        return min(own, default=self.leases.default)

    def home_lane(self, seat: str) -> str:
        """The lane that `seat` is at home in: empty where the policy tells no one lane.

        It is the one whose name the seat's begins with, or the only one there is.
        """
        listed = (*(self.lanes or ()), *(self.prefixes or {}).values())
        lanes = {"".join(segments(lane)): lane for lane in reversed(listed)}
        name = "".join(segments(seat)[:1])
        mine = [lane for lane in lanes if re.match(rf"{re.escape(lane)}([-.]|$)", name)]
        if mine:
            return lanes[max(mine, key=len)]
        return "".join(lanes.values()) if len(lanes) == 1 else ""

    def knows_lane(self, lane: str) -> bool:
        """Whether `lane` is one of the policy's, or the policy lists none."""
        listed = self.lanes
        return listed is None or segments(lane) in {segments(one) for one in listed}


DEFAULT = Policy()
"""The rules of a feed without a policy."""
