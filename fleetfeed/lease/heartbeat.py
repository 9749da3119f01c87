"""Beats: a holder's signs of life that leave no post behind.

A beat moves `refs/fleetfeed/beats/<ITEM>` to one of two small objects, which are made
from the item, its epoch, and the OP of the post that began the holding. They take
turns, since moving a ref to where it is already is no push. Everyone knows both
beforehand, so a ref's value alone tells whether it is a beat of the present holder.

A beat counts by its stamp. Behind our hook a server may ask another, and that may let
nobody move a ref back (Gitolite's `RW`). So whether the ref has moved does not tell:
our hook says that it has heard a beat, in a line that is written and read here.
"""

from collections.abc import Iterable

from fleetfeed.feed.objects import object_id
from fleetfeed.model import names
from fleetfeed.model.item import Item

A_LEASE = 3
"""Beats in a lease, so that two may fail."""

BEATS = "refs/fleetfeed/beats/"
"""Below this lie the refs of all items' beats."""


def beat_ref(item: str) -> str:
    """The ref of an item's beats."""
    return f"{BEATS}{item}"


def item_of_ref(ref: str) -> str | None:
    """The item whose beats `ref` carries, None where it is no such ref."""
    name = ref.removeprefix(BEATS)
    return name if ref.startswith(BEATS) and names.parse(name) else None


def beats(item: Item) -> tuple[bytes, bytes]:
    """The two objects that an item's beats take turns in, in its present holding."""
    head = f"ITEM: {item.id}\nEPOCH: {item.epoch}\nOP: {item.op or '-'}\n"
    return f"{head}BEAT: 0\n".encode(), f"{head}BEAT: 1\n".encode()


def beat_ids(item: Item, digits: int) -> tuple[str, ...]:
    """The ids of `beats`, in a repository whose ids have so many digits."""
    return tuple(object_id("blob", data, digits) for data in beats(item))


def heard(item: Item) -> str:
    """What a server's hook remarks on a beat that it has stamped; more may follow."""
    return f"heard {item.id} at epoch {item.epoch}"


def is_heard(item: Item, words: Iterable[str]) -> bool:
    """Whether a server's hook says in `words` that it has stamped a beat of `item`."""
    remark = f"fleetfeed: {heard(item)} "
    return any(f"{word} ".startswith(remark) for word in words)
