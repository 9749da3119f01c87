"""The posts of a history: each was lawful by the policy under which it landed.

They are folded once, as they stand at the tip: who may take an item from which state to
which, who may claim in a lane, and whether others have agreed where they had to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

from fleetfeed.checks.rule_book import RuleBook
from fleetfeed.judge import transitions
from fleetfeed.judge.step import JudgeContext, Step
from fleetfeed.judge.validate import asked_rules
from fleetfeed.model import layout
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.identity import Speaker
from fleetfeed.model.item import Item, history
from fleetfeed.model.layout import PostPath
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.post import Unreadable
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.workers import side_by_side
from fleetfeed.util.records import record, replace

_PART = 500
"""Items that one process takes at a time."""


@record
class By:
    """The commit that brought a post; its rules are those at the commit `ruler`.

    `speakers` are who brought it, where somebody may have to agree.
    """

    commit: str
    ruler: str
    speakers: tuple[Speaker, ...] = ()


class Brought:
    """How the posts of each item landed, by their numbers."""

    def __init__(self, posts: Iterable[tuple[str, By]]) -> None:
        """By posts, each with its path; of notes nothing is asked."""
        self.items: dict[str, dict[int, By]] = defaultdict(dict)
        for path, by in posts:
            place = layout.classify(path)
            if isinstance(place, PostPath):
                known = self.items[place.item]
                also = known.get(place.number)
                both = (*also.speakers, *by.speakers) if also else by.speakers
                known[place.number] = replace(by, speakers=both)


def unlawful_posts(
    repo: Repo, tip: str, brought: Brought, workers: int
) -> Iterator[Finding]:
    """What is wrong with the posts in `brought`, which stand in the feed at `tip`."""
    items = sorted(brought.items.items())
    parts = [items[at : at + _PART] for at in range(0, len(items), _PART)]
    if workers > 1:
        repo.objects.close()  # each process has its own
    jobs = [partial(_items, tip, dict(part)) for part in parts]
    own = partial(repo.for_worker, workers)
    with closing(side_by_side(jobs, own, workers)) as results:
        for found in results:
            yield from found


def _items(
    tip: str, items: Mapping[str, Mapping[int, By]], repo: Repo
) -> Sequence[Finding]:
    feed, book, found = repo.snapshot(tip), RuleBook(repo), list[Finding]()
    for item, landed in items.items():
        for before, post, after in history(Item(item), feed.posts(item)):
            by = landed.get(post.number)
            if by is None or isinstance(post, Unreadable):
                continue
            policy = book.at(by.ruler, by.ruler).policy
            asked = partial(_speakers, by) if by.speakers else None
            context = JudgeContext(policy, no_signs, Severity.WARN, feed, feed, asked)
            step = Step(before, post, after, context)
            rules = (transitions.authority, *asked_rules(policy))
            wrong = (f for rule in rules for f in rule(step) if _counts(f))
            found += (said_of(by.commit, f) for f in wrong)
    return found


def _speakers(by: By, path: str) -> tuple[Speaker, ...]:
    del path
    return by.speakers


def _counts(found: Finding) -> bool:
    """Whether a finding can be told offline: of a lapse a server alone can tell."""
    return found.rejects and not found.code.startswith("FF5")


def said_of(commit: str, found: Finding) -> Finding:
    """A finding that names the commit: in a history that is where it is mended."""
    name = f"commit {commit[:12]}"
    if name in found.message:
        return found
    return replace(found, message=f"{name}: {found.message}")
