"""The seal as a write: planned at a tip, judged there, and swapped in or tried anew.

A seal is nobody's claim: whoever finds the shard sealed already, by another or by the
own push that ended without an answer, is done. So no OP is needed to know one's own.

What may be sealed: shards in which nothing is left to do, for long enough.

The judge asks that every item of a sealed shard is over. How long it must have been
over is the policy's wish and no rule, since no rule trusts a time that a seat wrote.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from fleetfeed.checks.push import judge_write
from fleetfeed.feed.item_reader import read_posts
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, object_id
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.seal_format import LARGEST, seal
from fleetfeed.feed.shards import Shard, item_entries, shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.estimate import utc
from fleetfeed.ledger.base import Accepted, Ledger, RaceLost, Rejected, Tip, Unconfirmed
from fleetfeed.model import layout, names
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.names import ItemId
from fleetfeed.model.post import Post, Unreadable
from fleetfeed.util.records import mutable_record, record
from fleetfeed.writing.retry import Retry, RetryPolicy
from fleetfeed.writing.transaction import turned

MOST_ALIKE = 4
"""A file is this many times as large as any post in it, or larger.

git takes a new file for a post that has gone where one is half of the other, and a
merge would then move later posts of that item to where the file lies.
"""

Touched = Callable[[str], float]
"""When a commit last touched a shard, in seconds of UTC."""


@record
class Sealing:
    """A shard to be sealed: its path, its file's bytes, and what is in it."""

    shard: str
    data: bytes
    items: int
    posts: int

    @property
    def file(self) -> str:
        """The path of its file."""
        return self.shard + layout.SEALED

    @property
    def files(self) -> dict[str, bytes | None]:
        """What is written, by paths of the feed, and what goes (None)."""
        return {self.file: self.data, self.shard: None}


class NotYet(Exception):
    """A shard that is not to be sealed; the text says why."""


def busy(feed: Snapshot) -> Mapping[str, str]:
    """Why shards must wait, by their paths: what is open, or will have new items.

    They are found by the feed's summary; no post is read.
    """
    found = dict[str, str]()
    for item in feed.open:
        state = item.state.value if item.state and not item.unreadable else "unreadable"
        found.setdefault(_shard(item.id), f"{item.id} is {state}")
    for prefix in feed.summary.taken:
        number = next_number(feed, prefix, feed.rules.max_gap)
        message = f"the next new item of {prefix} is {number}"
        found.setdefault(layout.shard_folder(number), message)
    return found


def closed(feed: Snapshot) -> Iterator[Shard]:
    """The shards that are not busy, and have posts that are not sealed."""
    waiting = busy(feed)
    for shard in shards(feed.tree):
        if shard.path not in waiting and not is_sealed(shard):
            yield shard


def is_sealed(shard: Shard) -> bool:
    """Whether all of it is sealed: nothing lies beside the file."""
    return bool(shard.folder.sealed_in) and shard.folder.sealed_in.endswith("+")


def _shard(item: str) -> str:
    known = names.parse(item)
    return layout.shard_folder(known) if known else ""


def sealing(feed: Snapshot, shard: Shard, before: float, touched: Touched) -> Sealing:
    """`shard` sealed; NotYet where an item is not over since `before` (UTC seconds)."""
    there, posts = item_entries(feed.tree, shard), dict[str, bytes]()
    if len(there) != len(feed.tree.below(shard.folder, shard.path)):
        raise NotYet("something in it is no item's folder")
    for id_, folder in there.items():
        rows = _rows(feed, id_, folder)
        last = read_posts(feed.tree, str(id_), rows)[-1]
        if not _is_older(last, before) and touched(shard.path) > before:
            raise NotYet(f"{id_} is not over for long enough")
        for row in rows:
            path = f"{id_}/{row.name}"
            posts[path] = _whole(feed, row, f"{shard.path}/{path}")
    return Sealing(shard.path, _file(posts), len(there), len(posts))


def _rows(feed: Snapshot, item: ItemId, folder: Entry) -> tuple[Entry, ...]:
    """The files of an item's posts, in order; NotYet where there is anything else."""
    if folder.mode != SUBTREE:
        raise NotYet(f"{item} is no folder")
    found = {
        layout.post_number(row.name): row
        for row in feed.tree.below(folder, layout.item_folder(str(item)))
    }
    if not found or None in found or any(row.mode != PLAIN for row in found.values()):
        raise NotYet(f"something in {item} is no post")
    return tuple(found[number] for number in sorted(filter(None, found)))


def _whole(feed: Snapshot, row: Entry, path: str) -> bytes:
    """A post's bytes; NotYet where it is so large that only its beginning is read."""
    data = feed.tree.content(row, path)
    if object_id("blob", data, len(row.id) // 2) != row.id:
        raise NotYet(f"{path} is too large for any post")
    return data


def _is_older(post: Post | Unreadable, before: float) -> bool:
    """Whether a post says that it is; one may say nothing, or what is not true."""
    at = post.text("AT") if isinstance(post, Post) else ""
    return bool(at) and utc(at) <= before


def _file(posts: Mapping[str, bytes]) -> bytes:
    data = seal(posts)
    if len(data) > LARGEST:
        raise NotYet(f"it has {len(data)} bytes, more than {LARGEST}")
    path = max(posts, key=lambda path: len(posts[path]))
    if len(posts[path]) * MOST_ALIKE > len(data):
        raise NotYet(f"{path} is a large part of it, and git would take it for that")
    return data


Plan = Callable[[Tip], Sequence[Sealing]]
"""From the feed ref's tip to the shards that are sealed together."""

MOST_ODD = 3
"""Pushes that end otherwise than by a lost race before that is said."""


@record
class Sealed:
    """The shards that are sealed now; `remark` is about a checkout left behind."""

    shards: Sequence[Sealing] = ()
    remark: str = ""


def seal_shards(ledger: Ledger, plan: Plan, patience: RetryPolicy) -> Sealed:
    """Seal what `plan` finds; no shards where nothing is left.

    Raises Refused by the judge or the other side, CannotTell where time is up.
    """
    return _Seal(ledger, plan, patience.start()).run()


@mutable_record
class _Seal:
    """One seal under way: where it was tried last, with what, and to what end."""

    ledger: Ledger
    plan: Plan
    waiting: Retry
    tried: Sequence[Sealing] = ()
    at: str = ""
    last: RaceLost | Rejected | Unconfirmed | None = None
    odd: int = 0

    def run(self) -> Sealed:
        for tries in count(1):
            left = self.waiting.for_a_look if self.last else self.waiting.left
            tip = self.ledger.read(left)
            if self.last and _are_sealed(tip.feed, self.tried):
                return Sealed(self.tried)
            self._go_on(tip)
            todo = self.plan(tip)
            if not todo:
                return Sealed()
            files = _judged(self.ledger, tip.feed, todo)
            left = max(self.waiting.left, 0.0)
            outcome = self.ledger.swap(tip, files, _message(todo), left)
            if isinstance(outcome, Accepted):
                return Sealed(todo, outcome.remark)
            self.tried, self.at, self.last = todo, tip.commit, outcome
            self.odd += not isinstance(outcome, RaceLost)
            self.waiting.wait(tries, outcome.why)
        raise AssertionError  # `count` does not end

    def _go_on(self, tip: Tip) -> None:
        """Raise where another try would be of no use, or too late."""
        if isinstance(self.last, Rejected) and tip.commit == self.at:
            raise turned(self.last)
        if self.last and (self.odd >= MOST_ODD or self.waiting.left <= 0):
            raise CannotTell(f"nothing more was sealed: {self.last.why}; run it again")


def _are_sealed(feed: Snapshot, shards: Sequence[Sealing]) -> bool:
    """Whether `feed` has the files of `shards`."""
    size = len(feed.tree.root or "") // 2
    for each in shards:
        entry = feed.tree.entry(each.file)
        if entry is None or entry.id != object_id("blob", each.data, size):
            return False
    return True


def _judged(
    ledger: Ledger, feed: Snapshot, todo: Sequence[Sealing]
) -> dict[str, bytes | None]:
    """The files of `todo`. Refused where the judge says so."""
    files = {path: data for each in todo for path, data in each.files.items()}
    after = feed.changed_to(with_files(feed.tree, files))
    verdict = judge_write(feed, after, ledger.where)
    first = next((found for found in verdict.findings if found.rejects), None)
    if first:
        raise Refused(f"{first.code} {first.message}", verdict.findings)
    return files


def _message(todo: Sequence[Sealing]) -> str:
    return f"Seal {', '.join(each.shard for each in todo)}\n\n"
