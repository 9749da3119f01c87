"""Whether a command has been done already: all that decides it.

A command carries an OP, and so does every post that it writes. Run again under the same
OP, by hand or after a try that nobody confirmed, it must find its own posts and write
none a second time; it must not take another command's posts for its own; and it must
not call a claim its own that has changed hands since.
"""

import os
import time
from collections.abc import Callable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.base import Ledger, Tip
from fleetfeed.ledger.contract import Fields, Ok
from fleetfeed.model import names
from fleetfeed.model.errors import NoLongerYours, Refused, Usage
from fleetfeed.model.item import Item, fold
from fleetfeed.model.liveness import Lapse, Sign
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Note, Post, State
from fleetfeed.model.post_writer import as_read
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record
from fleetfeed.writing.request import Drafts, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

Plan = Callable[[Snapshot], Drafts]
"""From the feed as it is to the posts to be written.

It is asked anew at every tip. It raises where the feed answers the question already
(Refused, Held, NoLongerYours).
"""

_EACH_RUN = ("AT", "OP")
"""Fields that another run of the same command writes differently, or is found by."""


def utc_now() -> str:
    """AT of a post that is written now."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def new_op() -> str:
    """An OP that no other command has."""
    return os.urandom(8).hex()


@record
class ExpectedPost:
    """One post that a command writes, as far as the command alone says what it is.

    `fields` are those that it has, () for one that it has not; `prefix` is that of a
    new item, whose first post it is; `later` says that it is no item's first post.
    `instead` are fields that it may have in the place of its own.
    """

    fields: Fields
    prefix: str = ""
    later: bool = False
    instead: Fields = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        request: Request,
        known: Fields,
        *,
        prefix: str = "",
        later: bool = False,
        instead: Fields | None = None,
    ) -> "ExpectedPost":
        """The post that is asked for, with the fields `known` too."""
        fields = {**request.fields, **known}
        kept = {name: v for name, v in fields.items() if name not in _EACH_RUN}
        return cls(kept, prefix, later, instead or {})

    def is_(self, post: Post | Note) -> bool:
        """Whether `post` can be the one. Values are compared as they are read back."""
        ways = (self.fields, {**self.fields, **self.instead})
        if not any(_has(post, fields) for fields in ways):
            return False
        return not isinstance(post, Post) or self._at(post)

    def _at(self, post: Post) -> bool:
        known = names.parse(post.item)
        if self.prefix:
            first = known if post.number == 1 else None
            return first is not None and first.prefix == self.prefix
        return post.number > 1 or not self.later


def _has(post: Post | Note, fields: Fields) -> bool:
    left_out = [name for name, value in fields.items() if value == ()]
    read = {**as_read(fields), **dict.fromkeys(left_out, ())}
    return all(post.fields.get(name, ()) == value for name, value in read.items())


@record
class WriteRequest:
    """A command's write: its `op`, the plan that makes its posts, and what they are.

    `fresh` says that no earlier run can have written under this op. `expected` are the
    posts, the one that was asked for first; none where anything under the op is meant.
    `watched` are the items that the writer itself has seen lapse. `own` are those that
    it takes for its own, without a word of their epochs. `approvals` are lines by which
    stewards agree to it. `newest` says that the plan is to be asked at the newest tip
    alone: what it makes of an older one could be taken, and would not be what is meant.
    `takes_any` says that it takes one of what awaits its claim, and any will do.
    `meanwhile` is called, maybe, while a try is on its way: there is time for it.
    """

    op: str
    plan: Plan
    fresh: bool = True
    expected: tuple[ExpectedPost, ...] = ()
    watched: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    newest: bool = False
    takes_any: bool = False
    meanwhile: Callable[[], None] | None = None

    @property
    def at_a_glimpse(self) -> bool:
        """Whether the plan may be asked at the tip as it was read last."""
        return self.fresh and not (self.newest or self.takes_any or self.watched)

    @property
    def prefix(self) -> str:
        """That of its new item whose number the feed chooses; empty: there is none.

        Nor where others have agreed to it as it is.
        """
        prefixes = (e.prefix for e in self.expected if not self.approvals)
        return next(filter(None, prefixes), "")

    def signs(self, item: str) -> Sign:
        """What the writer itself knows of a lapse."""
        return Lapse.LAPSED if item in self.watched else Lapse.UNKNOWN

    @property
    def seat(self) -> str:
        """Who asks; empty where no expected post says it."""
        return str(self.expected[0].fields.get("SEAT", "")) if self.expected else ""

    def matched(self, found: tuple[Post | Note, ...]) -> tuple[Post | Note, ...]:
        """The posts `found` under this op, in the order of `expected`.

        Usage where they are not these posts and no others.
        """
        if not self.expected:
            return found
        left, mine = list(found), list[Post | Note]()
        for expected in self.expected:
            hit = next((post for post in left if expected.is_(post)), None)
            if hit is not None:
                left.remove(hit)
                mine.append(hit)
        if left or len(mine) < len(self.expected):
            where, who = printable(found[0].path), printable(found[0].seat)
            message = f"OP {self.op} was used for another command: {where} by {who}"
            raise Usage(f"{message}; give a new one")
        return tuple(mine)


def earlier_run(
    ledger: Ledger, tip: Tip, request: WriteRequest, since: FeedTree | None = None
) -> Ok | None:
    """The answer where the posts of `request` are at `tip` already.

    With `since`, an earlier feed, only what was added after that is looked at.
    """
    found = tip.feed.posts_by_op(request.op, since)
    if not found:
        return None
    posts = request.matched(found)
    path = posts[0].path.removeprefix(f"{tip.feed.tree.folder}/")
    commit, remark = ledger.commit_of(tip, path), ledger.brought_up(tip)
    return Ok(commit, posts, tip.feed, again=True, remark=remark, newest=tip.commit)


def require_still_held(ok: Ok, seat: str) -> None:
    """Raise where what an earlier run took for `seat` is not held any more.

    NoLongerYours where it has changed hands, Refused where it was let go since.
    """
    for post in ok.posts if ok.again else ():
        if not _is_in_progress(post):
            continue
        posts = ok.feed.posts(post.item)
        then = fold(post.item, (p for p in posts if p.number <= post.number))
        now = ok.feed.item(post.item)
        if not acts_as(seat, then.holder):
            continue  # a handoff, say: it was never to be this seat's
        if now.epoch != then.epoch:
            raise NoLongerYours(now.id, now.epoch, now.holder)
        later = (p for p in posts if p.number > post.number)
        gone = next((p for p in later if not _is_in_progress(p)), None)
        if gone:
            message = f"an earlier run of this command claimed {now.id}, and post"
            todo = "claim it again, without --op"
            raise Refused(f"{message} {gone.number} let it go since; {todo}")


def _is_in_progress(post: object) -> "TypeGuard[Post]":
    return isinstance(post, Post) and post.state is State.IN_PROGRESS


def gone_on_since(ok: Ok) -> Iterator[tuple[Post, Item]]:
    """The posts of an earlier run whose items have later ones, and the items now."""
    for post in ok.posts if ok.again else ():
        if isinstance(post, Post):
            now = ok.feed.item(post.item)
            if now.newest > post.number:
                yield post, now
