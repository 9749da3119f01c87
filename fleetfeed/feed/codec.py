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
    said = (
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
    return json.dumps(said, separators=(",", ":"))


def item_from_text(text: str) -> Item:
    """The item that `text_of` made `text` of."""
    said = json.loads(text)
    return Item(
        id=said[0],
        newest=said[1],
        state=State(said[2]) if said[2] else None,
        seat=said[3],
        filer=said[4],
        owner=said[5],
        holder=said[6],
        epoch=said[7],
        subject=said[8],
        keys=_keys(said[9]),
        ever_held=frozenset(map(tuple, said[10])),
        lease=said[11],
        unreadable=tuple(said[12]),
        unreadable_keys=_keys(said[13]),
        kept=tuple((n, v if isinstance(v, str) else tuple(v)) for n, v in said[14]),
    )


def _keys(texts: Iterable[str]) -> tuple[SurfaceKey, ...]:
    return tuple(map(SurfaceKey.of, texts))
