"""What may change in a feed's tree, whatever the posts say."""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.objects import PLAIN, SUBTREE, folded
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree_reader import not_plain
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
"""Paths without a place in a feed, and the like, behind which nobody looks on."""


def malformed(change: Change, after: Snapshot) -> Finding:
    """FF022 or FF024: what is wrong with the folder that `change` brings."""
    path = after.tree.display_path(change.path)
    return malformed_at(path, change.malformed, of_seal=change.of_seal)


def malformed_at(path: str, message: str, *, of_seal: bool = False) -> Finding:
    """FF022 at `path`, or FF024 where it is about a sealed shard."""
    place = Place(printable(path, 400))
    if of_seal:
        return finding("FF024", place, f"{message}; let `fleetfeed seal` make it")
    return finding("FF022", place, f"{message}; build the commit with git itself")


SoundNotes = set[tuple[str, str]]
"""Files that are sound notes of a seat: a thousand notes may be one file."""


def judge_path(
    change: Change,
    before: Snapshot,
    after: Snapshot,
    policy: Policy,
    sound: SoundNotes,
) -> Iterator[Finding]:
    """The findings about one changed path, as far as the tree alone can tell.

    `sound` are the notes that were found to be so by `policy`; it grows.
    """
    if change.malformed:
        yield malformed(change, after)
        return
    place = Place(after.tree.display_path(printable(change.path, 400)))
    kind, misplaced = change.kind, change.misplaced
    if change.old and isinstance(kind, PostPath | NotePath):
        yield published(change, kind, before, after)
    elif misplaced:
        yield _misplaced(misplaced, place, after)
    elif change.new and change.new.mode != PLAIN:
        yield not_plain(change.new, place.path)
    elif change.new and isinstance(kind, NotePath):
        yield from _note(change, kind, after, policy, sound)
    elif change.new and isinstance(kind, SealPath):
        yield from sealed_open(kind, before, after)
    elif isinstance(kind, RulePath) and kind.name == layout.POLICY:
        yield from _policy(after, policy, place)


def take_until_limit(changed: Iterable[Change]) -> tuple[list[Change], bool]:
    """`changed` as far as it must be looked at, and whether that is not to its end.

    A handful of objects can stand for a milliard of paths. What is lawful is an object
    of its own each time; what is not is refused, and nobody looks on behind
    MOST_MISPLACED of them.
    """
    looked_at, refused, owners = list[Change](), 0, dict[str, str]()
    for change in changed:
        looked_at.append(change)
        wrong = change.malformed or change.misplaced or _borrowed(change, owners)
        refused += bool(wrong)
        if refused == MOST_MISPLACED:
            return looked_at, True
    return looked_at, False


def _borrowed(change: Change, owners: dict[str, str]) -> bool:
    """Whether a new post is another item's, too: one of the two is refused (FF105).

    `owners` are the items of the posts so far, by the id of the file.
    """
    post = change.kind
    if not isinstance(post, PostPath) or not change.new or change.old:
        return False
    return owners.setdefault(change.new.id, post.item) != post.item


def _misplaced(wrong: Misplaced, place: Place, after: Snapshot) -> Finding:
    right = after.tree.display_path(printable(wrong.right, 400)) if wrong.right else ""
    todo = f"move it to {right}" if right else "keep it elsewhere"
    message = f"no place in a feed: {wrong.why}; {todo}"
    return finding("FF020", place, message, mended=right)


def published(
    change: Change, kind: PostPath | NotePath, before: Snapshot, after: Snapshot
) -> Finding:
    """FF402: what `change` does to a published post or note."""
    verb = "edited" if change.new and change.new.mode != SUBTREE else "removed"
    place = Place(after.tree.display_path(change.path))
    if isinstance(kind, NotePath):
        message = f"this note of {printable(kind.seat)} is published and may not be"
        todo = "put it back, and write another note"
        return finding("FF402", place, f"{message} {verb}; {todo}")
    item, id_ = kind.item, names.parse(kind.item)
    author = before.post(item, kind.number)
    by = f" by {printable(author.seat)}" if isinstance(author, Post) else ""
    message = f"post {kind.number} of {item} is published{by} and may not be {verb}"
    newest, gap = before.item(item).newest, before.rules.max_gap
    following = after.tree.display_path(layout.post_path(item, newest + 1))
    free = next_number(before, id_.prefix, gap, after) if id_ else ""
    todo = f"put it back; your next post is {following}, a new ticket's number {free}"
    return finding("FF402", place, f"{message}; {todo}", mended=following, item=item)


def _note(
    change: Change, kind: NotePath, after: Snapshot, policy: Policy, sound: SoundNotes
) -> Iterator[Finding]:
    file, path = change.new, change.path
    if not file or (file.id, kind.seat) in sound:
        return
    shown = after.tree.display_path(path)
    note, findings = read_note(after.tree.content(file, path), shown, kind.seat)
    unknown = tuple(unknown_fields(note.places, policy)) if note else ()
    if note and not unknown:
        sound.add((file.id, kind.seat))
    yield from (*findings, *unknown)


def _policy(after: Snapshot, judged_by: Policy, place: Place) -> Iterator[Finding]:
    """A policy that is pushed can be read, and names the same feed ref.

    None at all names the default's.
    """
    reading = after.policy
    if reading.absent:
        if judged_by.ref != DEFAULT.ref:
            message = f"the feed ref is {judged_by.ref}, and without a policy it would"
            todo = "put the policy back"
            yield finding("FF406", place, f"{message} be {DEFAULT.ref}; {todo}")
        return
    if reading.policy is None:
        message = "the policy could not be read by anyone after this"
        yield from reading.findings
        yield finding("FF403", place, f"{message}; mend what the other findings name")
        return
    right, given = judged_by.ref, reading.policy.ref
    if given != right:
        message = f"the feed ref is {right}, and this names {given}"
        yield finding("FF406", place, f"{message}; put `ref: {right}` back")


def case_collisions(after: Snapshot, changes: list[Change]) -> Iterator[Finding]:
    """FF023 for names of one folder that differ only in case or Unicode form."""
    added = [c.path for c in changes if c.new and not c.old]
    for folder in sorted({parent for path in added for parent in _parents(path)}):
        seen: dict[str, str] = {}
        for entry in after.tree.names(folder):
            same = folded(entry.name)
            if same in seen:
                path = f"{folder}/{entry.name}" if folder else entry.name
                place = Place(after.tree.display_path(printable(path, 400)))
                both = f"{printable(entry.name)} and {printable(seen[same])}"
                message = f"{both} differ only in letter case or Unicode form"
                yield finding("FF023", place, f"{message}; rename one")
            seen[same] = entry.name


def _parents(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
