"""What may change in a feed's tree, whatever the posts say."""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.item_reader import not_plain
from fleetfeed.feed.objects import PLAIN, SUBTREE, folded
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.fields import unknown_fields
from fleetfeed.judge.numbers import next_number
from fleetfeed.judge.seals import sealed_open
from fleetfeed.model import layout, names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.layout import Misplaced, NotePath, PostPath, RulePath, SealPath
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.model.post import Post
from fleetfeed.model.post_reader import read_note
from fleetfeed.util.printable import printable

MOST_MISPLACED = 1000
"""How many paths without a place in a feed are told before nobody looks on."""


def malformed(change: Change, after: Snapshot) -> Finding:
    """FF022 or FF024: what is wrong with the folder that `change` brings."""
    return malformed_at(
        after.tree.display_path(change.path), change.malformed, of_seal=change.of_seal
    )


def malformed_at(path: str, said: str, *, of_seal: bool = False) -> Finding:
    """FF022 at `path`, or FF024 where it is about a sealed shard."""
    place = Place(printable(path, 400))
    if of_seal:
        return finding("FF024", place, f"{said}; let `fleetfeed seal` make it")
    return finding("FF022", place, f"{said}; build the commit with git itself")


def judge_path(
    change: Change, before: Snapshot, after: Snapshot, policy: Policy
) -> Iterator[Finding]:
    """The findings about one changed path, as far as the tree alone can tell."""
    if change.malformed:
        yield malformed(change, after)
        return
    place = Place(after.tree.display_path(printable(change.path, 400)))
    slot, stray = layout.classify(change.path), _misplaced_of(change)
    if change.old and isinstance(slot, PostPath | NotePath):
        yield published(change, slot, before, after)
    elif change.new and stray:
        yield _misplaced(stray, place, after)
    elif change.new and change.new.mode != PLAIN:
        yield not_plain(change.new, place.path)
    elif change.new and isinstance(slot, NotePath):
        yield from _note(change, slot, after, policy)
    elif change.new and isinstance(slot, SealPath):
        yield from sealed_open(slot, before, after)
    elif isinstance(slot, RulePath) and slot.name == layout.POLICY:
        yield from _policy(after, policy, place)


def _misplaced_of(change: Change) -> Misplaced | None:
    """Why the new entry has no place in a feed; None where it has one, or is none."""
    if change.new and change.new.mode == SUBTREE:
        return layout.misplaced_folder(change.path)
    slot = layout.classify(change.path)
    return slot if change.new and isinstance(slot, Misplaced) else None


def take_until_limit(changed: Iterable[Change]) -> tuple[list[Change], bool]:
    """`changed` as far as it must be looked at, and whether that is not to its end.

    A handful of objects can stand for a milliard of paths. What is lawful is an object
    of its own each time; what is not is refused, and nobody looks on behind MOST_STRAYS
    of them.
    """
    looked_at, strays, owners = list[Change](), 0, dict[str, str]()
    for change in changed:
        looked_at.append(change)
        strays += bool(
            change.malformed or _misplaced_of(change) or _borrowed(change, owners)
        )
        if strays == MOST_MISPLACED:
            return looked_at, True
    return looked_at, False


def _borrowed(change: Change, owners: dict[str, str]) -> bool:
    """Whether a new post is another item's, too: one of the two is refused (FF105).

    `owners` are the items of the posts so far, by the id of the file.
    """
    slot = layout.classify(change.path)
    if not isinstance(slot, PostPath) or not change.new or change.old:
        return False
    return owners.setdefault(change.new.id, slot.item) != slot.item


def _misplaced(slot: Misplaced, place: Place, after: Snapshot) -> Finding:
    right = after.tree.display_path(printable(slot.right, 400)) if slot.right else ""
    todo = f"move it to {right}" if right else "keep it elsewhere"
    return finding(
        "FF020", place, f"no place in a feed: {slot.why}; {todo}", mended=right
    )


def published(
    change: Change, slot: PostPath | NotePath, before: Snapshot, after: Snapshot
) -> Finding:
    """FF402: what `change` does to the published post or note at `slot`."""
    verb = "edited" if change.new and change.new.mode != SUBTREE else "removed"
    place = Place(after.tree.display_path(change.path))
    if isinstance(slot, NotePath):
        message = (
            f"this note of {printable(slot.seat)} is published and may not be {verb}"
        )
        return finding(
            "FF402", place, f"{message}; put it back, and write another note"
        )
    item, known = before.item(slot.item), names.parse(slot.item)
    author = before.post(slot.item, slot.number)
    by = f" by {printable(author.seat)}" if isinstance(author, Post) else ""
    message = (
        f"post {slot.number} of {slot.item} is published{by} and may not be {verb}"
    )
    following = after.tree.display_path(layout.post_path(slot.item, item.newest + 1))
    gap = before.rules.max_gap
    free = next_number(before, known.prefix, gap, after) if known else ""
    todo = f"put it back; your next post is {following}, a new ticket's number {free}"
    return finding(
        "FF402", place, f"{message}; {todo}", mended=following, item=slot.item
    )


def _note(
    change: Change, slot: NotePath, after: Snapshot, policy: Policy
) -> Iterator[Finding]:
    data = after.tree.content(change.new, change.path) if change.new else b""
    note, findings = read_note(data, after.tree.display_path(change.path), slot.seat)
    yield from findings
    if note:
        yield from unknown_fields(note.places, policy)


def _policy(after: Snapshot, judged_by: Policy, place: Place) -> Iterator[Finding]:
    """A policy that is pushed can be read, and names the same feed ref.

    None at all names the default's.
    """
    reading = after.policy
    if reading.absent:
        if judged_by.ref != DEFAULT.ref:
            message = (
                f"the feed ref is {judged_by.ref}, and without a policy it would be"
            )
            yield finding(
                "FF406", place, f"{message} {DEFAULT.ref}; put the policy back"
            )
        return
    if reading.policy is None:
        message = "the policy could not be read by anyone after this"
        yield from reading.findings
        yield finding("FF403", place, f"{message}; mend what the other findings name")
        return
    if reading.policy.ref != judged_by.ref:
        message = (
            f"the feed ref is {judged_by.ref}, and this names {reading.policy.ref}"
        )
        yield finding("FF406", place, f"{message}; put `ref: {judged_by.ref}` back")


def case_collisions(after: Snapshot, changes: list[Change]) -> Iterator[Finding]:
    """FF023 for names of one folder that differ only in case or Unicode form."""
    added = [c.path for c in changes if c.new and not c.old]
    for folder in sorted({parent for path in added for parent in _parents(path)}):
        seen: dict[str, str] = {}
        for entry in after.tree.names(folder):
            same = folded(entry.name)
            if same in seen:
                path = f"{folder}/{entry.name}" if folder else entry.name
                message = (
                    f"{printable(entry.name)} and "
                    f"{printable(seen[same])} differ only in"
                )
                yield finding(
                    "FF023",
                    Place(after.tree.display_path(printable(path, 400))),
                    f"{message} letter case or Unicode form; rename one",
                )
            seen[same] = entry.name


def _parents(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
