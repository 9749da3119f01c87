"""The number of a new item that the feed chooses: another would do as well.

A server's queue gives it the next free one where another writer was first. What is
signed nobody else can change: then the writer is told one, and writes it anew.
"""

import re
from collections.abc import Iterable

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import NEXT_FREE
from fleetfeed.model import layout
from fleetfeed.model.layout import PostPath
from fleetfeed.model.post_writer import Draft, renumbered
from fleetfeed.writing.request import Drafts

_FREE = re.compile(rf"{NEXT_FREE}([A-Z0-9]+-[0-9]+)")


def told_number(words: Iterable[str]) -> str:
    """The number that a queue's `words` give to who reads them; empty: none."""
    found = (_FREE.search(word) for word in words)
    return next((each[1] for each in found if each), "")


def new_item(paths: Iterable[str], prefix: str) -> str:
    """The item of `prefix` whose first post is among `paths`; empty where none is."""
    places = (layout.classify(path) for path in paths)
    first = (p.item for p in places if isinstance(p, PostPath) and p.number == 1)
    return next((item for item in first if item.startswith(f"{prefix}-")), "")


def numbered(drafts: Drafts, prefix: str, now: str, feed: Snapshot) -> Drafts:
    """`drafts`, with the number `now` for the new item of `prefix`, if that is free."""
    was = new_item((each.path for each in drafts), prefix)
    if not (was and now.startswith(f"{prefix}-")) or feed.item(now).newest:
        return drafts
    return tuple(_under(each, was, now) for each in drafts)


def _under(draft: Draft, was: str, now: str) -> Draft:
    """The first post of `was` as that of `now`; any other post as it is."""
    first = draft.path == layout.post_path(was, 1)
    text = renumbered(draft.text.encode(), was, now) if first else None
    return Draft(layout.post_path(now, 1), text.decode()) if text else draft
