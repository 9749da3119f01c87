"""The audit: whether the whole history of a clone is sound.

Every commit keeps what its parents hold; every post can be read and carries the right
number and epoch; no surface has two holders at the tip. Two holders at an earlier
commit of the first-parent chain are listed and not failed: the push that made that
commit may have gone on to settle it. What only the server could know (leases) is not
asked, and neither is the policy: new rules bind new posts.
"""

from collections.abc import Callable, Iterator

from fleetfeed import layout
from fleetfeed.entrance.history import judge_history
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.errors import CannotTell
from fleetfeed.feed.trees import Repo
from fleetfeed.finding import Finding, Place, in_order
from fleetfeed.git.commits import between_question
from fleetfeed.item import Item, step, unborn
from fleetfeed.judge.collisions import overlaps_of
from fleetfeed.judge.epochs import epoch_findings
from fleetfeed.judge.numbers import gaps
from fleetfeed.judge.paths import alike, judge_path, until_hopeless
from fleetfeed.layout import PostSlot
from fleetfeed.policy import DEFAULT
from fleetfeed.post import Unreadable
from fleetfeed.rules import finding
from fleetfeed.shown import shown
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import changes

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it, and of how much."""

# What a policy decides, and what therefore an audit leaves alone.
_OF_THE_POLICY = frozenset({"FF102", "FF406"})


def judge_audit(repo: Repo, tip: str, tell: Tell) -> Verdict:
    """The verdict on the whole history of the commit `tip`."""
    if repo.git.line("rev-parse", "--is-shallow-repository") == "true":
        said = "this clone is shallow, and an audit needs the whole history"
        raise CannotTell(f"{said}; `git fetch --unshallow` and try again")
    snapshot = repo.snapshot(tip)
    found = [*_history(repo, tip, tell), *_tree(repo, snapshot)]
    total = sum(map(len, snapshot.summary.taken.values()))
    for done, item in enumerate(snapshot.items, 1):
        tell("items", done, total)
        found += _item(snapshot, item.id)
        found += _holders(snapshot, item)
    found += _earlier(repo, tip, tell)
    return Verdict(in_order(found))


def _history(repo: Repo, tip: str, tell: Tell) -> Iterator[Finding]:
    commits = repo.git.out(*between_question(None, tip))
    total = commits.count(b"\n")
    yield from judge_history(repo, commits, lambda done: tell("commits", done, total))


def _tree(repo: Repo, snapshot: Snapshot) -> Iterator[Finding]:
    """What is wrong with the tip's paths, notes and policy."""
    empty = repo.snapshot(None)
    changed, _ = until_hopeless(changes(empty.tree, snapshot.tree))
    yield from alike(snapshot, changed)
    for change in changed:
        if isinstance(layout.slot(change.path), PostSlot) and not change.flaw:
            continue  # see `_item`, which knows what has been repaired
        for found in judge_path(change, empty, snapshot, DEFAULT):
            if found.code not in _OF_THE_POLICY:
                yield found


def _item(snapshot: Snapshot, item: str) -> Iterator[Finding]:
    """An item's posts: readable, or repaired since; numbered; with the right epochs."""
    now, posts = unborn(item), snapshot.posts(item)
    yield from gaps(snapshot, item, 0, [post.number for post in posts])
    open_ = snapshot.item(item).spoiled
    for post in posts:
        following = step(now, post)
        if isinstance(post, Unreadable):
            hard = post.number in open_
            yield from post.findings if hard else (f.softened() for f in post.findings)
        else:
            yield from epoch_findings(now, post, following)
        now = following


def _holders(snapshot: Snapshot, item: Item) -> Iterator[Finding]:
    """FF401 for each overlap at the tip, said of the later item of the two."""
    for key, hold in overlaps_of(item, snapshot.holders):
        if hold.item < item.id:
            said = f"COLLIDE-WITH-{hold.item}: {shown(hold.text)} and {shown(key.text)}"
            said = f"{said} of {item.id} are both held; park or cancel one of the two"
            path = layout.post_path(item.id, item.newest)
            yield finding("FF401", Place(snapshot.tree.shown(path)), said)


def _earlier(repo: Repo, tip: str, tell: Tell) -> Iterator[Finding]:
    """Overlaps at the commits of the first-parent chain, as warnings."""
    rows = repo.git.line("rev-list", "--first-parent", "--reverse", tip).split("\n")
    before, met = repo.snapshot(None), set[tuple[str, str]]()
    for done, commit in enumerate(rows, 1):
        tell("steps of the feed ref", done, len(rows))
        after = repo.snapshot(commit)
        touched = _touched(before, after)
        for item in sorted(touched) if commit != tip else ():
            for key, hold in overlaps_of(after.item(item), after.holders):
                pair = (min(item, hold.item), max(item, hold.item))
                if pair not in met:
                    met.add(pair)
                    yield _both(commit, pair, key.text, after)
        before = after


def _touched(before: Snapshot, after: Snapshot) -> set[str]:
    changed, _ = until_hopeless(changes(before.tree, after.tree))
    slots = (layout.slot(change.path) for change in changed)
    return {slot.item for slot in slots if isinstance(slot, PostSlot)}


def _both(commit: str, pair: tuple[str, str], key: str, after: Snapshot) -> Finding:
    said = f"at commit {commit[:12]} {pair[0]} and {pair[1]} both held {shown(key)}"
    place = Place(after.tree.shown(layout.item_folder(pair[1])))
    todo = "nothing to do if its push went on to settle it"
    return finding("FF401", place, f"{said}; {todo}").softened()
