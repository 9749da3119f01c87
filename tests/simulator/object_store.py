"""The objects of all repositories of a world, and what git knows of its commits.

One store for all: an object's id says what is in it, so it is the same everywhere. That
git sends what the other side lacks is not played.
"""

import heapq
from collections.abc import Iterable, Sequence

from fleetfeed.checks.pushed_commit import parents_of
from fleetfeed.feed.cache import Cache
from fleetfeed.feed.objects import Entry, object_id
from fleetfeed.git.objects import Objects, Raw, missing
from fleetfeed.git.process import Git

SHA1 = 20


class Store:
    """Kinds and bytes by ids; the parents of commits; what is remembered of trees."""

    def __init__(self) -> None:
        self.objects: dict[str, Raw] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.trees: dict[str, tuple[Entry, ...]] = {}
        self.tops: dict[str, str] = {}
        self.cache = Cache()
        self._depth: dict[str, int] = {}

    def put(self, kind: str, data: bytes) -> str:
        """Keep an object; its id."""
        id_ = object_id(kind, data, SHA1)
        if id_ not in self.objects:
            self.objects[id_] = kind, data
            if kind == "commit":
                self.parents[id_] = above = parents_of(data)
                self._depth[id_] = 1 + max((self._depth[p] for p in above), default=0)
        return id_

    def is_within(self, commit: str, tip: str) -> bool:
        """Whether `tip` is `commit`, or has it among its ancestors."""
        if commit == tip:
            return True
        return commit not in {each[0] for each in self.between((commit,), (tip,))}

    def between(
        self, new: Iterable[str], old: Iterable[str]
    ) -> list[tuple[str, tuple[str, ...]]]:
        """What any of `new` has and none of `old`, ancestors first, with parents."""
        depth, found = self._depth, list[str]()
        known = set(old)
        heap = [(-depth[each], each) for each in {*new, *known}]
        heapq.heapify(heap)
        seen, interesting = set[str](), {each for each in new if each not in known}
        while heap and interesting:
            _, one = heapq.heappop(heap)
            if one in seen:
                continue
            seen.add(one)
            interesting.discard(one)
            if one in known:
                known.update(self.parents[one])
            else:
                found.append(one)
                interesting.update(p for p in self.parents[one] if p not in known)
            for parent in self.parents[one]:
                heapq.heappush(heap, (-depth[parent], parent))
        return [(each, self.parents[each]) for each in reversed(found)]


class WorldObjects(Objects):
    """A repository's objects, out of the store. What is read is remembered for all."""

    def __init__(self, store: Store, refs: dict[str, str], git: Git) -> None:
        super().__init__(git)
        self._store, self._refs = store, refs
        self._trees, self._tops = store.trees, store.tops

    def read(self, id_: str, most: int = 0) -> Raw:
        """See Objects."""
        del most
        found = self.made.get(id_) or self._store.objects.get(id_)
        if found is None:
            raise missing(f"object {id_}")
        return found

    def expect(self, ids: Iterable[str]) -> None:
        """See Objects: nothing is dear here."""

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See Objects."""
        found = self._trees.get(id_)
        return super().tree(id_) if found is None else found

    def write(self, objects: Iterable[tuple[str, bytes]], id_size: int) -> None:
        """See Objects."""
        del id_size
        for kind, data in objects:
            self._store.put(kind, data)

    def head(self) -> str | None:
        """See Objects."""
        return self._refs.get("HEAD")

    def commit_at(self, ref: str) -> str | None:
        """See Objects."""
        return self._refs.get(ref)


def grep(store: Store, rows: Sequence[str], words: Sequence[bytes]) -> list[str]:
    """Those of the commits whose messages have any of `words`."""
    texts = ((each, store.objects[each][1].partition(b"\n\n")[2]) for each in rows)
    return [each for each, text in texts if any(word in text for word in words)]
