"""Beats: a holder's signs of life that leave no post behind.

A beat moves `refs/fleetfeed/beats/<ITEM>` to the next of four small objects, which are
made from the item, its epoch, and the OP of the post that began the holding. They take
turns, since moving a ref to where it is already is no push. Everyone knows all of them
beforehand, so a ref's value alone tells whether it is a beat of the present holder.

Whoever looks now and then must see that there were beats. Two objects would show every
second one as none, and of two who beat for one holder nothing at all. With four, three
beats between two looks are seen; and nobody sends more than three in a third of a lease
(`apart`), however often it is asked to.

Where the policy wants signatures, everyone could make them, too. There a beat is a text
of the same holding with a number that only grows, which its holder has signed: a beat
that was seen before is none.

A beat counts by its stamp. Behind our hook a server may ask another, and that may let
nobody move a ref back (Gitolite's `RW`). So whether the ref has moved does not tell:
our hook says that it has heard a beat, in a line that is written and read here.
"""

import re
from collections.abc import Iterable

from fleetfeed.feed.objects import object_id
from fleetfeed.model import names
from fleetfeed.model.item import Item

A_LEASE = 3
"""Beats in a lease, so that two may fail."""

ENDLESS = 600.0
"""Seconds between two beats under a lease without end: to hear of a loss."""

VALUES = 4
"""The objects that take turns. All that beats leave behind: so they are few."""

BEATS = "refs/fleetfeed/beats/"
"""Below this lie the refs of all items' beats."""


def beat_ref(item: str) -> str:
    """The ref of an item's beats."""
    return f"{BEATS}{item}"


def item_of_ref(ref: str) -> str | None:
    """The item whose beats `ref` carries, None where it is no such ref."""
    name = ref.removeprefix(BEATS)
    return name if ref.startswith(BEATS) and names.parse(name) else None


def apart(every: float) -> float:
    """The seconds between two beats, at the least, where `every` are those at the most.

    So whoever looks in that time, a third of a lease, sees that there was one.
    """
    return every / (VALUES - 1)


def beats(item: Item) -> tuple[bytes, ...]:
    """The objects that an item's beats take turns in, in its present holding."""
    return tuple(_beat(item, number) for number in range(VALUES))


def _beat(item: Item, number: int) -> bytes:
    holding = f"ITEM: {item.id}\nEPOCH: {item.epoch}\nOP: {item.op or '-'}\n"
    return f"{holding}BEAT: {number}\n".encode()


def beat_ids(item: Item, digits: int) -> tuple[str, ...]:
    """The ids of `beats`, in a repository whose ids have so many digits."""
    return tuple(object_id("blob", data, digits) for data in beats(item))


_SIGNED = b"fleetfeed beat\n"
"""What a signed beat begins with: a signature is for one kind of text alone."""

_MOST_DIGITS = 18
"""The digits of a beat's number: SQLite knows such numbers, and so does everybody."""


def signed_beat(item: Item, number: int) -> bytes:
    """What is signed as the beat `number` of an item, in its present holding."""
    return _SIGNED + _beat(item, number)


def beat_number(item: Item, text: bytes) -> int | None:
    """The number of a beat of the present holding, by the text that was signed.

    None where it is another holding's, or not such a text.
    """
    digits = text.rpartition(b"BEAT: ")[2].strip()
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    number = int(digits)
    return number if text == signed_beat(item, number) else None


def heard(item: Item) -> str:
    """What a server's hook remarks on a beat that it has stamped; more may follow."""
    return f"heard {item.id} at epoch {item.epoch}"


def is_heard(item: Item, words: Iterable[str]) -> bool:
    """Whether a server's hook says in `words` that it has stamped a beat of `item`."""
    remark = f"fleetfeed: {heard(item)} "
    return any(f"{word} ".startswith(remark) for word in words)


def beyond(item: Item, last: int) -> str:
    """What a server says of a beat of `item` that is not after the beat `last`."""
    return f"the last one of {item.id} that was heard is {last}"


def last_heard(item: Item, words: Iterable[str]) -> int | None:
    """The number of the last beat of `item` that a server's hook speaks of."""
    said = re.escape(beyond(item, 0).removesuffix("0"))
    numbers = (re.search(rf"{said}(\d{{1,{_MOST_DIGITS}}})\b", word) for word in words)
    return next((int(found[1]) for found in numbers if found), None)
