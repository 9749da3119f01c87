"""A feed in git as rows for the tables: read and folded by several processes."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry
from fleetfeed.feed.shards import Shard, item_entries, shards
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_reader import together
from fleetfeed.git.objects import Objects
from fleetfeed.ledger.postgres.folding import (
    Folded,
    NoteRow,
    PostRow,
    folded,
    note_row,
)
from fleetfeed.model import layout
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.layout import Misplaced, NotePath, RulePath, SealPath
from fleetfeed.model.policy import Policy
from fleetfeed.model.yaml.salvage import MAX_BYTES
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.workers import all_cores, side_by_side
from fleetfeed.util.printable import first_few
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record

_NOTES_TOGETHER = 1000
_MANY = 4
"""Parts of the work that are worth a second process."""


@record
class Part:
    """Rows of one part of a feed: a shard's, or some notes'."""

    posts: tuple[PostRow, ...] = ()
    items: tuple[Folded, ...] = ()
    notes: tuple[NoteRow, ...] = ()


@record
class FeedRows:
    """All rows of a feed. `rules` and `seals` are bytes by path."""

    posts: tuple[PostRow, ...]
    items: tuple[Folded, ...]
    notes: tuple[NoteRow, ...]
    rules: Mapping[str, bytes]
    seals: Mapping[str, bytes]


def feed_rows(
    repo: Repo,
    commit: str,
    files: Mapping[str, str],
    folder: str,
    on_progress: OnProgress,
) -> FeedRows:
    """The rows of the feed in a commit, whose `files` are ids by path (`files_in`).

    `folder` is what the ledger calls the feed's.

    Refused where something in it has no place in a feed, CannotTell where its policy
    cannot be read.
    """
    feed = repo.snapshot(commit)
    if feed.policy.findings:
        raise CannotTell(
            f"the policy cannot be read: {feed.policy.findings[0].message}"
        )
    _must_be_places(files, repo.folder)
    tree, rules = feed.tree, feed.rules
    kinds = {path: layout.classify(path) for path in files}
    notes = sorted(p for p, kind in kinds.items() if isinstance(kind, NotePath))
    jobs = [
        *(partial(_shard, shard=s, policy=rules, folder=folder) for s in shards(tree)),
        *(
            partial(_notes, paths=notes[at : at + _NOTES_TOGETHER], folder=folder)
            for at in range(0, len(notes), _NOTES_TOGETHER)
        ),
    ]
    parts = []
    workers = all_cores() if len(jobs) >= _MANY else 1
    with closing(_by(repo, tree, jobs, workers)) as made:
        for done, part in enumerate(made, 1):
            parts.append(part)
            on_progress("reading the feed", done, len(jobs))
    return FeedRows(
        tuple(
            _as_it_lies(row, files, f"{layout.shard_of(row.path)}{layout.SEALED}")
            for part in parts
            for row in part.posts
        ),
        tuple(item for part in parts for item in part.items),
        tuple(note for part in parts for note in part.notes),
        _whole(tree, (p for p, kind in kinds.items() if isinstance(kind, RulePath))),
        _whole(tree, (p for p, kind in kinds.items() if isinstance(kind, SealPath))),
    )


def _by(
    repo: Repo, tree: FeedTree, jobs: "Sequence[partial[Part]]", workers: int
) -> Generator[Part, None, None]:
    def own() -> FeedTree:
        store = repo.objects if workers == 1 else Objects(repo.git)
        return FeedTree(store, tree.root, tree.folder)

    return side_by_side(jobs, own, workers)


def _must_be_places(files: Mapping[str, str], folder: str) -> None:
    wrong = sorted(
        path
        for path, id_ in files.items()
        if " " in id_ or isinstance(layout.classify(path), Misplaced)
    )
    if wrong:
        shown = first_few([f"{folder}/{path}" for path in wrong])
        what = f"what has no place in a feed has none on a ledger: {shown}"
        raise Refused(f"{what}; `git rm` it, and import that commit")


def _as_it_lies(row: PostRow, files: Mapping[str, str], file: str) -> PostRow:
    """The row, with the sealed file that it lies in, where it is no file itself."""
    if row.path in files:
        return row
    return PostRow(row.path, row.item, row.number, row.op, row.data, file)


def _shard(tree: FeedTree, *, shard: Shard, policy: Policy, folder: str) -> Part:
    there = item_entries(tree, shard)
    folders = {str(id_): each for id_, each in there.items() if each.mode == SUBTREE}
    posts, items = list[PostRow](), list[Folded]()
    for item, entry in together(tree, folders):
        own = dict[int, bytes]()
        for row in tree.below(entry, layout.item_folder(item)):
            number = layout.post_number(row.name)
            if number is not None and row.mode == PLAIN:
                own[number] = _bytes(
                    tree, row, f"{layout.item_folder(item)}/{row.name}"
                )
        rows, brought = folded(item, own.items(), policy, folder)
        posts += brought
        items.append(rows)
    return Part(tuple(posts), tuple(items))


def _bytes(tree: FeedTree, entry: Entry, path: str) -> bytes:
    """All of a post, also of one that is too large to be read."""
    data = tree.content(entry, path)
    return data if len(data) < MAX_BYTES else tree.store.whole(entry.id)


def _notes(tree: FeedTree, *, paths: Sequence[str], folder: str) -> Part:
    return Part(notes=tuple(_note(tree, path, folder) for path in paths))


def _note(tree: FeedTree, path: str, folder: str) -> NoteRow:
    kind = layout.classify(path)
    if not isinstance(kind, NotePath):
        raise TypeError(path)
    return note_row(path, kind, tree.read(path) or b"", folder)


def _whole(tree: FeedTree, paths: Iterable[str]) -> Mapping[str, bytes]:
    return dict(_each_whole(tree, paths))


def _each_whole(tree: FeedTree, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(paths):
        entry = tree.entry(path)
        if entry is not None:
            yield path, tree.store.whole(entry.id)
