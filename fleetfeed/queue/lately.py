"""What a queue has landed of late, packed for who has not fetched it yet.

Whoever pushes to the queue is some posts behind, and what it asks next is what came
between, with its own post. The leader has just read and made all of that, and sends it
along with the answer: that saves the second connection, in which git would start five
processes to find out the same.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from fleetfeed.checks.next_commit import Rows
from fleetfeed.checks.queue import Queued
from fleetfeed.feed.objects import object_id
from fleetfeed.git.objects import Objects
from fleetfeed.git.pack import entry, entry_by_base, packed
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.yaml.salvage import MAX_BYTES
from fleetfeed.queue.still_there import new_in

_STEPS = 256
"""How many of the last tips are known."""
_MOST_BYTES = 1 << 16
"""How large a pack may be: it is sent among the words of a hook."""
_MOST_OBJECTS = 500
"""How many objects of one step are read."""

_KEPT_TREES = 64
"""How many folders are kept as they were last: the next ones are told by them."""

_Entries = dict[str, bytes]
"""Entries of a pack, by the ids of what they are."""


class _Step:
    """The feed ref's way to its next tip: what commits came by it.

    `entries` and `said` are made when they are first asked for; see `Lately`.
    """

    def __init__(self, tip: str, rows: Rows) -> None:
        self.tip, self.rows = tip, rows
        self.said: bytes | None = None
        self.entries: _Entries | None = None
        self.is_large = False


class Lately:
    """The steps that the feed ref has taken under this leader."""

    def __init__(self) -> None:
        """Nothing is known before the first move."""
        self._steps: dict[str, _Step] = {}
        self._trees: dict[str, bytes] = {}

    def moved(self, tip: str, queued: Queued) -> None:
        """Remember that the feed ref has gone from `tip` to that of `queued`."""
        self._steps.update(_steps(tip, queued.rows))
        while len(self._steps) > _STEPS:
            del self._steps[next(iter(self._steps))]

    def said(self, objects: Objects, tip: str, commit: str) -> bytes | None:
        """All messages of what `commit` has, and the earlier `tip` has not.

        None where that is not known.
        """
        steps = self._between(tip, commit)
        texts = [self._said(objects, step) for step in steps or ()]
        if steps is None or None in texts:
            return None
        return b"\n".join(text for text in texts if text)

    def pack(self, objects: Objects, tip: str, commit: str) -> bytes:
        """A pack of what `commit` has, and the earlier `tip` has not.

        Empty where that is not known, or more than is sent along, or not to be read.
        """
        found: _Entries = {}
        size = 0
        for step in self._between(tip, commit) or ():
            entries = self._packed(objects, step)
            if entries is None:
                return b""
            found |= entries
            size += sum(map(len, entries.values()))
            if size > _MOST_BYTES:
                return b""
        return packed(tuple(found.values()), len(commit) // 2) if found else b""

    def _between(self, tip: str, commit: str) -> list[_Step] | None:
        """The steps from `tip` to `commit`; None where they are not known."""
        found: list[_Step] = []
        while tip != commit:
            step = self._steps.get(tip)
            if step is None:
                return None
            found.append(step)
            tip = step.tip
        return found

    def _said(self, objects: Objects, step: _Step) -> bytes | None:
        """The messages of a step's commits; None where git alone can read one."""
        if step.said is None and len(step.rows) <= _MOST_OBJECTS:
            found: list[bytes] = []
            for commit, *_ in step.rows:
                text = objects.read(commit)[1]
                head, _, message = text.partition(b"\n\n")
                if b"\nencoding " in head or len(text) >= MAX_BYTES:
                    return None
                found.append(message)
            step.said = b"\n".join(found)
        return step.said

    def _packed(self, objects: Objects, step: _Step) -> _Entries | None:
        """What a step brings, as a pack has it; None where it is not sent along."""
        if step.entries is None and not step.is_large:
            with suppress(FleetfeedError):  # whoever asks, fetches, and is told then
                step.entries = self._entries(objects, step.rows)
            step.is_large = step.entries is None
        return step.entries

    def _entries(self, objects: Objects, rows: Rows) -> _Entries | None:
        """What `rows` bring; a folder by what it was before. None: it is large."""
        found: _Entries = {}
        for commit, *parents in rows:
            # Many are not read: whoever waits for this leader would wait for that.
            most = _MOST_OBJECTS - len(found)
            there = tuple(islice(new_in(objects, commit, parents), most + 1))
            if len(there) > most:
                return None
            for id_, base in there:
                if id_ in found:
                    continue
                kind, data = objects.read(id_)
                # Of what is large no more than its first part is read.
                whole = object_id(kind, data, len(id_) // 2) == id_
                if not whole:
                    return None
                if kind == "tree" and base:
                    old = self._trees.pop(base, None) or objects.read(base)[1]
                    found[id_] = entry_by_base(kind, data, base, old)
                else:
                    found[id_] = entry(kind, data)
                if kind == "tree":
                    self._keep(id_, data)
        return found

    def _keep(self, id_: str, tree: bytes) -> None:
        self._trees[id_] = tree
        if len(self._trees) > _KEPT_TREES:
            del self._trees[next(iter(self._trees))]


def _steps(tip: str, rows: Rows) -> Iterator[tuple[str, _Step]]:
    """The steps from `tip` that `rows` are, each with the tip before it.

    First parents are the feed's line; what a merge brings stands ahead of it.
    """
    came: list[tuple[str, ...]] = []
    for row in rows:
        came.append(row)
        commit, *parents = row
        if parents and parents[0] == tip:
            yield tip, _Step(commit, tuple(came))
            tip, came = commit, []
