"""The commits of a range of code, each judged by who brings it.

That is whoever it says itself, or proves to be. What was made under an epoch that is
over is taken over by a later commit that is built on it and says the present one: who
got a branch by a handoff goes on with it, and rewrites nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from fleetfeed.git.changed import Changed, by_commits
from fleetfeed.git.process import Git
from fleetfeed.git.queries import reached
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
    tips: Sequence[str],
    beyond: Sequence[str],
    pathspecs: Sequence[str],
    guard: Guard,
    *,
    speakers: Speakers = nobody_asked,
) -> list[Finding]:
    """What `guard` has against the commits of `tips` that are new.

    `beyond` is what is not, as `git rev-list` takes it (`^…`, or `--not …`);
    `pathspecs` find all that may have a surface.
    """
    range_ = (*tips, *beyond)
    if not pathspecs:  # git would tell of all that there is
        return []

    @cache
    def taken_over(item: str) -> frozenset[str]:
        """The commits on which one is built that takes over what is for `item`."""
        rows = list(_naming(git, range_, f"{item}@{guard.epoch(item)}"))
        authors = map(_author, rows, speakers(rows))
        pairs = zip(rows, authors, strict=True)
        heirs = [row.commit for row, by in pairs if guard.brings(item, by)]
        return reached(git, heirs, beyond)

    rows = list(by_commits(git, range_, TRAILER, pathspecs))
    found, many = list[Finding](), 0
    for row, speaker in zip(rows, speakers(rows), strict=True):
        by = _author(row, speaker)
        against = [
            one
            for one in guard.judge(row.paths, by)
            if one.code != OVER
            or (speaker and speaker.flaw)
            or row.commit not in taken_over(one.item)
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
