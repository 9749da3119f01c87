"""What is remembered of lives, so that a feed's history is read once.

A shard's lives follow from its tree, so they are kept under the tree's id, as text: of
a million posts 335 rows. Its first line tells whether anything in it is of interest to
who asks about the last weeks, and most shards are not looked at any further. Of a
shard that has changed, the items that have not are taken from the row before.

Whoever reads all posts of a shard knows its summary, too: that is kept beside the
lives, so that a clone that has neither reads its feed once.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fleetfeed.feed.cache import CacheStore
from fleetfeed.feed.lives import Life, Lives, Phase, lived
from fleetfeed.feed.objects import SUBTREE, Entry
from fleetfeed.feed.shards import Shard, item_entries, shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary, SummaryRow
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import read_posts, together
from fleetfeed.model import layout
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.util.records import record

_FORM = 1
_LIVES, _TREES = f"lives{_FORM}", f"lives{_FORM}-trees"
"""Where the rows are kept: of each shard its lives, and the ids of its items' trees."""

WORTH_KEEPING = 16
"""Items that had to be read before a shard's lives are kept for the next command."""

_STATES = ("", *(state.value for state in State))
_WIDTH = 6
"""Numbers of a phase: its time, its state, who, the epoch, the keys and the turn."""


@record
class ShardLives:
    """The lives in a shard as a text that is kept.

    `last` is the latest time that any of them tells, `open` is how many are open, and
    `undated` how many tell no time.
    """

    last: int
    open: int
    undated: int
    text: str

    @classmethod
    def of(cls, lives: Sequence[Life]) -> "ShardLives":
        """The text of `lives`."""
        starts = [life.now.start for life in lives]
        known = [start for start in starts if start is not None]
        there = sum(life.now.open for life in lives)
        text = _to_text(lives)
        return cls(max(known, default=0), there, len(starts) - len(known), text)

    @classmethod
    def read(cls, row: str) -> "ShardLives":
        """From what `row` wrote. ValueError where it is none."""
        head, _, text = row.partition("\n")
        last, there, undated = map(int, head.split())
        return cls(last, there, undated, text)

    @property
    def row(self) -> str:
        """What is kept."""
        return f"{self.last} {self.open} {self.undated}\n{self.text}"

    @property
    def lives(self) -> Iterator[Life]:
        """The lives themselves. ValueError and the like where the text is none."""
        return _from_text(self.text)


class LifeMemory:
    """What is known of a feed's lives: in this process, and in a store."""

    def __init__(self, store: CacheStore) -> None:
        """Nothing is read yet."""
        self._store = store
        self._latest: dict[str, tuple[str, ShardLives]] = {}

    def shards(self, tree: FeedTree, *, lasting: bool) -> Iterator[ShardLives]:
        """The lives of each shard of `tree`; kept where the tree is there to stay."""
        whole = list(shards(tree))
        known = {shard.path: self._known(tree, shard) for shard in whole}
        new = [shard for shard in whole if known[shard.path] is None]
        made = self._store.each_shard(_read, tree, new)
        for shard in whole:
            found = known[shard.path] or next(made)
            if lasting and found.read >= WORTH_KEEPING:
                self._keep(shard, found)
            if lasting:
                self._latest[shard.path] = shard.folder.id, found.lives
            yield found.lives

    def _keep(self, shard: Shard, found: "_Found") -> None:
        path, id_ = shard.path, shard.folder.id
        self._store.save_text(f"{_LIVES}/{path}", id_, found.lives.row)
        self._store.save_text(f"{_TREES}/{path}", id_, found.trees)
        if found.summary:
            self._store.save(path, id_, found.summary)

    def _known(self, tree: FeedTree, shard: Shard) -> "_Found | None":
        """What is known of a shard, or follows from what it was; None for nothing."""
        id_, latest = self._latest.get(shard.path, ("", None))
        if latest and id_ == shard.folder.id:
            return _Found(latest)
        kept = self._kept(shard.path, shard.folder.id)
        if kept:
            return _Found(kept)
        for before, trees in self._store.newest_texts(f"{_TREES}/{shard.path}"):
            base = self._kept(shard.path, before)
            if base:
                return _read(tree, shard, _Found(base, trees))
        return None

    def _kept(self, path: str, id_: str) -> ShardLives | None:
        """The lives of the shard at `path` whose tree is `id_`, where they are kept."""
        row = self._store.load_text(f"{_LIVES}/{path}", id_)
        try:
            return ShardLives.read(row) if row else None
        except ValueError:
            return None


@record
class _Found:
    """The lives in a shard.

    Where they are new, the trees of its items as text, and how many items were read;
    where all were, its summary.
    """

    lives: ShardLives
    trees: str = ""
    read: int = 0
    summary: Summary | None = None

    def same(self, there: Mapping[str, Entry]) -> Iterator[Life]:
        """The lives of those items that are `there` as they were."""
        try:
            trees, lives = json.loads(self.trees), list(self.lives.lives)
            as_it_was = {i for i, entry in there.items() if trees.get(i) == entry.id}
        except (ValueError, TypeError, AttributeError, IndexError):
            return iter(())
        return (life for life in lives if life.item in as_it_was)


def _read(tree: FeedTree, shard: Shard, base: _Found | None = None) -> _Found:
    """The lives in a shard, by what is known of another state of it."""
    entries = item_entries(tree, shard)
    there = {str(i): entry for i, entry in entries.items() if entry.mode == SUBTREE}
    known = {life.item: life for life in base.same(there)} if base else {}
    new = {item: entry for item, entry in there.items() if item not in known}
    items = dict[str, Item]()
    for item, entry in together(tree, new):
        rows = tree.below(entry, layout.item_folder(item))
        life, items[item] = lived(item, read_posts(tree, item, rows))
        if life:
            known[item] = life
    lives = [known[item] for item in there if item in known]
    trees = json.dumps({item: entry.id for item, entry in there.items()})
    made = (SummaryRow(i, items.get(str(i)), entry.id) for i, entry in entries.items())
    whole = None if base else Summary.of(made)
    return _Found(ShardLives.of(lives), trees, len(items), whole)


def _to_text(lives: Iterable[Life]) -> str:
    """Lives as numbers: seats and keys stand in a table, as often as they occur."""
    seats, keys = dict[str, int](), dict[tuple[str, ...], int]()
    rows = dict[str, list[int]]()
    for life in lives:
        before, row = 0, list[int]()
        for phase in life.phases:
            start = -1 if phase.start is None else phase.start - before
            before = phase.start or 0
            row += (
                start,
                2 * _STATES.index(phase.state) + phase.open,
                seats.setdefault(phase.who, len(seats)),
                phase.epoch,
                keys.setdefault(phase.keys, len(keys)),
                phase.turn,
            )
        rows[life.item] = row
    return json.dumps((list(seats), list(keys), rows), separators=(",", ":"))


def _from_text(text: str) -> Iterator[Life]:
    seats, found, rows = json.loads(text)
    keys = [tuple(each) for each in found]
    for item, row in rows.items():
        start, phases = 0, []
        for at in range(0, len(row), _WIDTH):
            step, state, who, epoch, key, turn = row[at : at + _WIDTH]
            start += step
            told = None if step < 0 else start
            what = (_STATES[state >> 1], bool(state & 1), seats[who])
            phases.append(Phase(told, *what, epoch, keys[key], turn))
        yield Life(item, tuple(phases))


def lives_since(feed: Snapshot, since: float) -> Lives:
    """See `Snapshot.lives`, where the feed is a tree."""
    memory, found = feed.cache.memory(LifeMemory), list[ShardLives]()
    undated = 0
    for shard in memory.shards(feed.tree, lasting=feed.lasting):
        undated += shard.undated
        if shard.open or shard.last >= since:
            found.append(shard)
    return Lives((life for shard in found for life in shard.lives), undated)
