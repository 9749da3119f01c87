"""What a writer wants, whatever the feed's tip is by the time it gets through."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fleetfeed.draft import Draft
from fleetfeed.errors import Usage
from fleetfeed.post import Note, Post
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.contract import Fields

Plan = Callable[[Snapshot], tuple[Draft, ...]]
"""From the feed as it is to the posts to be written.

It is asked anew at every tip. It raises where the feed answers the question already
(Refused, Held, NoLongerYours).
"""


@dataclass(frozen=True, slots=True)
class Intent:
    """A command's write: its `op`, and the plan that makes its posts.

    `fresh` says that no earlier run can have written under this op. `given` are the
    fields by which a post found under it is known to be of the same command.
    """

    op: str
    plan: Plan
    fresh: bool = True
    given: Fields = field(default_factory=dict)

    def sorted(self, found: tuple[Post | Note, ...]) -> tuple[Post | Note, ...]:
        """The posts `found` under this op, the one that was asked for first.

        Usage where they are another command's.
        """
        mine = [post for post in found if self._fits(post)]
        if mine:
            return (mine[0], *(post for post in found if post is not mine[0]))
        one = found[0]
        said = f"--op {self.op} was used for another command: {shown(one.path)}"
        raise Usage(f"{said} by {shown(one.seat)}; leave --op out, or give a new one")

    def _fits(self, post: Post | Note) -> bool:
        return all(post.fields.get(name) == said for name, said in self.given.items())
