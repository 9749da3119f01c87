"""What is built on an older tip of the feed, and may be put upon the newest.

Posts, notes and seals may, where nobody has written the same since. Everything else
goes upon the tip that it was built on, and no other.
"""

from collections.abc import Iterator, Mapping

from fleetfeed.checks.next_commit import Rows
from fleetfeed.checks.pushed_commit import PushedCommit
from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import Entry
from fleetfeed.feed.tree_merge import changes_upon
from fleetfeed.judge.paths import take_until_limit
from fleetfeed.model import layout
from fleetfeed.model.layout import NotePath
from fleetfeed.model.post import Note
from fleetfeed.model.server import QUEUE_REF
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


class BuiltOnOlder(Exception):
    """What was pushed cannot be put upon the newest tip: the text says why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path


@record
class Series:
    """Commits in a line upon one of the feed, the `base`; the last is `commit`.

    `rows` are all of them; `head` is what the last one says.
    """

    base: str
    commit: str
    rows: Rows
    head: PushedCommit

    @classmethod
    def of(cls, repo: Repo, commit: str, rows: Rows) -> "Series":
        """What comes with `commit`. BuiltOnOlder where `rows` are no such line."""
        above = ""
        for one, *parents in rows:
            if len(parents) != 1 or (above and parents != [above]):
                on = "more than one older commit" if parents else "no commit"
                why = f"{commit[:12]} is built on {on} of the feed"
                raise BuiltOnOlder(QUEUE_REF, f"{why}; fetch, rebase, and push again")
            above = one
        return cls(rows[0][1], commit, rows, PushedCommit.read(repo, commit))

    def upon(self, repo: Repo, tip: str) -> Mapping[str, Entry | None]:
        """What to put at which paths of `tip`, so that it has what this changes.

        BuiltOnOlder where it may not be; MergeConflict as `changes_upon`.
        """
        self._require_posts_alone(repo)
        ids = (repo.objects.tree_of(each) for each in (self.base, self.commit, tip))
        entries = dict(changes_upon(repo.objects, *ids))
        _require_something_new(repo.folder, entries)
        notes = f"{repo.folder}/{layout.NOTES}/"
        # A folder that nobody else has touched is one entry.
        if any(_one_within(f"{path}/", notes) for path in entries):
            self._require_unanswered(repo, tip)
        return entries

    def _require_posts_alone(self, repo: Repo) -> None:
        """Raise where this changes more than posts, notes and seals of its base."""
        changed = next(beside_the_feed(repo, self.base, self.commit), "")
        before, after = repo.tree(self.base), repo.tree(self.commit)
        for path in layout.RULES:
            if before.entry(path) != after.entry(path):
                changed = before.display_path(path)
        if changed:
            what = f"{printable(changed, 400)} is no post"
            why = "and what is built on an older feed may bring posts alone"
            raise BuiltOnOlder(changed, f"{what}, {why}; fetch, rebase, and push again")

    def _require_unanswered(self, repo: Repo, tip: str) -> None:
        """Raise where a note is about an item that has got another post since.

        By their dates it is told which notes the writer of a post has seen
        (`feed.messages`), and who yields to an item has seen what it is.
        """
        before, now = repo.snapshot(self.base), repo.snapshot(tip)
        with_notes = repo.incoming(self.commit)
        # What is behind the limit is refused.
        for change in take_until_limit(changes(before.tree, with_notes.tree))[0]:
            if not change.new or not isinstance(change.kind, NotePath):
                continue
            note = with_notes.post_or_note(change.path)
            item = note.item if isinstance(note, Note) else ""
            if item and before.item(item).newest != now.item(item).newest:
                path = before.tree.display_path(change.path)
                why = f"{path} is about {item}, which has got another post since"
                raise BuiltOnOlder(path, f"{why}; fetch, and read that first")


def _require_something_new(folder: str, entries: Mapping[str, Entry | None]) -> None:
    """Raise where all is there already, or a seal is not of what is there now.

    A shard that nobody else has touched goes as a whole. What has come back to one
    since is not for sealing, though a seal would lose nothing of it.
    """
    if not entries:
        why = "all that it brings is on the feed already"
        raise BuiltOnOlder(folder, f"{why}; fetch, and there is nothing to push")
    whole = f"{folder}/PREFIX/SHARD".count("/")
    for path, new in entries.items():
        if new is None and path.count("/") > whole:
            why = f"{printable(path, 400)} is sealed, and its shard has got posts"
            raise BuiltOnOlder(
                path, f"{why} since; fetch, and seal it when it is closed"
            )


def beside_the_feed(repo: Repo, base: str, commit: str) -> Iterator[str]:
    """The paths beside the feed's folder that are not the same in both commits."""
    ids, path = [repo.objects.tree_of(each) for each in (base, commit)], ""
    for name in repo.folder.split("/"):
        one, two = (dict(_named(repo, id_)) for id_ in ids)
        both = one.keys() | two.keys()
        yield from (f"{path}{n}" for n in both - {name} if one.get(n) != two.get(n))
        if not (one.get(name) and two.get(name)):
            return  # whoever reads a feed there says what it is
        ids, path = [one[name].id, two[name].id], f"{path}{name}/"


def _named(repo: Repo, tree: str) -> Iterator[tuple[str, Entry]]:
    return ((row.name, row) for row in repo.objects.tree(tree))


def _one_within(one: str, other: str) -> bool:
    """Whether one of two folders, which end in a slash, is or holds the other."""
    return one.startswith(other) or other.startswith(one)
