"""An item as one line of text and back: what is remembered of it between commands.

Whoever changes what an item is, or how posts are read and folded, gives `MEANING` the
next number: what was remembered under another is not read.
"""

import json
from collections.abc import Iterable

from fleetfeed.model.item import Item, Renewal
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

MEANING = 10
"""Which rules a remembered item was read and folded by."""


def item_to_text(item: Item) -> str:
    """`item` as one line of ASCII: the values of its fields, in their order."""
    row = [getattr(item, name) for name in Item.__match_args__]
    return json.dumps(row, separators=(",", ":"), default=_plain)


def _plain(value: State | SurfaceKey | Renewal | frozenset[tuple[str, ...]]) -> object:
    """What JSON has no form of its own for, as text or as a list."""
    if isinstance(value, State):
        return value.value
    if isinstance(value, Renewal):
        return value.seat, value.owner, value.lease, value.at
    return value.text if isinstance(value, SurfaceKey) else sorted(value)


def item_from_text(text: str) -> Item:
    """The item that `item_to_text` made `text` of."""
    row = dict(zip(Item.__match_args__, json.loads(text), strict=True))
    row["state"] = State(row["state"]) if row["state"] else None
    row["keys"] = _keys(row["keys"])
    row["unreadable_keys"] = _keys(row["unreadable_keys"])
    row["ever_held"] = frozenset(map(tuple, row["ever_held"]))
    row["apart_from"] = tuple(row["apart_from"])
    row["renewals"] = tuple(Renewal(*each) for each in row["renewals"])
    row["unreadable"] = tuple(row["unreadable"])
    kept = row["kept"]
    row["kept"] = tuple((n, v if isinstance(v, str) else tuple(v)) for n, v in kept)
    return Item(**row)


def _keys(texts: Iterable[str]) -> tuple[SurfaceKey, ...]:
    return tuple(map(SurfaceKey.of, texts))
