"""One step: an item before a post, the post, and the item after it.

Rules about a single post are functions of a step; `validate` lists them.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import Hold
from fleetfeed.judge.waiting import DoneInPush, WaitsGraph
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place, Severity
from fleetfeed.model.identity import Speakers
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Signs
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Post
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import record

Collides = tuple[tuple[str, ...], ...]
"""What a surface is compared by (`Families.collides_as`)."""


@record
class JudgeContext:
    """What every step is judged by: the rules, the signs, and who holds what.

    `unknown` is how hard it weighs when a needed lapse cannot be told. `speakers` say
    who brought a new post, None where nobody asks.
    """

    policy: Policy
    signs: Signs
    unknown: Severity
    before: Snapshot
    after: Snapshot
    speakers: Speakers | None = None

    @cached_property
    def stood(self) -> dict[Collides, tuple[Hold, ...]]:
        """Who held what overlaps a surface all along: as far as somebody has asked."""
        return {}

    @cached_property
    def waiting(self) -> WaitsGraph:
        """What waits for what afterwards."""
        return WaitsGraph(self.after)

    @cached_property
    def done(self) -> DoneInPush:
        """What is done, or was at some time of the push."""
        return DoneInPush(self.before, self.after)


@record
class Step:
    """A new post and what it does to its item."""

    before: Item
    post: Post
    after: Item
    context: JudgeContext

    @property
    def policy(self) -> Policy:
        """The rules of the fleet."""
        return self.context.policy

    @property
    def acquired(self) -> tuple[SurfaceKey, ...]:
        """The keys that the item claims after this post and did not before it.

        What an unreadable post names is kept from others, and is no claim of its own
        item's: nobody judged it.
        """
        return tuple(key for key in self.after.own if key not in self.before.own)

    @property
    def first_claimed(self) -> tuple[SurfaceKey, ...]:
        """The acquired keys that the item never held."""
        return tuple(k for k in self.acquired if k.parts not in self.before.ever_held)

    def finding(
        self,
        code: str,
        field: str,
        message: str,
        severity: Severity | None = None,
        mended: str = "",
    ) -> Finding:
        """A finding at `field` of the post (at the file where it is left out)."""
        return finding(
            code,
            self.post.place(field) if field else Place(self.post.path),
            message,
            severity=severity,
            mended=mended,
            item=self.before.id,
            holder=self.before.contact,
        )


StepRule = Callable[[Step], Iterable[Finding]]
"""What every new post is judged by; `validate.STEP_RULES` are all of them."""
