"""The work tree: what committing it would be refused for, and the feed as it stands.

What went past the hooks is no change to HEAD, so no commit is refused for it; here it
is found.
"""

import shlex
from collections.abc import Iterator

from fleetfeed.checks.audit_overlaps import both_held
from fleetfeed.checks.authors import UNTOLD
from fleetfeed.checks.commit import judge_commit, three_way
from fleetfeed.checks.three_way import ThreeWay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git import queries
from fleetfeed.git.remote import remote_value
from fleetfeed.judge.rule_changes import rules_as_they_stand
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Finding, Verdict, in_order
from fleetfeed.model.identity import NONE, PUSHER
from fleetfeed.model.post import Unreadable
from fleetfeed.repo.location import Where, feed_unknown
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.staged import staged
from fleetfeed.util.printable import printable


def judge_work_tree(repo: Repo, planned: FeedTree) -> Verdict:
    """The verdict on committing `planned`, and on the feed as it would then stand.

    CannotTell where there is no feed to look at.
    """
    verdict = judge_commit(repo, planned)
    trees, where = three_way(repo, planned)
    if not any(feed and feed.tree.root for feed in _feeds(trees)):
        message = f"there is no feed in {printable(where.folder)}/, so nothing is known"
        todo = (
            "`fleetfeed init` starts one, `git config fleetfeed.dir` says where it is"
        )
        raise feed_unknown(f"{message}; {todo}")
    if any(change.malformed for change in trees.changed):
        return verdict
    said = {_about(found) for found in verdict.findings}
    standing = (f for f in _standing(trees.after, where) if _about(f) not in said)
    verdict += Verdict(in_order(standing))
    if trees.upstream is None and not verdict.refused:
        _nothing_unseen(repo, where)
    return verdict + _untold(trees)


def judge_index(repo: Repo) -> Verdict:
    """The verdict on committing what is staged, for who asks before the commit."""
    planned = staged(repo)
    return judge_commit(repo, planned) + _untold(three_way(repo, planned)[0])


def _untold(trees: ThreeWay) -> Verdict:
    """A remark where only the server can tell who will have pushed it."""
    rules = (trees.upstream or trees.base).rules
    return Verdict(remarks=(UNTOLD,) if rules.identity == PUSHER else ())


def _nothing_unseen(repo: Repo, where: Where) -> None:
    """CannotTell where the remote's feed, which is not fetched, has more than HEAD.

    That is so in a bare clone and its worktrees, whose branches no fetch moves, and
    where the refspec is narrow. Nobody's feed is seen by half.
    """
    remote, git = where.remote, repo.git
    now = remote_value(git, remote, where.ref) if remote else None
    if remote is None or now in (None, repo.head):
        return
    here = repo.head and queries.commit_of(git, str(now))
    if repo.head and here and queries.is_within(git, here, repo.head):
        return
    named = remote in queries.remotes(repo.settings)
    message = f"{where.ref} of {printable(remote)} was never fetched here"
    todo = _fetching(remote, where.ref, tracked=bool(where.tracking))
    todo = f"`{todo}` brings it" if named else "`fleetfeed join` sees to that"
    raise CannotTell(f"{message}, and is at another commit; {todo}")


def _fetching(remote: str, ref: str, *, tracked: bool) -> str:
    """The command that fetches a remote's `ref`, and lets each fetch do so."""
    name = shlex.quote(remote)
    if tracked:
        return f"git fetch {name}"
    branch = ref.removeprefix("refs/heads/")
    spec = shlex.quote(f"+{ref}:refs/remotes/{remote}/{branch}")
    return f"git config --add remote.{name}.fetch {spec} && git fetch {name}"


def _feeds(trees: ThreeWay) -> tuple[Snapshot | None, ...]:
    return trees.base, trees.planned, trees.upstream


def _about(found: Finding) -> tuple[str, str, str]:
    """The item's folder, and what is said of it: a collision is said of one post."""
    folder, _, _ = found.place.path.rpartition("/")
    return found.code, folder, found.item


def _standing(feed: Snapshot, where: Where) -> Iterator[Finding]:
    """Who holds what another holds, and what is wrong with the rules, if they ask.

    And, as warnings, which posts cannot be read.
    """
    held = [(item.id, item.newest, item.held) for item in feed.open if item.held]
    yield from both_held(held, where.folder, feed.rules.families)
    if feed.rules.identity != NONE:
        yield from rules_as_they_stand(feed)
    for item in feed.open:
        posts = feed.posts(item.id, only=item.unreadable) if item.unreadable else ()
        for post in posts:
            if isinstance(post, Unreadable):
                yield from (found.softened() for found in post.findings)
