"""Who signed a commit, for who looks at what it brought: by the rules it landed under.

It is told, and not judged: `checks.verify` proves.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from fleetfeed.checks.commit_signers import commit_signers
from fleetfeed.checks.landing import Landed, Landing
from fleetfeed.checks.patch import Patch
from fleetfeed.checks.rule_book import RuleBook
from fleetfeed.git import queries
from fleetfeed.model.identity import Speaker
from fleetfeed.repo.repository import Repo

_NEAR = 1000
"""Commits from the tip on in which most of what is asked about has landed."""


def signed_by(repo: Repo, tip: str, commits: Collection[str]) -> Mapping[str, str]:
    """In words, who signed each of `commits`, which the history of `tip` has.

    The first ones of a shallow clone are left out: what is in them came before.
    """
    commits = frozenset(commits) - repo.shallow
    near = queries.commit_of(repo.git, f"{tip}~{_NEAR}")
    landed = list(Landing(repo, near, tip).these(commits))
    if near and len(landed) < len(commits):
        landed = list(Landing(repo, None, tip).these(commits))
    book, found = RuleBook(repo), dict[str, str]()
    for ruler, rows in _by_ruler(landed).items():
        times = {row.commit: row.at for row in rows}
        patches = [Patch(row.commit, None, ()) for row in rows]
        by_rules = book.at(ruler, ruler)
        who = commit_signers(repo, by_rules, patches, times.__getitem__)
        found |= {row.commit: _words(by) for row, by in zip(rows, who, strict=True)}
    return found


def _by_ruler(landed: Collection[Landed]) -> Mapping[str, list[Landed]]:
    found: dict[str, list[Landed]] = defaultdict(list)
    for row in landed:
        found[row.ruler].append(row)
    return found


def _words(speaker: Speaker) -> str:
    """`signed by key SHA256:… (CAMBER-06)`; what is wrong, without what to do."""
    if not speaker.flaw:
        return f"signed by {speaker.who}"
    if speaker.flaw.code == "FF602":
        return "unsigned"
    why = speaker.flaw.words.partition(";")[0]
    return f"{why.removeprefix('is ')} ({speaker.flaw.code})"
