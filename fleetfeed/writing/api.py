"""The store as programs see it: posts appended on a condition, over any ledger.

`ledger/contract.py` says what a store promises. `transaction` is the one loop that
keeps the promise (read, judge, swap, and again) over a `Ledger`, which only reads a tip
and moves it by compare-and-set. What a program needs to begin is imported from here.
"""

from collections.abc import Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Ledger
from fleetfeed.ledger.contract import Append, Conflict, Fields, NotFound, Ok, Store
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.model import names
from fleetfeed.model.errors import FleetfeedError, Usage
from fleetfeed.model.post_writer import chain
from fleetfeed.util.printable import printable
from fleetfeed.writing.idempotency import ExpectedPost, WriteRequest, new_op
from fleetfeed.writing.request import Drafts
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write

__all__ = [
    "Append", "Conflict", "FeedStore", "MemoryLedger", "NotFound", "Ok", "RetryPolicy",
    "Store",
]  # fmt: skip


class FeedStore:
    """A store over `ledger`. Each call gives up after the seconds of `retry`."""

    def __init__(self, ledger: Ledger, retry: RetryPolicy | None = None) -> None:
        """`retry` is 30 s where it is left out."""
        self.ledger = ledger
        self.retry = retry or RetryPolicy()

    def read(self) -> Snapshot:
        """The newest feed. CannotTell where it cannot be had."""
        return self.ledger.read(self.retry.seconds).feed

    def append_if_match(
        self, item: str, expected: int, post: Fields
    ) -> Ok | Conflict | NotFound:
        """See Store."""
        return self.append_all([Append(item, expected, post)])

    def append_all(self, appends: Sequence[Append]) -> Ok | Conflict | NotFound:
        """See Store. The OP of the first post, where it has one, is that of all."""
        for each in appends:
            _must_be_sound(each)
        if not appends:
            raise Usage("there is nothing to append")
        op = str(appends[0].post.get("OP") or new_op())
        if any(each.post.get("OP", op) != op for each in appends):
            raise Usage("the posts of one call have one OP")
        fresh = "OP" not in appends[0].post
        expected = tuple(ExpectedPost(_known(each)) for each in appends)
        request = WriteRequest(
            op, lambda feed: _drafts(feed, appends, op), fresh, expected
        )
        try:
            return write(self.ledger, request, self.retry)
        except _NoMatch as error:
            return error.found


def _known(each: Append) -> Fields:
    """The fields that every call for this post has alike."""
    kept = {name: value for name, value in each.post.items() if name != "OP"}
    return {**kept, "ITEM": each.item}


def _must_be_sound(each: Append) -> None:
    """Usage where a caller from outside gave what no post can be."""
    if names.parse(each.item) is None or each.expected < 0:
        item = printable(str(each.item))
        raise Usage(f"{item} after post {each.expected} is no item")
    for name, value in each.post.items():
        texts = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(text, str) for text in texts):
            raise Usage(f"{printable(name)} is neither a text nor a tuple of texts")


class _NoMatch(FleetfeedError):
    """Ends a write with an answer of the contract."""

    def __init__(self, found: Conflict | NotFound) -> None:
        super().__init__(f"{found.item} is at another post")
        self.found = found


def _drafts(feed: Snapshot, appends: Sequence[Append], op: str) -> Drafts:
    """The posts of `appends`, one upon the other."""
    made = []
    posts = ((each.item, {**each.post, "OP": op}) for each in appends)
    for each, (before, post) in zip(appends, chain(feed.item, posts), strict=True):
        if before.newest != each.expected:
            other = Conflict(before.id, before.newest, before.holder)
            raise _NoMatch(other if before.newest else NotFound(before.id))
        made.append(post)
    return tuple(made)
