"""A write as the database takes it (`append_if`): rows, and what the judge has seen.

Which rows follow from a post is told here and nowhere else. What it must believe nobody
the database keeps to itself: its clock, and that no two hold one surface.
"""

from collections.abc import Iterable, Iterator, Mapping
from json import dumps

from fleetfeed.feed.codec import item_to_text
from fleetfeed.feed.line import overtaken, unblocked
from fleetfeed.feed.near import Concern, Filed, filed
from fleetfeed.feed.summary import is_open
from fleetfeed.feed.surface_index import FULL, Hold
from fleetfeed.lease.lease import is_sign, lease_of, longest
from fleetfeed.ledger.base import Files
from fleetfeed.ledger.postgres.snapshot import PostgresSnapshot
from fleetfeed.model import names
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.families import Families
from fleetfeed.model.item import Item, history
from fleetfeed.model.layout import NotePath, PostPath, RulePath, classify
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Note, Post, State, Unreadable
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

WITHOUT_END = -1.0
"""The seconds of a lease without end, as the database has them."""

NOTHING: Mapping[str, object] = {
    **dict.fromkeys(("op", "message", "digest", "any_number", "freed"), ""),
    **dict.fromkeys(("posts", "notes", "rules_new", "items", "reset"), ()),
    **dict.fromkeys(("resurfaced", "surfaces", "unblocked", "passed", "locks"), ()),
    "rules": 0,
    "seen": {},
    "ask": {},
}
"""What `append_if` takes, where nothing is written (see `migrations/0001.sql`)."""

_LONGEST_NOTICE = 7000
"""Bytes: PostgreSQL's notifications have less than 8,000."""


@record
class Document:
    """A write: its JSON, and the bytes of posts, notes and rules in its order."""

    text: str
    data: tuple[bytes | None, ...]


def document(
    before: PostgresSnapshot,
    after: PostgresSnapshot,
    files: Files,
    message: str,
    any_number: str,
) -> Document:
    """The write that goes from `before` to `after` by `files`."""
    kinds = {path: classify(path) for path in files}
    posts = {path: kind for path, kind in kinds.items() if isinstance(kind, PostPath)}
    notes = [path for path, kind in kinds.items() if isinstance(kind, NotePath)]
    rules = [path for path, kind in kinds.items() if isinstance(kind, RulePath)]
    if len(posts) + len(notes) + len(rules) < len(files):
        raise Usage("a ledger in PostgreSQL has posts, notes and rules, and no other")
    touched = after.new_posts
    families = after.rules.families
    changed = [item for item in touched if _resurfaced(before, after, item)]
    anew = bool(rules) and families != before.rules.families
    if anew:
        # What a key is compared by has changed: that of every item.
        changed = sorted({hold.item for hold in _all_holds(after)})
        after.expect(changed)
    rows = [row for item in changed for row in surfaces(after.item(item), families)]
    if anew:
        _must_stay_apart(rows)
    steps = {item: _lease(before, after, item) for item in touched}
    said = {path: after.post_or_note(path) for path in (*posts, *notes)}
    reading = after.reading
    asked = after.concern
    if reading.looked:
        reading.concerned(asked)
    seen = reading.answer(asked)
    told = {
        "op": next(map(_op, filter(_is_readable, said.values())), ""),
        "message": message,
        "rules": reading.rules_at,
        "seen": reading.seen,
        "posts": [_post_row(path, kind, said[path]) for path, kind in posts.items()],
        "notes": [_note_row(path, said[path]) for path in notes],
        "rules_new": rules,
        "items": [_item_row(after, item, steps[item]) for item in touched],
        "reset": [item for item in touched if steps[item].reset],
        "resurfaced": changed,
        "surfaces": rows,
        "at": after.reading.at if anew else None,
        "digest": seen.digest,
        "any_number": any_number,
        "freed": _freed(before, after),
        "unblocked": [
            item.id for item in unblocked(before, after, sorted(touched), families)
        ],
        "passed": [
            item.id for item in overtaken(before, after, sorted(touched), families)
        ],
        "locks": _locks(before, after, changed, asked, rules=bool(rules)),
    }
    text = f'{dumps(told)[:-1]}, "ask": {seen.asked}}}'
    return Document(text, tuple(files[path] for path in (*posts, *notes, *rules)))


def _must_stay_apart(rows: Iterable[Mapping[str, object]]) -> None:
    """Refused where two items would hold one surface, which no table can have."""
    from fleetfeed.ledger.postgres.folding import overlaps  # late: rules change seldom

    held = ((str(r["line"]), str(r["item"]), str(r["key"])) for r in rows if r["held"])
    found = overlaps(held)
    if found:
        one = found[0]
        pair = f"{one.item} ({printable(one.key)}) and {one.other}"
        message = f"by these rules {pair} ({printable(one.other_key)}) hold one surface"
        raise Refused(f"{message}; `fleetfeed park {one.other}` lets it go, then again")


_Read = Post | Note | Unreadable | None
"""What was read of a post or a note."""


def _is_readable(read: _Read) -> bool:
    return isinstance(read, Post | Note)


def _op(read: _Read) -> str:
    return str(read.fields.get("OP", "")) if isinstance(read, Post | Note) else ""


def _post_row(path: str, kind: PostPath, read: _Read) -> dict[str, object]:
    row = {"path": path, "item": kind.item, "number": kind.number}
    return {**row, "op": _op(read)}


def _note_row(path: str, read: _Read) -> dict[str, object]:
    item = read.item if isinstance(read, Note) else ""
    return {"path": path, "item": item, "op": _op(read)}


def item_row(item: Item, filed_at: str) -> dict[str, object]:
    """The row of an item; `filed_at` is the AT of its first post."""
    known = names.parse(item.id)
    return {
        "id": item.id,
        "prefix": known.prefix if known else "",
        "number": known.number if known else 0,
        "newest": item.newest,
        "epoch": item.epoch,
        "state": item.state.value if item.state else "",
        "contact": item.contact,
        "open": is_open(item),
        "priority": item.priority,
        "filed": filed_at,
        "depends": list(item.texts("DEPENDS_ON")),
        "fold": item_to_text(item),
        "turn": item.turn,
    }


def _item_row(
    after: PostgresSnapshot, item: str, step: "LeaseStep"
) -> dict[str, object]:
    first = after.new_posts[item].get(1)
    at = first.text("AT") if isinstance(first, Post) else ""
    lease = {"sign": step.sign, "lease_beat": step.beat}
    return {**item_row(after.item(item), at), **lease}


@record
class LeaseStep:
    """What new posts do to a lease: `reset` ends the one before, `sign` renews it.

    `sign` are the seconds of the lease that a sign of life begins, None where no post
    was one; `beat` those that a beat renews it by. WITHOUT_END is for ever.
    """

    reset: bool
    sign: float | None
    beat: float | None


def lease_step(
    item: Item, posts: Iterable[Post | Unreadable], policy: Policy
) -> LeaseStep:
    """What `posts` do to the lease of `item` (see `lease.signs_of_life`)."""
    reset, signs = False, list[float | None]()
    running = item.leased
    for before, post, after in history(item, posts):
        if not after.leased or before.holding != after.holding:
            reset, signs, running = True, [], False
        sign = isinstance(post, Post) and is_sign(after, post.seat, after.owner, policy)
        if after.leased and (not running or sign):
            signs.append(lease_of(after, policy))
            running = True
        item = after
    if not running:
        return LeaseStep(reset, None, None)
    beat = _seconds(longest((*signs, lease_of(item, policy))))
    return LeaseStep(reset, _seconds(longest(signs)) if signs else None, beat)


def _seconds(lease: float | None) -> float:
    return WITHOUT_END if lease is None else lease


def _lease(before: PostgresSnapshot, after: PostgresSnapshot, item: str) -> LeaseStep:
    posts = after.new_posts[item]
    return lease_step(before.item(item), posts.values(), after.rules)


def _resurfaced(before: PostgresSnapshot, after: PostgresSnapshot, item: str) -> bool:
    """Whether an item has other surfaces now, or others at rest."""
    was, now = before.item(item), after.item(item)
    return _texts(was.held) != _texts(now.held) or _texts(was.resting) != _texts(
        now.resting
    )


def _texts(keys: Iterable[SurfaceKey]) -> set[tuple[tuple[str, ...], str]]:
    return {(key.parts, key.text) for key in keys}


def _all_holds(after: PostgresSnapshot) -> tuple[Hold, ...]:
    after.reading.all_surfaces()
    return (*after.holders, *after.resting)


def surfaces(item: Item, families: Families) -> Iterator[Mapping[str, object]]:
    """The rows of an item's surfaces, each behind the one that covers it."""
    rests = (key for key in item.resting if len(key.parts) >= FULL)  # as `rests_of`
    for held, keys in ((True, item.held), (False, rests)):
        rows = {
            (f.line, f.parts): (f, k.text) for k in keys for f in filed(k, families)
        }
        whole = list[Filed]()
        for _, (row, text) in sorted(rows.items()):
            cover = next((w for w in whole if row.line.startswith(w.line)), None)
            if cover is None:
                whole.append(row)
            yield {
                "item": item.id,
                "parts": row.parts,
                "line": row.line,
                "key": text,
                "held": held,
                "covering_line": cover.line if cover else None,
                "covering_parts": cover.parts if cover else None,
                "parent": row.parent,
                "bare": row.bare,
                "artifact": row.artifact,
            }


def _freed(before: PostgresSnapshot, after: PostgresSnapshot) -> str:
    """The items that let something go, for who waits for them."""
    steps = ((before.item(name), after.item(name)) for name in after.new_posts)
    gone = (now.id for was, now in steps if _lets_go(was, now))
    return " ".join(gone)[:_LONGEST_NOTICE]


def _lets_go(was: Item, now: Item) -> bool:
    """Whether a surface is free now, a place in line, or the item; or it is over."""
    ended = was.state is State.IN_PROGRESS and now.state is not State.IN_PROGRESS
    left = was.turn > 0 and (was.turn, was.keys) != (now.turn, now.keys)
    over = bool(now.state and now.state.terminal and was.state is not now.state)
    offered = now.state is State.AWAITING_CLAIM and _offer(was) != _offer(now)
    let_go = any(key not in now.held for key in was.held)
    return ended or left or over or let_go or (was.newest > 0 and offered)


def _offer(item: Item) -> tuple[object, ...]:
    """To whom an item is open, and when."""
    return item.state, item.owner, item.texts("DEPENDS_ON")


def _locks(
    before: PostgresSnapshot,
    after: PostgresSnapshot,
    changed: Iterable[str],
    asked: Concern,
    *,
    rules: bool,
) -> list[tuple[str, bool]]:
    """What nobody else may change meanwhile: a text, and whether it is ours alone.

    Two keys that overlap, or are near, have one text in common that one of them has
    alone, if one of them is taken or let go.
    """
    moved = bool(tuple(changed))
    found: dict[str, bool] = {"rules": rules}

    def lock(text: str, *, alone: bool) -> None:
        found[text] = found.get(text, False) or alone

    if moved or after.reading.answer(asked).digest:
        own = {*asked.within}
        for line in asked.lines:
            lock(f"line {line}", alone=moved and line in own)
        for line in asked.artifacts:
            lock(f"artifact {line}", alone=moved and line in asked.inside)
        for parent in asked.parents:
            lock(f"parent {parent}", alone=moved)
        for parent, word in asked.alike:
            lock(f"alike {parent} {word}", alone=moved)
    for item in after.reading.seen:
        if not before.item(item).newest:
            lock(f"item {item}", alone=item in after.new_posts)
    return sorted(found.items())
