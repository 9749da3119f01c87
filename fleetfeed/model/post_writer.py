"""A new post for an item: number, epoch and repairs as the item needs them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from fleetfeed.model import layout
from fleetfeed.model.fields import SPECS
from fleetfeed.model.item import FIRST_WRITTEN, Item, apply_post
from fleetfeed.model.post import Value
from fleetfeed.model.post_reader import read_fields, read_post
from fleetfeed.model.yaml.writer import dump
from fleetfeed.util.records import record


@record
class Draft:
    """A post or note to be written: its path in the feed, and its text."""

    path: str
    text: str


def draft(item: Item, given: Mapping[str, Value]) -> Draft:
    """The next post of `item` with the fields `given`.

    EPOCH is added from 2 on, where it is not given: the epoch that the item will have.
    REPAIRS is added where the newest post cannot be read.
    """
    fields: dict[str, Value] = {**given, "ITEM": item.id}
    if item.unreadable:
        fields.setdefault("REPAIRS", str(item.unreadable[-1]))
    path = layout.post_path(item.id, item.newest + 1)
    epoch = following(item, Draft(path, _text(fields))).epoch
    if epoch >= FIRST_WRITTEN:
        fields.setdefault("EPOCH", str(epoch))
    return Draft(path, _text(fields))


def following(item: Item, post: Draft) -> Item:
    """`item` after `post`; as it was, but for the number, where that is unreadable."""
    read = read_post(post.text.encode(), post.path, item.id, item.newest + 1)
    return apply_post(item, read)


def chain(
    item_of: Callable[[str], Item], posts: Iterable[tuple[str, Mapping[str, Value]]]
) -> Iterator[tuple[Item, Draft]]:
    """Several posts, each an item and its fields: the item before it, and the draft.

    A later post of an item stands upon the earlier ones.
    """
    known: dict[str, Item] = {}
    for item, given in posts:
        before = known.get(item) or item_of(item)
        made = draft(before, given)
        known[item] = following(before, made)
        yield before, made


def note(given: Mapping[str, Value], token: str) -> Draft:
    """A note with the fields `given`, SEAT and AT among them.

    `token` are some hexadecimal digits that no other note of that second has.
    """
    seat, at = str(given["SEAT"]), str(given["AT"])
    return Draft(layout.note_path(seat, at, token), _text(given))


def renumbered(text: bytes, was: str, now: str) -> bytes | None:
    """The text of a post of the item `was` as one of `now`.

    None where it does not say its ITEM in a line of its own, as every writer here does.
    """
    said, says = (b"ITEM: %b\n" % item.encode() for item in (was, now))
    return text.replace(said, says) if text.count(said) == 1 else None


def as_read(given: Mapping[str, Value]) -> Mapping[str, Value]:
    """The fields `given` as a reader gets them back: an empty list says nothing."""
    read = read_fields(_text(given).encode())
    return given if read is None else read


def _text(fields: Mapping[str, Value]) -> str:
    """The post as YAML, known fields first and in their order."""
    own = [name for name in SPECS if name in fields and name != "BODY"]
    others = [name for name in fields if name not in SPECS]
    last = ["BODY"] if "BODY" in fields else []
    return dump((name, fields[name]) for name in (*own, *others, *last))
