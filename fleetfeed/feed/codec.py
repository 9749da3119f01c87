"""An item as one line of text and back: what is remembered of it between commands.

Whoever changes what an item is, or how posts are read and folded, gives `MEANING` the
next number: what was remembered under another is not read.
"""

import json
from collections.abc import Iterable

from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

MEANING = 2
"""Which rules a remembered item was read and folded by."""


def item_to_text(item: Item) -> str:
    """`item` as one line of ASCII."""
    row = (
        item.id,
        item.newest,
        item.state.value if item.state else None,
        item.seat,
        item.filer,
        item.owner,
        item.holder,
        item.epoch,
        item.subject,
        [key.text for key in item.keys],
        sorted(item.ever_held),
        item.lease,
        item.unreadable,
        [key.text for key in item.unreadable_keys],
        item.kept,
    )
    return json.dumps(row, separators=(",", ":"))


def item_from_text(text: str) -> Item:
    """The item that `item_to_text` made `text` of."""
    row = json.loads(text)
    return Item(
        id=row[0],
        newest=row[1],
        state=State(row[2]) if row[2] else None,
        seat=row[3],
        filer=row[4],
        owner=row[5],
        holder=row[6],
        epoch=row[7],
        subject=row[8],
        keys=_keys(row[9]),
        ever_held=frozenset(map(tuple, row[10])),
        lease=row[11],
        unreadable=tuple(row[12]),
        unreadable_keys=_keys(row[13]),
        kept=tuple((n, v if isinstance(v, str) else tuple(v)) for n, v in row[14]),
    )


def _keys(texts: Iterable[str]) -> tuple[SurfaceKey, ...]:
    return tuple(map(SurfaceKey.of, texts))
