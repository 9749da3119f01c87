"""The store as programs see it: posts appended on a condition, over any ledger.

`ledger/contract.py` says what a store promises. `transaction` is the one loop that
keeps the promise (read, judge, swap, and again) over a `Ledger`, which only reads a tip
and moves it by compare-and-set. What a program needs to begin is imported from here.
"""

from collections.abc import Callable, Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Ledger
from fleetfeed.ledger.contract import Append, Conflict, Fields, NotFound, Ok, Store
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.model import names
from fleetfeed.model.errors import FleetfeedError, Usage
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Sign, no_signs
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import chain
from fleetfeed.util.printable import printable
from fleetfeed.writing.idempotency import ExpectedPost, WriteRequest, new_op
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import first_post, known_prefix

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

    def open(self) -> tuple[Item, ...]:
        """The items that are not over, in the order of their ids, as they are now."""
        return self.read().open

    def reserve(self, prefix: str, post: Fields) -> Ok:
        """File a new item of `prefix`, under a number that nobody else is given.

        `post` is its first one; its STATE is AWAITING_CLAIM where it names none. Raises
        as `append_if_match`.
        """
        known = known_prefix(prefix)
        given = {"STATE": State.AWAITING_CLAIM.value, **post}
        state = _state(given)

        def plan(feed: Snapshot, request: Request) -> Drafts:
            return first_post(feed, known, state, request)

        return self._landed(given, plan, prefix=known)

    def next(self, post: Fields, lane: str | None = None) -> Ok:
        """Take the item up that is next for the seat of `post`, and of `lane` only.

        That is by priority, and then the oldest that awaits its claim, depends on
        nothing that is not done, and whose surface is free. When another is quicker,
        it is the one after it. NothingReady where there is none; else raises as
        `append_if_match`.
        """
        from fleetfeed.writing.next_item import next_ready  # late: with it the judge

        given = {**post, "STATE": State.IN_PROGRESS.value}

        def plan(feed: Snapshot, request: Request) -> Drafts:
            return next_ready(feed, lane, request)

        return self._landed(given, plan, later=True)

    def lease(self, item: str) -> Sign:
        """Whether the lease of `item` runs: Alive, Lapse.LAPSED, or Lapse.UNKNOWN.

        It is not known where the ledger does not keep the time.
        """
        tip = self.ledger.read(self.retry.seconds)
        return (self.ledger.signs(tip) or no_signs)(item)

    def beat(self, item: Item) -> bool:
        """A sign of life of whoever holds `item`, as it was read: whether it counts.

        False where the lease is over, or another has the item: a post renews it, if
        nobody has taken over. CannotTell where nothing was heard; Usage where a beat is
        not this ledger's business, which keeps no time.
        """
        beat = getattr(self.ledger, "beat", None)
        if beat is None:
            kind = type(self.ledger).__name__
            raise Usage(f"{kind} keeps no time of leases; renew by a post")
        return bool(beat(item, self.retry.seconds))

    def _landed(
        self,
        given: Fields,
        plan: Callable[[Snapshot, Request], Drafts],
        *,
        prefix: str = "",
        later: bool = False,
    ) -> Ok:
        """Land the post that `plan` makes of `given`, for an item that it chooses."""
        _must_be_texts(given)
        if "SEAT" not in given:
            raise Usage("a post has a SEAT; say who asks")
        op = str(given.get("OP") or new_op())
        fields = {n: value for n, value in given.items() if n not in ("STATE", "OP")}
        request = Request({**fields, "OP": op})
        kept = {name: v for name, v in given.items() if name not in ("OP", "AT")}
        expected = (ExpectedPost(kept, prefix, later),)

        def planned(feed: Snapshot) -> Drafts:
            return plan(feed, request)

        fresh = "OP" not in given
        asked = WriteRequest(op, planned, fresh, expected, takes_any=later)
        return write(self.ledger, asked, self.retry)

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
    _must_be_texts(each.post)


def _must_be_texts(post: Fields) -> None:
    for name, value in post.items():
        texts = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(text, str) for text in texts):
            raise Usage(f"{printable(name)} is neither a text nor a tuple of texts")
        if not all(map(_is_utf8, texts)):
            raise Usage(f"{printable(name)} has half a character, which is no UTF-8")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _state(post: Fields) -> State:
    """The STATE of `post`; Usage where it is none."""
    try:
        return State(post["STATE"])
    except ValueError as error:
        known = ", ".join(state.value for state in State)
        said = printable(str(post["STATE"]))
        raise Usage(f"{said} is no STATE; the states are {known}") from error


class _NoMatch(FleetfeedError):
    """Ends a write with an answer of the contract."""

    def __init__(self, found: Conflict | NotFound) -> None:
        super().__init__(f"{found.item} is at another post")
        self.found = found


def _drafts(feed: Snapshot, appends: Sequence[Append], op: str) -> Drafts:
    """The posts of `appends`, one upon the other."""
    made = []
    feed.expect(each.item for each in appends)
    posts = ((each.item, {**each.post, "OP": op}) for each in appends)
    for each, (before, post) in zip(appends, chain(feed.item, posts), strict=True):
        if before.newest != each.expected:
            other = Conflict(before.id, before.newest, before.holder)
            raise _NoMatch(other if before.newest else NotFound(before.id))
        made.append(post)
    return tuple(made)
