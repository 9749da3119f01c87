"""An item on the command line: how one is named, and how one is shown."""

from fleetfeed.cli.context import printable
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import Item
from fleetfeed.util.printable import shown


def known_item(text: str) -> str:
    """`text` where it spells an item rightly; Usage with the right spelling if not."""
    if names.parse(text):
        return text
    right = names.meant(text)
    hint = f"; write {right}" if right else " such as CMB-1438"
    raise Usage(f"{shown(text)} is no item{hint}")


def row(item: Item) -> str:
    """An item as `item=… state=… owner=… surface=…`; `-` stands for nothing.

    Programs read it, and a resting post may have recorded a key of any shape: what
    parts words and keys is escaped in a key.
    """
    keys = ",".join(_one_word(key.text) for key in item.held or item.keys)
    state = item.state.value if item.state else "UNREADABLE"
    fields = {"item": item.id, "state": state, "owner": _owner(item), "surface": keys}
    return " ".join(f"{name}={printable(said) or '-'}" for name, said in fields.items())


def _one_word(key: str) -> str:
    return "".join(f"\\x{ord(ch):02x}" if ch in " ,=\\" else ch for ch in key)


def item_json(item: Item) -> dict[str, object]:
    """An item for a program; the shape is documented in docs/commands.md."""
    return {
        "item": item.id,
        "state": item.state.value if item.state else None,
        "owner": _owner(item),
        "filer": item.filer,
        "holder": item.holder,
        "epoch": item.epoch,
        "subject": item.subject,
        "surface": [str(key) for key in item.keys],
        "held": [str(key) for key in item.held],
        "posts": item.newest,
        "unreadable": list(item.spoiled),
        "lease": item.lease,
    }


def _owner(item: Item) -> str:
    return item.holder or item.owner
