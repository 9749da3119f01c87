"""Which notes are about which item.

Only a note's text says that, and a feed has more notes than a command should read. So
it is remembered for each month's folder under its tree's id, and that of another tree
follows from the names that differ. No hook comes here: a note moves nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.feed.cache import TextStore
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, MalformedTree
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.layout import NotePath
from fleetfeed.model.post_reader import read_note
from fleetfeed.model.yaml.salvage import salvage
from fleetfeed.util.records import record

About = Mapping[str, tuple[str, ...]]
"""The names of a month's notes by the item that they are about, the oldest first."""

WORTH_KEEPING = 16
"""Notes that had to be read before an index is kept for the next command."""


@record
class _Month:
    """The index of a month's tree, and how many notes were read since one was kept."""

    id: str
    about: About
    cost: int = 0


class NoteIndex:
    """The notes of one feed by what they are about."""

    def __init__(self, months: Mapping[str, About]) -> None:
        """`months` are the indexes of the months by their folders, in order."""
        self._months = months

    def about(self, item: str) -> tuple[str, ...]:
        """The paths of the notes about `item`, the oldest first."""
        return tuple(
            f"{path}/{name}"
            for path, about in self._months.items()
            for name in about.get(item, ())
        )

    @property
    def items(self) -> frozenset[str]:
        """What there are notes about, whether it is there or not."""
        return frozenset().union(*self._months.values())

    @property
    def newest_items(self) -> frozenset[str]:
        """What the notes of the newest two months are about."""
        return frozenset().union(*tuple(self._months.values())[-2:])


class NoteMemory:
    """What is known of the notes' trees: in this process, and in a store."""

    def __init__(self, store: TextStore) -> None:
        """Nothing is read yet."""
        self._store = store
        self._latest: dict[str, _Month] = {}

    def index(self, tree: FeedTree, *, lasting: bool) -> NoteIndex:
        """The index of the notes in `tree`; it may be kept where that is to stay."""
        found = {}
        for path, folder in _months(tree):
            month = self._known(path, folder.id) or self._made(tree, path, folder)
            if lasting and month.cost >= WORTH_KEEPING:
                self._store.save_text(path, month.id, _to_text(month.about))
                month = _Month(month.id, month.about)
            if lasting:  # others may be in no store of the next tree's
                self._latest[path] = month
            found[path] = month.about
        return NoteIndex(found)

    def _known(self, path: str, id_: str) -> _Month | None:
        latest = self._latest.get(path)
        if latest and latest.id == id_:
            return latest
        about = _from_text(self._store.load_text(path, id_))
        return None if about is None else _Month(id_, about)

    def _made(self, tree: FeedTree, path: str, folder: Entry) -> _Month:
        """The index of a month that nobody remembers, by what differs from another."""
        rows = _below(tree, folder, path)
        for base in self._bases(path):
            try:
                was = frozenset(tree.below(Entry("", SUBTREE, base.id), path))
            except CannotTell:
                continue  # what is remembered may be gone
            gone = {row.name for row in was.difference(rows)}
            new = [row for row in rows if row not in was]
            about = _without(base.about, gone) if gone else base.about
            made = _joined(about, _read(tree, path, new))
            return _Month(folder.id, made, base.cost + len(new))
        return _Month(folder.id, _joined({}, _read(tree, path, rows)), len(rows))

    def _bases(self, path: str) -> Iterator[_Month]:
        if path in self._latest:
            yield self._latest[path]
        for id_, text in self._store.newest_texts(path):
            about = _from_text(text)
            if about is not None:
                yield _Month(id_, about)


def _months(tree: FeedTree) -> Iterator[tuple[str, Entry]]:
    """The folders of the months, in order."""
    there = _below(tree, tree.entry(layout.NOTES), layout.NOTES)
    for year, path in ((row, f"{layout.NOTES}/{row.name}") for row in there):
        for month in _below(tree, year, path):
            place = f"{path}/{month.name}"
            if month.mode == SUBTREE and not layout.misplaced_folder(place):
                yield place, month


def _below(tree: FeedTree, folder: Entry | None, path: str) -> tuple[Entry, ...]:
    """What lies in a folder; nothing where git itself cannot tell.

    `audit` says what is wrong there. It must not stop a claim, which needs no note.
    """
    try:
        return tree.below(folder, path)
    except MalformedTree:
        return ()


def _read(
    tree: FeedTree, path: str, rows: Iterable[Entry]
) -> Iterator[tuple[str, str]]:
    """What the notes among `rows` are about, and their names."""
    notes = [row for row in rows if row.mode == PLAIN]
    tree.expect(notes)
    for row in notes:
        place = f"{path}/{row.name}"
        kind = layout.classify(place)
        if isinstance(kind, NotePath):
            item = _item(tree.content(row, place), place, kind.seat)
            if item:
                yield item, row.name


def _item(data: bytes, path: str, seat: str) -> str:
    """What a note is about, as far as that can be read; empty for nothing."""
    if b"ITEM" not in data and b"\\" not in data:
        return ""
    note, _ = read_note(data, path, seat)
    return note.item if note else next(iter(salvage(data, "ITEM")), "")


def _joined(about: About, new: Iterable[tuple[str, str]]) -> About:
    more: dict[str, list[str]] = {}
    for item, name in new:
        more.setdefault(item, []).append(name)
    added = {i: tuple(sorted((*about.get(i, ()), *names))) for i, names in more.items()}
    return {**about, **added}


def _without(about: About, gone: set[str]) -> About:
    left = ((i, tuple(n for n in names if n not in gone)) for i, names in about.items())
    return {item: names for item, names in left if names}


def _to_text(about: About) -> str:
    return json.dumps(about, separators=(",", ":"))


def _from_text(text: str | None) -> About | None:
    """The index that was kept as `text`; None where it is none after all."""
    try:
        rows = json.loads(text or "").items()
        return {item: tuple(map(str, names)) for item, names in rows}
    except (ValueError, TypeError, AttributeError):
        return None
