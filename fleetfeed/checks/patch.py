"""What one commit does to the feed, for whoever asks who brought it."""

from collections.abc import Iterator

from fleetfeed.checks.history import Seen, feed_at
from fleetfeed.feed.diff import Change
from fleetfeed.model import layout
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record


@record
class Patch:
    """What one commit does to the feed: the paths that it changes, and its posts.

    `rules` are the rules among them, compared with its first parent, by their paths
    from the top of the tree: a merge that takes an old policy over changes it back.
    """

    commit: str
    parent: str | None
    paths: tuple[str, ...]
    posts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @classmethod
    def of(cls, repo: Repo, seen: Seen, *, on_line: bool) -> "Patch":
        """What `seen` does; it counts for the rules if it is on the feed's line."""
        changed = seen.looked.changed
        posts = tuple(change.path for change in changed if _brings(change))
        rules = tuple(_rules(repo, seen)) if on_line else ()
        paths = (f"{repo.folder}/{change.path}" for change in changed)
        every = tuple(dict.fromkeys((*paths, *rules)))
        return cls(seen.commit, _first(seen), every, posts, rules)

    @property
    def words(self) -> str:
        """What the commit is called in a sentence."""
        return f"commit {self.commit[:12]}"


def _first(seen: Seen) -> str | None:
    """A commit's first parent; None where it has none."""
    return seen.parents[0] if seen.parents else None


def _brings(change: Change) -> bool:
    return bool(change.new) and isinstance(change.kind, PostPath | NotePath)


def _rules(repo: Repo, seen: Seen) -> Iterator[str]:
    first = _first(seen)
    if repo.entry(first, POINTER) != repo.entry(seen.commit, POINTER):
        yield POINTER
    before, after = feed_at(repo, first), feed_at(repo, seen.commit)
    if before.root == after.root:
        return
    for path in layout.RULES:
        if before.entry(path) != after.entry(path):
            yield f"{repo.folder}/{path}"
