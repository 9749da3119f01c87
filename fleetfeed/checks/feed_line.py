"""The feed's line: the first parents, in whose order things landed.

Every commit of it was pushed onto its first parent, together with what it merges.
"""

from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place

Parents = Mapping[str, Sequence[str]]
"""The commits of a push or of a history, and the parents of each."""


def feed_line(parents: Parents, old: str | None, new: str) -> Iterator[str]:
    """The first parents from `new` back to `old`, newest first, without `old`."""
    at: str | None = new
    while at is not None and at in parents and at != old:
        yield at
        at = next(iter(parents[at]), None)


def landed_after(
    parents: Parents, line: Sequence[str], old: str | None
) -> dict[str, str | None]:
    """The commit of the feed's line that each commit was pushed onto.

    `line` is newest first; what a commit of it merges came together with it.
    """
    landed: dict[str, str | None] = {}
    onto = old
    for commit in reversed(line):
        onto = parents[commit][0] if parents[commit] else None
        waiting = [commit]
        while waiting:
            one = waiting.pop()
            if one in parents and one not in landed:
                landed[one] = onto
                waiting += parents[one]
    return landed


def out_of_line(
    parents: Parents, line: Sequence[str], old: str | None
) -> Iterator[Finding]:
    """FF617 where `old` is not among the first parents of what is pushed."""
    if old is None or not line or old in parents[line[-1]][:1]:
        return
    who, tip = f"commit {line[0][:12]}", old[:12]
    message = (
        f"{who} has {tip}, where the feed is, as a merged side and not in its line"
    )
    todo = (
        "of first parents; `git rebase` on it (or `git pull --rebase`), and push again"
    )
    yield finding("FF617", Place(who), f"{message} {todo}")
