"""From an item's posts to all rows that follow from them: the tables' one source."""

from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.ledger.postgres.document import item_row, lease_step, surfaces
from fleetfeed.model import layout
from fleetfeed.model.item import Item, fold
from fleetfeed.model.layout import NotePath
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.model.post_reader import read_note, read_post
from fleetfeed.util.records import record

Columns = Mapping[str, object]
"""A row, by the names of its columns."""

ITEM = (
    "id", "prefix", "number", "newest", "epoch", "state", "contact", "open",
    "priority", "filed", "depends", "fold", "turn",
)  # fmt: skip
"""The columns of an item that follow from its posts; leases and turns are clocked."""

SURFACE = (
    "item", "parts", "line", "key", "held", "covering_line", "covering_parts",
    "parent", "bare", "artifact",
)  # fmt: skip
"""The columns of a surface, but what the database makes itself."""


@record
class PostRow:
    """A post as its table has it, but for the append; `sealed_in` is a file's path."""

    path: str
    item: str
    number: int
    op: str
    data: bytes
    sealed_in: str = ""


@record
class NoteRow:
    """A note as its table has it, but for the append."""

    path: str
    item: str
    op: str
    data: bytes


@record
class Folded:
    """An item's rows: its own, and those of its surfaces.

    `sign` are the seconds of the lease that its last sign of life began, `beat` those
    that a beat renews it by (`LeaseStep`); None where no lease runs.
    """

    id: str
    row: Columns
    surfaces: tuple[Columns, ...]
    sign: float | None
    beat: float | None


def folded(
    item: str, posts: Iterable[tuple[int, bytes]], policy: Policy, folder: str
) -> tuple[Folded, tuple[PostRow, ...]]:
    """The rows of `item`, and of its `posts`: bytes by numbers.

    `folder` is the feed's, as it stands in messages.
    """
    read, rows = list[Post | Unreadable](), list[PostRow]()
    for number, data in sorted(posts):
        path = layout.post_path(item, number)
        post = read_post(data, f"{folder}/{path}", item, number)
        op = str(post.fields.get("OP", "")) if isinstance(post, Post) else ""
        read.append(post)
        rows.append(PostRow(path, item, number, op, data))
    whole = fold(item, read)
    first = read[0] if read else None
    at = first.text("AT") if isinstance(first, Post) and first.number == 1 else ""
    step = lease_step(Item(item), read, policy)
    keys = tuple(surfaces(whole, policy.families))
    return Folded(item, item_row(whole, at), keys, step.sign, step.beat), tuple(rows)


def note_row(path: str, kind: NotePath, data: bytes, folder: str) -> NoteRow:
    """The row of the note at `path`."""
    read, _ = read_note(data, f"{folder}/{path}", kind.seat)
    if not isinstance(read, Note):
        return NoteRow(path, "", "", data)
    return NoteRow(path, read.item, str(read.fields.get("OP", "")), data)


@record
class Overlap:
    """Two items that hold one surface, or one that contains the other's."""

    item: str
    key: str
    other: str
    other_key: str


def overlaps(held: Iterable[tuple[str, str, str]]) -> list[Overlap]:
    """Which of the surfaces `held` (line, item, key) belong to two items.

    In the order of lines, whatever contains a line stands before it, and between the
    two nothing but what the larger one contains, too.
    """
    found, above = list[Overlap](), list[tuple[str, str, str]]()
    for line, item, key in sorted(held):
        while above and not line.startswith(above[-1][0]):
            above.pop()
        found += (
            Overlap(other, other_key, item, key)
            for _, other, other_key in above
            if other != item
        )
        above.append((line, item, key))
    return list(dict.fromkeys(found))


def held_lines(rows: Sequence[Folded]) -> Iterable[tuple[str, str, str]]:
    """What items hold, as `overlaps` takes it."""
    for each in rows:
        for row in each.surfaces:
            if row["held"]:
                yield str(row["line"]), each.id, str(row["key"])
