"""The ledger against git and against itself: what each says that the other does not.

Files are compared both ways, byte for byte. All that follows from posts (items, leases,
surfaces, numbers) is folded anew, and compared row by row.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from fleetfeed.feed.seal_format import BadSeal, unseal
from fleetfeed.ledger.postgres.appends import Appends
from fleetfeed.ledger.postgres.compare import Compared
from fleetfeed.ledger.postgres.folding import (
    ITEM,
    SURFACE,
    Folded,
    folded,
    note_row,
)
from fleetfeed.model import layout, names
from fleetfeed.model.layout import NotePath
from fleetfeed.util.intervals import IntervalSet
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record

_ITEM = (
    "select "  # noqa: S608 - columns of our own
    + ", ".join(ITEM)
    + """, lease_beat, lease_over is not null as runs,
    lease_over = 'infinity' as endless, lease_beat >= 0 and lease_over
      > clock_timestamp() + make_interval(secs => lease_beat) as late
  from item order by id
"""
)
_POSTS = (
    "select item, number, path, op, data, sealed_in from post order by item, number"
)
_NOTES = "select path, item, op, data from note order by path"
_SEALS = "select path, data from seal order by path"
_SURFACES = "select * from surface"
_TAKEN = "select prefix, first, last from taken order by prefix, first"
_OPS = """
  select path from (select path, op, append from post
    union all select path, op, append from note) as file
  join append on append.id = file.append
  where append.op <> '' and file.op <> append.op order by path
"""
_POLICIES = "select count(*) from rule where path = 'policy.yaml'"


@record
class Difference:
    """Where something differs (a path, or a row's name), and how, in words."""

    where: str
    how: str

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.where}: {self.how}"


def beside_git(
    found: Compared, unexported: frozenset[int] | None, folder: str
) -> Iterator[Difference]:
    """What git has otherwise, and what is missing in it though it was exported.

    `unexported` are the appends that nobody has exported yet; None where only their
    numbers tell.
    """
    for path in found.altered:
        yield Difference(f"{folder}/{path}", "git has it otherwise than the ledger")
    for path in found.strangers:
        yield Difference(f"{folder}/{path}", "git has it, and the ledger has not")
    for file in found.missing:
        waits = file.append > found.newest
        if unexported is not None:
            waits = file.append in unexported
        if not waits:
            yield Difference(f"{folder}/{file.path}", "the ledger has it, git has not")


class Tables:
    """The tables of a ledger, in one transaction, beside what follows from posts."""

    def __init__(self, there: Appends) -> None:
        """`there` is the ledger in that transaction."""
        self._there, self._policy, self._folder = there, there.policy(), there.folder
        self._sealed: dict[str, dict[str, bytes]] = {}
        self._count = 0

    def differences(self, on_progress: OnProgress) -> Iterator[Difference]:
        """Each row that is not as it should be."""
        ((total,),) = self._there.rows("select count(*) from post")
        surfaces: dict[str, list[Mapping[str, object]]] = {}
        for row in self._there.stream_by_name(_SURFACES):
            surfaces.setdefault(str(row["item"]), []).append(row)
        known = {str(row["id"]): row for row in self._there.stream_by_name(_ITEM)}
        strict = self._there.rows(_POLICIES)[0][0] <= 1
        numbers: dict[str, list[int]] = {}
        for item, posts in groupby(self._there.stream(_POSTS), itemgetter(0)):
            whole = list(posts)
            self._count += len(whole)
            on_progress("folding items anew", self._count, total)
            made, rows = folded(
                item, ((n, data) for _, n, _, _, data, _ in whole), self._policy,
                self._folder,
            )  # fmt: skip
            ops = {row.path: row.op for row in rows}
            yield from self._post_rows(whole, ops)
            yield from _item(made, known.pop(item, None), strict=strict)
            yield from _surfaces(made, surfaces.pop(item, []))
            id_ = names.parse(item)
            if id_:
                numbers.setdefault(id_.prefix, []).append(id_.number)
        for item in known:
            yield Difference(f"item {item}", "it has a row, and no post")
        for item in surfaces:
            yield Difference(f"item {item}", "it has surfaces, and no post")
        yield from self._taken(numbers)
        yield from self._notes()
        yield from self._seals()
        for (path,) in self._there.rows(_OPS):
            yield Difference(f"{self._folder}/{path}", "its OP is not its append's")

    def _post_rows(
        self, rows: Iterable[Any], ops: Mapping[str, str]
    ) -> Iterator[Difference]:
        for item, number, path, op, data, sealed_in in rows:
            shown = f"{self._folder}/{path}"
            if names.parse(item) is None or path != layout.post_path(item, number):
                yield Difference(shown, f"its row says post {number} of {item}")
            elif op != ops[path]:
                yield Difference(shown, "its row has another OP than it has")
            if sealed_in:
                self._sealed.setdefault(sealed_in, {})[path] = data

    def _taken(self, numbers: Mapping[str, list[int]]) -> Iterator[Difference]:
        there: dict[str, list[tuple[int, int]]] = {}
        for prefix, first, last in self._there.rows(_TAKEN):
            there.setdefault(prefix, []).append((first, last))
        for prefix in sorted(there.keys() | numbers.keys()):
            own = IntervalSet.of(numbers.get(prefix, ()))
            if IntervalSet.joined(there.get(prefix, ())) != own:
                yield Difference(
                    f"numbers of {prefix}", "taken are others than items have"
                )

    def _notes(self) -> Iterator[Difference]:
        for path, item, op, data in self._there.stream(_NOTES):
            kind, shown = layout.classify(path), f"{self._folder}/{path}"
            if not isinstance(kind, NotePath):
                yield Difference(shown, "it is no note's path")
                continue
            made = note_row(path, kind, data, self._folder)
            if (made.item, made.op) != (item, op):
                yield Difference(shown, "its row has another ITEM or OP than it has")

    def _seals(self) -> Iterator[Difference]:
        for path, data in self._there.stream(_SEALS):
            shown, prefix = f"{self._folder}/{path}", path.removesuffix(layout.SEALED)
            rows = self._sealed.pop(path, {})
            try:
                found = unseal(data)
            except BadSeal as error:
                yield Difference(shown, f"it cannot be read: {error}")
                continue
            posts = {f"{prefix}/{name}": text for name, text in found.items()}
            for post in sorted(posts.keys() | rows.keys()):
                lone = post not in rows and self._is_loose(post, posts[post])
                if posts.get(post) != rows.get(post) and not lone:
                    yield Difference(f"{self._folder}/{post}", f"otherwise in {path}")
        for path in self._sealed:
            yield Difference(f"{self._folder}/{path}", "posts are in it; it is gone")

    def _is_loose(self, path: str, data: bytes) -> bool:
        """Whether a sealed post lies beside its file, too."""
        asked = "select data from post where path = %s and sealed_in = ''"
        return self._there.rows(asked, (path,)) == [(data,)]


def _item(
    made: Folded, row: Mapping[str, object] | None, *, strict: bool
) -> Iterator[Difference]:
    """What is wrong with an item's row. `strict`: the rules have never changed."""
    where = f"item {made.id}"
    if row is None:
        yield Difference(where, "it has posts, and no row")
        return
    wrong = [name for name, value in made.row.items() if row[name] != value]
    if wrong:
        yield Difference(where, f"its row has another {', '.join(wrong)}")
    if row["runs"] != (made.sign is not None):
        yield Difference(where, "its lease runs and should not, or the other way round")
    elif row["late"] or (row["endless"] and row["lease_beat"] != -1):
        yield Difference(where, "its lease ends later than any sign of life lets it")
    elif (row["lease_beat"] is None) != (made.beat is None) or (
        strict and row["lease_beat"] != made.beat
    ):
        yield Difference(where, "a beat would renew its lease by another span")


def _surfaces(
    made: Folded, rows: Iterable[Mapping[str, object]]
) -> Iterator[Difference]:
    own = {_key(row) for row in made.surfaces}
    there = {_key(row) for row in rows}
    for key in sorted({str(row[3]) for row in own ^ there}):
        where = f"surface {key} of {made.id}"
        yield Difference(where, "its rows are others than those by its posts")


def _key(row: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in SURFACE)
