"""Sealing: closed shards, each put into one file.

A shard is closed when nothing is left to do in it, for long enough. The judge asks that
every item of a sealed shard is over; how long it must have been over is the policy's
wish and no rule, since no rule trusts a time that a seat wrote.

A seal is planned at a tip, judged there, and swapped in or tried anew. It is nobody's
claim: whoever finds the shard sealed already, by another or by the own push that nobody
confirmed, is done. So no OP is needed to know one's own.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice

from fleetfeed.checks.write import judge_write
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, object_id
from fleetfeed.feed.seal_format import LARGEST, seal
from fleetfeed.feed.shards import Shard, item_entries, shards
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree_reader import read_posts
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.estimate import utc
from fleetfeed.ledger.base import (
    Accepted,
    Failed,
    Files,
    Ledger,
    RaceLost,
    Rejected,
    Tip,
)
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model import layout, names
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.names import ItemId
from fleetfeed.model.post import Post
from fleetfeed.repo.repository import Repo
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record
from fleetfeed.writing.retry import Retry, RetryPolicy
from fleetfeed.writing.transaction import rejection

_TOGETHER = 4
"""Shards in one commit: a server's hook reads each of them whole."""

MOST_ODD = 3
"""Pushes that fail otherwise than by a lost race before that is said."""

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
    def files(self) -> Files:
        """What is written, and what goes."""
        return {self.file: self.data, self.shard: None}


Plan = Callable[[Tip], Sequence[Sealing]]
"""From the feed ref's tip to the shards that are sealed together."""


@record
class Sealed:
    """The shards that are sealed now; `remark` is about a checkout left behind."""

    shards: Sequence[Sealing] = ()
    remark: str = ""


class Sealer:
    """One run over the shards `named` (none: all), `age` seconds after their end.

    `age` None is the policy's. `left` are the shards that cannot be sealed, and why;
    `remark` is about a checkout left behind.
    """

    def __init__(
        self, repo: Repo, named: tuple[str, ...], age: int | None, progress: OnProgress
    ) -> None:
        """Nothing is read yet; `progress` hears of shards that are looked at."""
        self.left: dict[str, str] = {}
        self.remark = ""
        self._repo, self._ledger = repo, GitLedger(repo)
        self._named, self._age, self._progress = named, age, progress
        self._touched: dict[str, float] = {}

    @property
    def incomplete(self) -> bool:
        """Whether one of the shards that were named is left."""
        return bool(self._named and self.left)

    def planned(self) -> Iterator[Sealing]:
        """All that would be sealed now."""
        return self._made(self._ledger.read(RetryPolicy().seconds))

    def run(self, policy: RetryPolicy) -> Iterator[Sealing]:
        """Seal all there is, a few shards a push; each is given when it is done."""

        def plan(tip: Tip) -> Sequence[Sealing]:
            return list(islice(self._made(tip), _TOGETHER))

        while (sealed := seal_shards(self._ledger, plan, policy)).shards:
            yield from sealed.shards
            self.remark = sealed.remark

    def _made(self, tip: Tip) -> Iterator[Sealing]:
        """What can be sealed at `tip`; why the others cannot is put into `left`."""
        named = self._named
        if named:
            self._look_for_named(tip)
        wanted = (s for s in closed(tip.feed) if not named or s.path in named)
        todo = [shard for shard in wanted if shard.path not in self.left]
        age = tip.feed.rules.seal_after if self._age is None else self._age
        before = time.time() - age
        for done, shard in enumerate(todo, 1):
            self._progress("looking at closed shards", done, len(todo))
            try:
                yield sealing(tip.feed, shard, before, lambda s: self._at(tip, s))
            except NotYet as why:
                self.left[shard.path] = str(why)

    def _look_for_named(self, tip: Tip) -> None:
        """Put into `left` what was named and is not there, or not closed."""
        there = {shard.path: shard for shard in shards(tip.feed.tree)}
        waiting = busy(tip.feed)
        for path in self._named:
            if path not in there:
                self.left[path] = "there is no such shard on the feed"
            elif path in waiting and not is_sealed(there[path]):
                self.left[path] = waiting[path]

    def _at(self, tip: Tip, shard: str) -> float:
        """When a commit last touched the shard, in seconds of UTC."""
        if shard not in self._touched:
            path = f"{self._repo.folder}/{shard}"
            log = ("log", "-1", "--format=%ct", tip.commit, "--", path)
            when = self._repo.git.line(*log)
            self._touched[shard] = float(when) if when else time.time()
        return self._touched[shard]


def seal_shards(ledger: Ledger, plan: Plan, policy: RetryPolicy) -> Sealed:
    """Seal what `plan` finds; no shards where nothing is left.

    Raises Refused by the judge or the other side, CannotTell where time is up.
    """
    return _Seal(ledger, plan, policy.start()).run()


class _Seal:
    """One seal under way.

    `last` is how the last try failed, `at` the tip that it was made at, `tried` what it
    would have sealed; `odd` are the tries that failed otherwise than by a lost race.
    """

    def __init__(self, ledger: Ledger, plan: Plan, retry: Retry) -> None:
        self.ledger, self.plan, self.retry = ledger, plan, retry
        self.tried: Sequence[Sealing] = ()
        self.at, self.odd = "", 0
        self.last: Failed | None = None

    def run(self) -> Sealed:
        for tries in count(1):
            left = self.retry.for_a_look if self.last else self.retry.left
            tip = self.ledger.read(left)
            if self.last and _are_sealed(tip.feed, self.tried):
                return Sealed(self.tried)
            self._go_on(tip)
            todo = self.plan(tip)
            if not todo:
                return Sealed()
            files = _judged(self.ledger, tip.feed, todo)
            message = f"Seal {', '.join(each.shard for each in todo)}\n\n"
            left = max(self.retry.left, 0.0)
            outcome = self.ledger.swap(tip, files, message, left)
            if isinstance(outcome, Accepted):
                return Sealed(todo, outcome.remark)
            self.tried, self.at, self.last = todo, tip.commit, outcome
            self.odd += not isinstance(outcome, RaceLost)
            self.retry.wait(tries, outcome.why)
        raise AssertionError  # `count` does not end

    def _go_on(self, tip: Tip) -> None:
        """Raise where another try would be of no use, or too late."""
        if isinstance(self.last, Rejected) and tip.commit == self.at:
            raise rejection(self.last)
        if self.last and (self.odd >= MOST_ODD or self.retry.left <= 0):
            raise CannotTell(f"nothing more was sealed: {self.last.why}; run it again")


def _are_sealed(feed: Snapshot, shards: Sequence[Sealing]) -> bool:
    """Whether `feed` has the files of `shards`."""
    size = len(feed.tree.root or "") // 2
    for each in shards:
        entry = feed.tree.entry(each.file)
        if entry is None or entry.id != object_id("blob", each.data, size):
            return False
    return True


def _judged(ledger: Ledger, feed: Snapshot, todo: Sequence[Sealing]) -> Files:
    """The files of `todo`. Refused where the judge says so."""
    files = {path: data for each in todo for path, data in each.files.items()}
    after = feed.with_files(files)
    verdict = judge_write(feed, after, ledger.where)
    first = next((found for found in verdict.findings if found.rejects), None)
    if first:
        raise Refused(first.sentence, verdict.findings)
    return files


class NotYet(Exception):
    """A shard that is not to be sealed; the text says why."""


def busy(feed: Snapshot) -> Mapping[str, str]:
    """Why shards must wait, by their paths: what is open, or will have new items.

    They are found by the feed's summary; no post is read.
    """
    found: dict[str, str] = {}
    for item in feed.open:
        state = item.state.value if item.state and not item.unreadable else "unreadable"
        known = names.parse(item.id)
        if known:
            found.setdefault(layout.shard_folder(known), f"{item.id} is {state}")
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


def sealing(feed: Snapshot, shard: Shard, before: float, touched: Touched) -> Sealing:
    """`shard` sealed; NotYet where an item is not over since `before` (UTC seconds)."""
    there, posts = item_entries(feed.tree, shard), dict[str, bytes]()
    if len(there) != len(feed.tree.below(shard.folder, shard.path)):
        raise NotYet("something in it is no item's folder")
    for id_, folder in there.items():
        rows = _rows(feed, id_, folder)
        last = read_posts(feed.tree, str(id_), rows)[-1]
        # A post may say nothing of when it was written, or what is not true.
        at = last.text("AT") if isinstance(last, Post) else ""
        if (not at or utc(at) > before) and touched(shard.path) > before:
            raise NotYet(f"{id_} is not over for long enough")
        for row in rows:
            path = f"{id_}/{row.name}"
            data = feed.tree.content(row, f"{shard.path}/{path}")
            if object_id("blob", data, len(row.id) // 2) != row.id:
                # Only its beginning was read.
                raise NotYet(f"{shard.path}/{path} is too large for any post")
            posts[path] = data
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


def _file(posts: Mapping[str, bytes]) -> bytes:
    data = seal(posts)
    if len(data) > LARGEST:
        raise NotYet(f"it has {len(data)} bytes, more than {LARGEST}")
    path = max(posts, key=lambda path: len(posts[path]))
    if len(posts[path]) * MOST_ALIKE > len(data):
        raise NotYet(f"{path} is a large part of it, and git would take it for that")
    return data
