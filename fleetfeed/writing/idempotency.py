"""What a writer wants, whatever the feed's tip is by the time it gets through.

A command's own posts, found on the feed by their OP.
"""

from collections.abc import Callable, Iterator

from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import PLAIN
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.contract import Fields
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.liveness import Lapse, Sign
from fleetfeed.model.post import Note, Post
from fleetfeed.model.post_writer import Draft, as_read
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Plan = Callable[[Snapshot], tuple[Draft, ...]]
"""From the feed as it is to the posts to be written.

It is asked anew at every tip. It raises where the feed answers the question already
(Refused, Held, NoLongerYours).
"""


@record
class ExpectedPost:
    """One post that a command writes, as far as the command alone says what it is.

    `fields` are those that it has, () for one that it has not; `prefix` is that of a
    new item, whose first post it is; `later` says that it is no item's first post.
    """

    fields: Fields
    prefix: str = ""
    later: bool = False

    def is_(self, post: Post | Note) -> bool:
        """Whether `post` can be the one. Values are compared as they are read back."""
        left_out = [name for name, value in self.fields.items() if value == ()]
        said = {**as_read(self.fields), **dict.fromkeys(left_out, ())}
        if any(post.fields.get(name, ()) != value for name, value in said.items()):
            return False
        return not isinstance(post, Post) or self._at(post)

    def _at(self, post: Post) -> bool:
        known = names.parse(post.item)
        if self.prefix:
            first = known if post.number == 1 else None
            return first is not None and first.prefix == self.prefix
        return post.number > 1 or not self.later


@record
class WriteRequest:
    """A command's write: its `op`, the plan that makes its posts, and what they are.

    `fresh` says that no earlier run can have written under this op. `wants` are the
    posts, the one that was asked for first; none where anything under the op is meant.
    `watched` is the item that the writer itself has seen lapse.
    """

    op: str
    plan: Plan
    fresh: bool = True
    expected: tuple[ExpectedPost, ...] = ()
    watched: str = ""

    def signs(self, item: str) -> Sign:
        """What the writer itself knows of a lapse."""
        return Lapse.LAPSED if item == self.watched else Lapse.UNKNOWN

    @property
    def seat(self) -> str:
        """Who asks; empty where no want says it."""
        return str(self.expected[0].fields.get("SEAT", "")) if self.expected else ""

    def matched(self, found: tuple[Post | Note, ...]) -> tuple[Post | Note, ...]:
        """The posts `found` under this op, in the order of `wants`.

        Usage where they are not these posts and no others.
        """
        if not self.expected:
            return found
        left, mine = list(found), list[Post | Note]()
        for want in self.expected:
            hit = next((post for post in left if want.is_(post)), None)
            if hit is not None:
                left.remove(hit)
                mine.append(hit)
        if left or len(mine) < len(self.expected):
            one = found[0]
            message = (
                f"OP {self.op} was used for another command: {printable(one.path)}"
            )
            raise Usage(f"{message} by {printable(one.seat)}; give a new one")
        return tuple(mine)


def posts_by_op(
    feed: Snapshot, op: str, since: FeedTree | None = None
) -> tuple[Post | Note, ...]:
    """The posts and notes in `feed` that carry `op`, in the order of their paths.

    With `since`, an earlier tree of the same feed, only what was added after it.
    """
    before = since or FeedTree(feed.tree.store, None, feed.tree.folder)
    return tuple(_with(feed, op, before))


def _with(feed: Snapshot, op: str, before: FeedTree) -> Iterator[Post | Note]:
    wanted = op.encode()
    for change in changes(before, feed.tree):
        if not change.new or change.new.mode != PLAIN:
            continue
        # Most posts are another's: their bytes say so, and need not be parsed.
        data = feed.tree.content(change.new, change.path)
        found = feed.post_or_note(change.path) if wanted in data else None
        if isinstance(found, Post | Note) and found.fields.get("OP") == op:
            yield found
