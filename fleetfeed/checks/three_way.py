"""The three trees of a commit, and the two that the judge compares.

Three trees meet here. `base` is HEAD, `planned` what would be committed, `upstream` the
feed ref as the last fetch saw it. What is on `upstream` is published; what is only in
`base` is a draft, which `--amend` or a rebase may still change. The judge knows two
trees, so the three become `before` and `after`:

* `after`: `planned`, and of each item that `upstream` knows more about, its posts too;
* `before`: `base`, and of such items `upstream`. A commit that brings published posts
  in (a merge, as a rule) is judged as its push would be, from `upstream` on: published
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
    """The three trees of a commit; `upstream` is None where nothing was fetched."""

    base: Snapshot
    planned: Snapshot
    upstream: Snapshot | None

    @cached_property
    def changed(self) -> tuple[Change, ...]:
        """What the commit changes."""
        return tuple(changes(self.base.tree, self.planned.tree))

    @cached_property
    def news(self) -> tuple[Change, ...]:
        """Posts and notes of `upstream` that `planned` lacks, or has otherwise."""
        if self.upstream is None:
            return ()
        found = additions(self.planned.tree, self.upstream.tree)
        return tuple(filter(is_post_or_note, found))

    @cached_property
    def behind(self) -> dict[str, int]:
        """Items of which `upstream` has posts that `base` lacks: the newest such."""
        if self.upstream is None:
            return {}
        return newest_added(additions(self.base.tree, self.upstream.tree))

    @cached_property
    def after(self) -> Snapshot:
        """What would be committed, and what `upstream` knows beyond it."""
        entries = {change.path: change.new for change in self.news}
        return self.planned.changed_to(overlay(self.planned.tree, entries))

    @cached_property
    def before(self) -> Snapshot:
        """The world before the commit (see the module)."""
        upstream = self.upstream
        if upstream is None:
            return self.base
        posts = [change for change in self.changed if is_post_or_note(change)]
        if any(same(upstream.tree.entry(c.path), c.new) for c in posts):
            return upstream
        paths = {layout.item_folder(item) for item in self.behind}
        paths |= {_unit(change) for change in posts if change.old}
        entries = {path: upstream.tree.entry(path) for path in paths}
        return self.base.changed_to(overlay(self.base.tree, entries))


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
