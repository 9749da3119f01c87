"""A new post for an item: number, epoch and repairs as the item needs them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from fleetfeed import layout
from fleetfeed.item import Item, step
from fleetfeed.judge.epochs import FIRST_WRITTEN
from fleetfeed.post import Post, read_post
from fleetfeed.post.fields import SPECS
from fleetfeed.post.model import Value
from fleetfeed.strictyaml import dump


@dataclass(frozen=True, slots=True)
class Draft:
    """A post to be written: its path in the feed, and its text."""

    path: str
    text: str


def draft(item: Item, given: Mapping[str, Value]) -> Draft:
    """The next post of `item` with the fields `given`.

    EPOCH is added from 2 on: the epoch that the item will have.
    REPAIRS is added where the newest post cannot be read.
    """
    fields: dict[str, Value] = {"ITEM": item.id, **given}
    if item.spoiled:
        fields.setdefault("REPAIRS", str(item.spoiled[-1]))
    number = item.newest + 1
    path = layout.post_path(item.id, number)
    read = read_post(_text(fields).encode(), path, item.id, number)
    epoch = step(item, read).epoch if isinstance(read, Post) else 0
    if epoch >= FIRST_WRITTEN:
        fields["EPOCH"] = str(epoch)
    return Draft(path, _text(fields))


def _text(fields: Mapping[str, Value]) -> str:
    """The post as YAML, known fields first and in their order."""
    own = [name for name in SPECS if name in fields and name != "BODY"]
    others = [name for name in fields if name not in SPECS]
    last = ["BODY"] if "BODY" in fields else []
    return dump((name, fields[name]) for name in (*own, *others, *last))
