"""The commits of a range of code, each judged by who brings it.

That is whoever it says itself, or proves to be. What was made under an epoch that is
over is taken over by a later commit that is built on it and says the present one: who
got a branch by a handoff goes on with it, and rewrites nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from fleetfeed.git.changed import Changed, by_commits
from fleetfeed.git.process import Git
from fleetfeed.git.queries import is_within
from fleetfeed.judge.guard import OVER, TRAILER, Author, Guard
from fleetfeed.model.findings import Finding
from fleetfeed.model.identity import Speaker

Speakers = Callable[[Sequence[Changed]], Sequence[Speaker | None]]
"""Who stands behind each of some commits; None where the fleet asks nobody."""

_MOST = 50
"""Commits that are refused, behind which nobody looks on."""


def nobody_asked(rows: Sequence[Changed]) -> Sequence[Speaker | None]:
    """The speakers of a fleet that asks for no proof."""
    return [None] * len(rows)


def judge_commits(
    git: Git,
    range_: Sequence[str],
    pathspecs: Sequence[str],
    guard: Guard,
    *,
    speakers: Speakers = nobody_asked,
) -> list[Finding]:
    """What `guard` has against the commits of a range, which `git rev-list` takes.

    `pathspecs` find all that may have a surface.
    """
    if not pathspecs:  # git would tell of all that there is
        return []

    @cache
    def heirs(item: str) -> list[str]:
        """The commits of the range that take over what was made for `item`."""
        rows = list(_naming(git, range_, f"{item}@{guard.epoch(item)}"))
        authors = map(_author, rows, speakers(rows))
        pairs = zip(rows, authors, strict=True)
        # The newest is asked first: it is built on most.
        return [row.commit for row, by in pairs if guard.brings(item, by)][::-1]

    rows = list(by_commits(git, range_, TRAILER, pathspecs))
    found, many = list[Finding](), 0
    for row, speaker in zip(rows, speakers(rows), strict=True):
        by = _author(row, speaker)
        against = [
            one
            for one in guard.judge(row.paths, by)
            if one.code != OVER
            or (speaker and speaker.flaw)
            or not any(is_within(git, row.commit, heir) for heir in heirs(one.item))
        ]
        found += against
        many += bool(against)
        if many == _MOST:
            break
    return found


def _author(row: Changed, speaker: Speaker | None) -> Author:
    return Author.of_commit(row.commit, row.trailers, speaker)


def _naming(git: Git, range_: Sequence[str], claim: str) -> Iterator[Changed]:
    """The commits of a range that say by their trailer that they are for `claim`."""
    asked = (*range_, "--fixed-strings", f"--grep={claim}")
    rows = by_commits(git, asked, TRAILER)
    return (row for row in rows if claim in row.trailers)
