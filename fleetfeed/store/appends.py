"""The contract of a store, kept over any ledger."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from fleetfeed.draft import Draft, chain
from fleetfeed.errors import Usage
from fleetfeed.item import Item
from fleetfeed.post import Note, Post
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.contract import Append, Conflict, Fields, NotFound, Ok
from fleetfeed.store.intent import Intent
from fleetfeed.store.ledger import Ledger
from fleetfeed.store.patience import Patience
from fleetfeed.store.writing import write


class FeedStore:
    """A store over `ledger`. Each call gives up after the seconds of `patience`."""

    def __init__(self, ledger: Ledger, patience: Patience | None = None) -> None:
        """`patience` is 30 s where it is left out."""
        self.ledger = ledger
        self.patience = patience or Patience()

    def read(self) -> Snapshot:
        """The newest feed. CannotTell where it cannot be had."""
        return self.ledger.read(self.patience.seconds).feed

    def append_if_match(
        self, item: str, expected: int, post: Fields
    ) -> Ok | Conflict | NotFound:
        """See Store."""
        return self.append_all([Append(item, expected, post)])

    def append_all(self, appends: Sequence[Append]) -> Ok | Conflict | NotFound:
        """See Store. The OP of the first post, where it has one, is that of all."""
        op = str(appends[0].post.get("OP") or secrets.token_hex(8))

        def plan(feed: Snapshot) -> tuple[Draft, ...]:
            return drafts(feed, appends, op)

        fresh = "OP" not in appends[0].post
        given = {**appends[0].post, "ITEM": appends[0].item}
        intent = Intent(op, plan, fresh=fresh, given=given)
        try:
            ended = write(self.ledger, intent, self.patience)
        except _NoMatch as error:
            return error.answer
        return _as_asked(appends, ended, op) if ended.again else ended


class _NoMatch(Exception):
    """Ends a write with an answer of the contract."""

    def __init__(self, answer: Conflict | NotFound) -> None:
        super().__init__()
        self.answer = answer


def drafts(feed: Snapshot, appends: Sequence[Append], op: str) -> tuple[Draft, ...]:
    """The posts of `appends`, one upon the other."""
    made = []
    posts = ((each.item, {**each.post, "OP": op}) for each in appends)
    for each, (before, post) in zip(appends, chain(feed.item, posts), strict=True):
        if before.newest != each.expected:
            raise _NoMatch(_answer(before))
        made.append(post)
    return tuple(made)


def _as_asked(appends: Sequence[Append], ended: Ok, op: str) -> Ok:
    """`ended`, whose posts were found by their OP, with those of `appends` in order.

    Usage where it is not these posts and no others that were found.
    """
    left = list(ended.posts)
    posts = []
    for each in appends:
        found = next((post for post in left if _is(post, each)), None)
        if found is None:
            break
        left.remove(found)
        posts.append(found)
    if left or len(posts) < len(appends):
        said = f"--op {op} was used for another command: {shown(ended.post.path)}"
        raise Usage(f"{said}; leave OP out, or give a new one")
    return replace(ended, posts=tuple(posts))


def _is(post: Post | Note, asked: Append) -> bool:
    """Whether `post` says what `asked` does. An empty list is not written at all."""
    said = {name: value for name, value in asked.post.items() if name != "OP"}
    same = all(post.fields.get(name, ()) == value for name, value in said.items())
    return post.item == asked.item and same


def _answer(item: Item) -> Conflict | NotFound:
    if not item.newest:
        return NotFound(item.id)
    return Conflict(item.id, item.newest, item.holder)
