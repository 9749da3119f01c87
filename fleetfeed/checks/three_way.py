"""The three trees of a commit, and the two that the judge compares.

Three trees meet here. `head` is where the branch is, `planned` what would be committed,
`fetched` the feed ref as the last fetch saw it. What is on `fetched` is published; what
is only in `head` is a draft, which `--amend` or a rebase may still change. The judge
knows two trees, so the three become `before` and `after`:

* `after`: `planned`, and of each item that `fetched` knows more about, its posts too;
* `before`: `head`, and of such items `fetched`. A commit that brings published posts in
  (a merge, as a rule) is judged as its push would be, from `fetched` on: published
  posts are not judged again, and drafts that they collide with are.
"""

from collections.abc import Iterable
from functools import cached_property

from fleetfeed.feed.diff import Change, additions, changes
from fleetfeed.feed.objects import Entry
from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model import layout
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.util.records import record


def same(one: Entry | None, two: Entry | None) -> bool:
    """Whether both are there, and are the same file."""
    if one is None or two is None:
        return False
    return (one.mode, one.id) == (two.mode, two.id)


def is_post_or_note(change: Change) -> bool:
    """Whether the change is about a post or a note, and no malformed folder."""
    return not change.malformed and isinstance(change.kind, PostPath | NotePath)


@record
class ThreeWay:
    """The three trees of a commit; `fetched` is None where no feed ref was fetched."""

    base: Snapshot
    planned: Snapshot
    upstream: Snapshot | None

    @cached_property
    def changed(self) -> tuple[Change, ...]:
        """What the commit changes."""
        return tuple(changes(self.base.tree, self.planned.tree))

    @cached_property
    def news(self) -> tuple[Change, ...]:
        """Posts and notes of `fetched` that `planned` lacks, or has otherwise."""
        if self.upstream is None:
            return ()
        found = additions(self.planned.tree, self.upstream.tree)
        return tuple(filter(is_post_or_note, found))

    @cached_property
    def behind(self) -> dict[str, int]:
        """Items of which `fetched` has posts that `head` lacks: the newest such."""
        if self.upstream is None:
            return {}
        return newest_added(additions(self.base.tree, self.upstream.tree))

    @cached_property
    def after(self) -> Snapshot:
        """What would be committed, and what `fetched` knows beyond it."""
        laid = {change.path: change.new for change in self.news}
        return self.planned.changed_to(overlay(self.planned.tree, laid))

    @cached_property
    def before(self) -> Snapshot:
        """The world before the commit (see the module)."""
        fetched = self.upstream
        if fetched is None:
            return self.base
        said = [change for change in self.changed if is_post_or_note(change)]
        if any(same(fetched.tree.entry(c.path), c.new) for c in said):
            return fetched
        paths = {layout.item_folder(item) for item in self.behind}
        paths |= {_unit(change) for change in said if change.old}
        laid = {path: fetched.tree.entry(path) for path in paths}
        return self.base.changed_to(overlay(self.base.tree, laid))


def _unit(change: Change) -> str:
    """What is taken from `upstream` as one: an item's folder, or a note."""
    post = change.kind
    return layout.item_folder(post.item) if isinstance(post, PostPath) else change.path


def newest_added(found: Iterable[Change]) -> dict[str, int]:
    """The items that get new posts by `found`, and the newest number of each."""
    newest: dict[str, int] = {}
    for change in found:
        post = change.kind
        if change.new and not change.old and isinstance(post, PostPath):
            newest[post.item] = max(post.number, newest.get(post.item, 0))
    return newest
