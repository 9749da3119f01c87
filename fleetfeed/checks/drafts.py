"""What a commit does to posts that are there already, published or not.

The judge sees two trees and no drafts. What is said here is about the third: the feed
ref as it was fetched, which tells what is published.
"""

from collections.abc import Iterator

from fleetfeed.checks.three_way import ThreeWay, is_post_or_note, newest_added, same
from fleetfeed.feed.diff import Change, changes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.paths import published
from fleetfeed.judge.seals import sealed_new
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.util.printable import printable


def changed_posts(trees: ThreeWay) -> Iterator[Finding]:
    """FF402 where a published post is changed, FF408 where a draft is."""
    if trees.upstream is None:
        return
    for change in trees.changed:
        kind = change.kind
        if change.malformed or not isinstance(kind, PostPath | NotePath):
            continue
        there = trees.upstream.tree.entry(change.path)
        if same(there, change.new) or (there is None and change.old is None):
            continue
        if there and (change.new or same(there, change.old)):
            yield published(change, kind, trees.upstream, trees.planned)
        else:
            yield _draft_changed(change, trees.planned.tree)


def left_out(trees: ThreeWay, merged: FeedTree) -> Iterator[Finding]:
    """FF402 for published posts of a merged commit that the merge does not bring in."""
    if trees.upstream is None:
        return
    for change in changes(merged, trees.planned.tree):
        kind = change.kind
        if change.malformed or not isinstance(kind, PostPath | NotePath):
            continue
        if same(trees.upstream.tree.entry(change.path), change.old):
            yield published(change, kind, trees.upstream, trees.planned)


def stale_posts(trees: ThreeWay) -> Iterator[Finding]:
    """FF306 for a new post of an item that others have already written on."""
    # What HEAD has and the commit takes away is no news, but FF402.
    missing = newest_added(trees.news)
    ahead = {item: n for item, n in missing.items() if item in trees.behind}
    for change in trees.changed:
        post = change.kind
        if change.old or not isinstance(post, PostPath) or post.item not in ahead:
            continue
        if trees.upstream and trees.upstream.tree.entry(change.path) is None:
            yield _written_on(trees.planned, post, ahead[post.item])


def mixed(trees: ThreeWay) -> Iterator[Finding]:
    """FF404 where one commit changes the policy and touches posts."""
    policy = any(change.path == layout.POLICY for change in trees.changed)
    if policy and any(is_post_or_note(change) for change in trees.changed):
        path = trees.planned.tree.display_path(layout.POLICY)
        yield mixed_finding(path, "this commit")


def sealed_posts(trees: ThreeWay) -> Iterator[Finding]:
    """FF414 for each post that the commit brings in a sealed shard alone."""
    for change in sealed_new(trees.changed):
        published = trees.upstream and trees.upstream.tree.entry(change.path)
        if not same(published or None, change.new):
            path = trees.planned.tree.display_path(change.path)
            yield sealed_finding(path, "this commit")


def sealed_finding(path: str, who: str) -> Finding:
    """FF414 about the commit `who`."""
    message = f"{who} has this post in a sealed shard, and none before it had the post"
    todo = "add it as a file of its own, and leave sealing to `fleetfeed seal`"
    return finding("FF414", Place(printable(path, 400)), f"{message}; {todo}")


def mixed_finding(path: str, who: str) -> Finding:
    """FF404 about the commit `who`."""
    message = f"{who} changes the policy and touches posts"
    todo = "make it two, the policy first, by itself"
    return finding("FF404", Place(path), f"{message}; {todo}")


def _draft_changed(change: Change, tree: FeedTree) -> Finding:
    verb = "edited" if change.new else "removed"
    message = f"this committed draft is {verb}, which is fine with --amend or"
    todo = "as a commit of its own it is refused at the push until it is squashed"
    place = Place(tree.display_path(change.path))
    return finding("FF408", place, f"{message} in a rebase; {todo}")


def _written_on(planned: Snapshot, post: PostPath, newest: int) -> Finding:
    item, next_ = post.item, newest + 1
    right = planned.tree.display_path(layout.post_path(item, next_))
    place = Place(planned.tree.display_path(layout.post_path(item, post.number)))
    message = f"{item} has posts up to {newest} on the feed ref that are not here yet"
    todo = f"merge or rebase, read them, and number yours {next_}"
    return finding("FF306", place, f"{message}; {todo}", mended=right, item=item)
