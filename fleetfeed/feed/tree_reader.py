"""From a feed's tree to what stands in it: posts, and items folded from them.

Readings are remembered by what was read, and only the latest, since a feed has more
posts than memory should hold.
"""

from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

from fleetfeed.feed.objects import MODES, PLAIN, Entry
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.item import Item, fold
from fleetfeed.model.post import Post, Unreadable
from fleetfeed.model.post_reader import read_post

_TOGETHER = 100
"""Items whose objects are asked for together."""


def together(
    tree: FeedTree, folders: Mapping[str, Entry]
) -> Iterator[tuple[str, Entry]]:
    """`folders`, items' ids and where their posts lie: for who reads all of them.

    The store is told what is read next (see `Store.expect`), a hundred items at a time.
    """
    items = tuple(folders.items())
    for at in range(0, len(items), _TOGETHER):
        some = items[at : at + _TOGETHER]
        tree.expect(folder for _, folder in some)
        rows = [tree.below(folder, layout.item_folder(id_)) for id_, folder in some]
        tree.expect(row for found in rows for row in found if _is_post(row))
        yield from some


def _is_post(row: Entry) -> bool:
    return row.mode == PLAIN and layout.post_number(row.name) is not None


def read_item(tree: FeedTree, item: str, folder: Entry) -> Item:
    """The item whose posts lie in `folder`."""
    rows = tree.below(folder, layout.item_folder(item))
    return fold(item, read_posts(tree, item, rows))


def read_posts(
    tree: FeedTree,
    item: str,
    rows: tuple[Entry, ...],
    only: Container[int] | None = None,
) -> tuple[Post | Unreadable, ...]:
    """The posts among `rows`, the item's folder, in order: all, or those in `only`."""
    posts = []
    for row in rows:
        number = layout.post_number(row.name)
        if number is not None and (only is None or number in only):
            path = f"{layout.item_folder(item)}/{row.name}"
            posts.append(post_at(tree, item, number, path, row))
    return tuple(sorted(posts, key=lambda post: post.number))


def post_at(
    tree: FeedTree, item: str, number: int, path: str, entry: Entry
) -> Post | Unreadable:
    """The post `number` of `item`, from the file `entry` at `path`."""
    shown = tree.display_path(path)
    if entry.mode != PLAIN:
        return Unreadable(shown, item, number, (), (not_plain(entry, shown),))
    return _reading(tree.content(entry, path), shown, item, number)


@lru_cache(maxsize=1000)
def _reading(data: bytes, path: str, item: str, number: int) -> Post | Unreadable:
    """`read_post`: both sides of a comparison hold nearly the same posts."""
    return read_post(data, path, item, number)


def not_plain(entry: Entry, path: str) -> Finding:
    """The finding that `entry` is no plain file."""
    kind = MODES.get(entry.mode, f"entry of mode {entry.mode:o}")
    return finding("FF021", Place(path), f"a {kind} is no post; commit a plain file")
