"""Code that nobody had claimed when it was committed, and claims without a commit."""

from collections.abc import Iterable, Iterator, Sequence

from fleetfeed.feed.claim_times import ClaimTimes, Seconds
from fleetfeed.feed.code_paths import CodePaths
from fleetfeed.git.changed import Changed, by_commits
from fleetfeed.judge.guard import TRAILER, claims_said
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import View
from fleetfeed.util.records import record

DATED_APART = 300.0
"""Seconds by which the clocks of who commits and who posts may differ."""


@record
class Orphan:
    """A commit that changes `paths` which nobody had claimed; `keys` are theirs.

    `lane` is that of the first, `branch` the ref by which the commit was found.
    """

    commit: str
    branch: str
    author: str
    time: float
    lane: str
    paths: tuple[str, ...]
    keys: tuple[SurfaceKey, ...]


@record
class Orphans:
    """The commits that nobody had claimed, and the open claims without a commit."""

    commits: tuple[Orphan, ...]
    claims: tuple[Item, ...]


def orphans(repo: Repo, view: View, since: float, seconds: Seconds) -> Orphans:
    """What there is of either since that time, on all branches that are known here.

    Merges are told by what they change themselves.
    """
    feed, paths = view.snapshot, CodePaths(view.snapshot.rules.paths)
    specs = paths.pathspecs_beside(view.where.folder)
    range_ = ("--branches", "--remotes", f"--since={since:.0f}")
    rows = list(by_commits(repo.git, range_, TRAILER, specs))
    times = ClaimTimes(feed, feed.items, seconds)
    found = sorted(_orphans(rows, paths, times), key=_by_lane_and_seat)
    claims = _without_commit(view, rows, paths, seconds)
    return Orphans(tuple(found), tuple(claims))


def _by_lane_and_seat(found: Orphan) -> tuple[str, str, float]:
    return found.lane, found.author.casefold(), found.time


def _orphans(
    rows: Iterable[Changed], paths: CodePaths, times: ClaimTimes
) -> Iterator[Orphan]:
    for row in rows:
        free = {
            path: key
            for path, key in paths.keys(row.paths).items()
            if not any(
                times.claimed(key, row.time + apart)
                for apart in (0.0, -DATED_APART, DATED_APART)
            )
        }
        if free:
            keys = tuple(free.values())
            lane = "".join(keys[0].parts[:1])
            yield Orphan(
                row.commit,
                row.source.removeprefix("refs/heads/"),
                row.author,
                row.time,
                lane,
                tuple(free),
                keys,
            )


def _without_commit(
    view: View, rows: Sequence[Changed], paths: CodePaths, seconds: Seconds
) -> Iterator[Item]:
    """The items in progress with code, for which no commit is known since."""
    feed = view.snapshot
    named = {item for row in rows for item in claims_said(row.trailers)}
    changed = [
        (key, row.time) for row in rows for key in paths.keys(row.paths).values()
    ]
    families = feed.rules.families
    bases = {SurfaceKey.of(base).parts[1:2] for _, base in feed.rules.paths if base}
    for item in feed.open:
        code = [key for key in item.keys if key.parts[1:2] in bases]
        if item.state is not State.IN_PROGRESS or item.id in named or not code:
            continue
        began = (seconds(item.renewals[0].at) if item.renewals else None) or 0.0
        since = [key for key, at in changed if at >= began - DATED_APART]
        if not any(families.overlap(mine, key) for mine in code for key in since):
            yield item
