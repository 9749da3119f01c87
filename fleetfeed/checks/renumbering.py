"""Another number for a new item, where that of a pushed commit was taken meanwhile.

A commit that says so (`Any-Number`) gets the next free one: another commit, with one
parent, stands for it. Once: what has landed so, or by the same command, is not put upon
the feed again.
"""

from collections.abc import Callable

from fleetfeed.checks.next_commit import Next
from fleetfeed.checks.pushed_commit import (
    ANY_NUMBER,
    OP,
    QUEUED,
    PushedCommit,
    parents_of,
    queued_as,
)
from fleetfeed.checks.series import BuiltOnOlder, Series
from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import Entry, object_id
from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.numbers import NEXT_FREE, next_number
from fleetfeed.judge.paths import take_until_limit
from fleetfeed.model import layout, names
from fleetfeed.model.layout import PostPath
from fleetfeed.model.names import ItemId
from fleetfeed.model.post_writer import renumbered
from fleetfeed.model.server import Landed
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Said = Callable[[str], bytes | None]
"""All messages of what a line has since a commit of it; None where that is not known.
"""


def nothing_known(_: str) -> None:
    """The messages are not known: git is asked."""


class Renumbering:
    """The numbers that are given to a batch of pushes, whose line begins at `first`."""

    def __init__(
        self, repo: Repo, where: Where, first: str, said: Said = nothing_known
    ) -> None:
        """Nobody has been told a number yet. `said` knows messages up to `first`."""
        self._repo, self._where, self._first = repo, where, first
        self._said = said
        self._told: dict[str, int] = {}
        self._ops = set[str]()

    def has_landed(self, op: str) -> None:
        """The command `op` has landed something of this batch."""
        self._ops.add(op)

    def upon(self, series: Series, tip: str, path: str) -> Next | Landed:
        """`series` upon `tip`, which has its `path`: with another number.

        Or what has landed so; BuiltOnOlder where it may have no other.
        """
        why = f"{printable(path, 400)} is on the feed already, and not as it is pushed"
        item, op = names.parse(series.head.any_number), series.head.op
        if item is None or len(series.rows) > 1:
            kind = layout.classify(path.removeprefix(f"{self._repo.folder}/"))
            alone = "" if len(series.rows) > 1 else _any_number(kind)
            todo = f"fetch, and post what is still true{alone}"
            raise BuiltOnOlder(path, f"{why}; {todo}")
        stands, done = f"{QUEUED}: {series.commit} ", f"{OP}: {op}"
        maybe = self._may_say(series, (stands, done))
        landed = self._stand_in(series, stands) if maybe else None
        if landed:
            return landed
        if op and (op in self._ops or (maybe and self._is_done(op, series, done))):
            # Its writer was not told, and has tried again: once is enough.
            raise BuiltOnOlder(path, f"{why}, by OP {op} itself; fetch")
        free = self._free(item.prefix, tip, alone=series.head.signed)
        if series.head.signed:
            todo = f"{NEXT_FREE}{free}: post it under that"
            raise BuiltOnOlder(path, f"{why}; {todo}")
        return _Other(self._repo, series, (str(item), str(free))).upon(tip)

    def _free(self, prefix: str, tip: str, *, alone: bool) -> ItemId:
        """The next free number at `tip`; `alone`: one that nobody else is told.

        Whoever signed must sign anew, and others may have done so by then.
        """
        feed = self._repo.snapshot(tip)
        free = next_number(feed, prefix, feed.rules.max_gap)
        if not alone:
            return free
        number = max(free.number, self._told.get(prefix, 0) + 1)
        self._told[prefix] = number
        return ItemId(prefix, number)

    def _stand_in(self, series: Series, words: str) -> Landed | None:
        """What `series` has landed as, under another number, since its base.

        Anybody may push a commit that says so: what it brings must be the same, too.
        """
        commit = series.commit
        for new in self._since(series, (words,), "--first-parent"):
            pair = queued_as(self._repo.objects.read(new)[1], commit)
            if pair and self._stands_for(new, series, pair):
                return Landed(new, self._where.ref, (pair,))
        return None

    def _stands_for(self, new: str, series: Series, pair: tuple[str, str]) -> bool:
        """Whether `new` brings what `series` does, under the other number of `pair`."""
        data = self._repo.objects.read(new)[1]
        was, now = pair
        if was != series.head.any_number or names.parse(now) is None:
            return False
        try:
            (before,) = parents_of(data)
            same = _Other(self._repo, series, pair).upon(before)
        except (ValueError, BuiltOnOlder):
            return False  # it has not one parent, or does not go upon it
        tree, _, _ = data.partition(b"\n")
        return same.made[same.commit][1].startswith(tree + b"\n")

    def _is_done(self, op: str, series: Series, words: str) -> bool:
        """Whether another commit has landed the command `op` since."""
        found = self._since(series, (words,))
        # git finds longer ones, too.
        commits = (PushedCommit.read(self._repo, each) for each in found)
        return any(each.op == op for each in commits)

    def _may_say(self, series: Series, words: tuple[str, ...]) -> bool:
        """Whether what has landed since its base may have any of `words`.

        Mostly nothing has, which the leader knows of what it has landed, or one git.
        """
        said = self._said(series.base)
        if said is None or not all(each.isascii() for each in words):
            return bool(self._since(series, words))
        return any(each.encode() in said for each in words)

    def _since(self, series: Series, words: tuple[str, ...], *how: str) -> list[str]:
        """The commits with any of `words` in their message, landed since its base."""
        asked = ("rev-list", *how, "-F", *(f"--grep={each}" for each in words))
        since = f"{series.base}..{self._first}"
        found = self._repo.git.line(*asked, since, "--").split()
        return [each for each in found if each != series.commit]


def _any_number(taken: layout.PathKind) -> str:
    """How to have another number, where the first post of an item is `taken`."""
    if not isinstance(taken, PostPath) or taken.number != 1:
        return ""
    line = f"`{ANY_NUMBER}: {taken.item}`"
    return f"; where any number will do, a last line {line} of the message says so"


@record
class _Other:
    """`series` with another number for its new item: `pair` is the old and the new."""

    repo: Repo
    series: Series
    pair: tuple[str, str]

    def upon(self, tip: str) -> Next:
        """The commit that puts it upon `tip`. BuiltOnOlder where it cannot be put."""
        repo, commit = self.repo, self.series.commit
        entries, blobs = dict[str, Entry | None](), dict[str, bytes]()
        before, there = repo.tree(self.series.base), repo.tree(tip)
        found, at_limit = take_until_limit(changes(before, repo.tree(commit)))
        if at_limit:
            where = printable(before.display_path(found[-1].path), 400)
            raise BuiltOnOlder(where, f"{where} is one of many that are no feed's")
        for change in found:
            path, new = change.path, change.new
            kind = change.kind if isinstance(change.kind, PostPath) else None
            if new and kind and kind.item == self.pair[0]:
                path = layout.post_path(self.pair[1], kind.number)
                new = self._renumbered(new, change.path, blobs)
            elif there.entry(path) != change.old or self._is_named_in(new):
                where = printable(before.display_path(path), 400)
                why = f"{where} goes with the number {self.pair[0]}, which is taken"
                raise BuiltOnOlder(where, f"{why}; fetch, and post it under another")
            entries[f"{repo.folder}/{path}"] = new
        top = FeedTree(repo.objects, repo.objects.tree_of(tip), "")
        tree, head = overlay(top, entries, blobs), self.series.head
        message = head.renumbered(commit, self.pair)
        data = head.following(str(tree.root), (tip,), message)
        return Next.of(data, tree, renamed=(self.pair,))

    def _renumbered(self, entry: Entry, path: str, blobs: dict[str, bytes]) -> Entry:
        """A post of the new item, under its other number; its text goes to `blobs`."""
        text = renumbered(self.repo.objects.blob(entry.id), *self.pair)
        if text is None:
            where = f"{self.repo.folder}/{path}"
            why = "does not say its ITEM in a line of its own, so it keeps its number"
            known = f"{printable(where, 400)} {why}, which is taken"
            raise BuiltOnOlder(where, known)
        id_ = object_id("blob", text, len(entry.id) // 2)
        blobs[id_] = text
        return Entry(entry.name, entry.mode, id_)

    def _is_named_in(self, entry: Entry | None) -> bool:
        """Whether a file that comes along says the number that will be another."""
        if entry is None:
            return False
        return self.pair[0].encode() in self.repo.objects.blob(entry.id)
