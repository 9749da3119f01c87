"""A change of code, before it is pushed: judged by the feed as it is known here."""

from collections.abc import Sequence

from fleetfeed.checks.code_commits import judge_commits
from fleetfeed.feed.code_paths import CodePaths
from fleetfeed.git import changed
from fleetfeed.judge.guard import (
    LEAVES_OUT,
    TRAILER,
    Author,
    Guard,
    Levels,
)
from fleetfeed.model.findings import Verdict, in_order
from fleetfeed.model.identity import NONE
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.staged import merged_commits
from fleetfeed.repo.view import View


def staged_code(repo: Repo) -> list[str]:
    """The paths that a commit would change; a merge, against all that it merges."""
    return changed.staged(repo.git, merged_commits(repo))


def judge_code(view: View, paths: Sequence[str], seat: str) -> Verdict:
    """The verdict on `seat` changing `paths`, by the feed in `view`."""
    guard = Guard(view.snapshot, Levels.before(view.snapshot.rules))
    found = guard.judge(_code(view, paths), Author(seat))
    return Verdict(in_order(found), (f"judged by {view.age}",))


def claims_over(view: View, paths: Sequence[str], seat: str) -> dict[str, int]:
    """The claims of `seat` that `paths` lie under, and their epochs."""
    guard = Guard(view.snapshot, Levels.before(view.snapshot.rules))
    return guard.claims(_code(view, paths), seat)


def _judge_range(
    repo: Repo, view: View, tips: Sequence[str], beyond: Sequence[str], levels: Levels
) -> Verdict:
    """The verdict on the commits of `tips`, as a server that asks for no proof has it.

    What nobody says of himself by a trailer is nobody's. `beyond` is what is not new,
    as `git rev-list` takes it.
    """
    guard = Guard(view.snapshot, levels)
    found = judge_commits(repo.git, tips, beyond, _pathspecs(view), guard)
    return Verdict(in_order(found), (f"judged by {view.age}",))


def judge_code_between(repo: Repo, view: View, old: str | None, new: str) -> Verdict:
    """The verdict on a branch that goes from `old` to `new`: what it leaves out, too.

    Each commit is judged as before it is made, by its trailer.
    """
    levels, verdict = Levels.before(view.snapshot.rules), Verdict()
    specs = _pathspecs(view)
    lost = old and specs and changed.left_out(repo.git, old, new, TRAILER, specs)
    if lost:
        by = Author.of_commit(lost.commit, lost.trailers, how=LEAVES_OUT)
        guard = Guard(view.snapshot, levels)
        verdict = Verdict(in_order(guard.judge(lost.paths, by)))
    beyond = (f"^{old}",) if old else ()
    return _judge_range(repo, view, (new,), beyond, levels) + verdict


def judge_code_to_push(
    repo: Repo, view: View, seat: str, tips: Sequence[str], beyond: Sequence[str]
) -> Verdict:
    """The verdict on a push of `tips`, where the policy has the server judge it.

    Where that goes by who proves to be whom, it is `seat` here that is believed.
    """
    rules = view.snapshot.rules
    levels = Levels.of_push(rules)
    if not rules.paths or levels.held is None:
        return Verdict()
    if rules.identity == NONE:
        return _judge_range(repo, view, tips, beyond, levels)
    rows = changed.by_commits(repo.git, (*tips, *beyond), TRAILER, _pathspecs(view))
    paths = dict.fromkeys(path for row in rows for path in row.paths)
    found = Guard(view.snapshot, levels).judge([*paths], Author(seat))
    return Verdict(in_order(found), (f"judged by {view.age}",))


def _pathspecs(view: View) -> Sequence[str]:
    """What git is asked with about code."""
    return CodePaths(view.snapshot.rules.paths).pathspecs_beside(view.where.folder)


def _code(view: View, paths: Sequence[str]) -> Sequence[str]:
    """Those of `paths` that are no posts: these are judged as posts."""
    feed = view.where.folder
    return [path for path in paths if not f"{path}/".startswith(f"{feed}/")]
