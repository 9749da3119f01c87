"""What a store promises to whoever appends posts.

Of any number of callers that append to one item with the same `expected`, or claim one
surface, exactly one gets `Ok`. Nobody is told a wrong thing: what cannot be known is
raised, never guessed.
"""

from collections.abc import Mapping, Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.findings import Finding
from fleetfeed.model.post import Note, Post, Value
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # as in `ledger.base`

Fields = Mapping[str, Value]
"""A post's fields by name. ITEM, EPOCH and REPAIRS are filled in; OP where left out."""


@record
class Append:
    """One post for `item`; `expected` is the number of its newest post (0: new)."""

    item: str
    expected: int
    post: Fields


@record
class Ok:
    """The posts are on the feed ref, in `commit`; `feed` is the feed with them.

    `commit` is empty where a shallow clone cannot tell which brought them.

    `again` is true where they were there already: an earlier call with the same OP
    wrote them, and `feed` is at the commit `newest` by now. `tries` is how often the
    feed ref had to be asked for. `remark` is a sentence about the checkout, where there
    is something to say.
    """

    commit: str
    posts: tuple[Post | Note, ...]
    feed: Snapshot
    warnings: tuple[Finding, ...] = ()
    tries: int = 1
    again: bool = False
    remark: str = ""
    newest: str = ""

    @property
    def post(self) -> Post | Note:
        """The first of the posts."""
        return self.posts[0]


@record
class Conflict:
    """The item's newest post has another number; nothing was written.

    `holder` is who has the item (empty: nobody).
    """

    item: str
    newest: int
    holder: str


@record
class NotFound:
    """The item has no post, and one was expected; nothing was written."""

    item: str


class Store(Protocol):
    """A feed that posts can be appended to."""

    def append_if_match(
        self, item: str, expected: int, post: Fields
    ) -> Ok | Conflict | NotFound:
        """Append one post, if the item's newest post has the number `expected`.

        An unrelated move of the feed is retried inside, judged again. Raises Refused
        with the judge's findings, CannotTell where nothing could be written in time,
        and Unknown (one of these) where it cannot be told whether the post landed: the
        same call with the same OP finds it, or writes it. Usage where an OP is that of
        other posts, or what is given can be no post.
        """

    def append_all(self, appends: Sequence[Append]) -> Ok | Conflict | NotFound:
        """Append several posts at once, all or none.

        The first item that does not match answers for all. Raises as
        `append_if_match`.
        """
