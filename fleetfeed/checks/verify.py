"""The history proven: each commit by who was allowed to bring it when it landed.

Offline, from what git keeps. Each commit is asked about as the server asked, by the
rules under which it landed, as of its time in the history (`checks.landing`). So what a
server has let through passes here, and what it could not have let through does not; but
for what the server alone knew: who pushed, whether a lease had lapsed, what o'clock it
was, and which commits came together.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from tempfile import TemporaryDirectory

from fleetfeed.checks.authors import (
    Known,
    brought_by,
    lawful,
    of_their_own,
    rules_with_posts,
)
from fleetfeed.checks.feed_line import out_of_line
from fleetfeed.checks.history import Seen, feed_at, look_at, lost_from_line
from fleetfeed.checks.landing import Landed, Landing
from fleetfeed.checks.patch import Patch
from fleetfeed.checks.push import cut_off
from fleetfeed.checks.rule_book import RuleBook
from fleetfeed.checks.verify_posts import Brought, By, said_of, unlawful_posts
from fleetfeed.feed.objects import MalformedTree
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git import queries
from fleetfeed.judge.identity import unspoken
from fleetfeed.judge.rule_changes import rules_as_they_stand
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place, in_order, refuses
from fleetfeed.model.post import Note, Post
from fleetfeed.repo.repository import NoFeedFolder, Repo
from fleetfeed.repo.workers import all_cores, side_by_side
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record, replace

_PART = 250
"""Commits that one process takes at a time."""
_SHORT = 200
"""Commits below which a second process costs more than it brings."""


@record
class Proof:
    """What a history proves of who brought it.

    Of its `commits`, `asked` landed while the policy asked who brings what (for 0 the
    first number is not known), `untold` of these while it went by who pushes; `signed`
    of the others brought something.
    """

    findings: tuple[Finding, ...] = ()
    commits: int = 0
    asked: int = 0
    untold: int = 0
    signed: int = 0

    @property
    def unproven(self) -> str:
        """What nobody can prove; empty where that is nothing."""
        if not self.untold:
            return ""
        message = f"{_commits(self.untold)} landed under `identity: {{mode: pusher}}`"
        return f"{message}; who pushed is not in git's data, so it is not proven"

    @property
    def words(self) -> str:
        """What was proven."""
        if not self.asked:
            return "the policy never asked who brought what, so there is no proof of it"
        how = "judged" if refuses(self.findings) else "verified"
        message = f"signatures of {_commits(self.signed)} were {how} by the rules"
        before = self.commits - self.asked
        more = f"; {_commits(before)} landed before anybody was asked" if before else ""
        return f"{message} and the time of each{more}"


def _commits(count: int) -> str:
    return f"{count} commit{'' if count == 1 else 's'}"


def prove(
    repo: Repo,
    tip: str,
    on_progress: OnProgress,
    since: str | None = None,
    workers: int | None = None,
) -> Proof:
    """Whether the history of `tip` was lawful: all of it, or what came after `since`.

    By so many processes. CannotTell where a part of it is not here.
    """
    if repo.shallow:
        raise cut_off(repo, "a history is proven as a whole")
    gone = tuple(_not_from(repo, since, tip))
    landing = Landing(repo, since, tip)
    if gone or not landing.asks:
        return Proof(gone)
    astray = tuple(out_of_line(landing.parents, landing.line, since))
    if astray:
        return Proof(astray)  # by which rules it landed is not known
    rows = list(landing.asked())
    if workers is None:
        workers = 1 if len(rows) < _SHORT else all_cores()
    if workers > 1:
        repo.objects.close()  # each process has its own
    found, together, brought, signed = list[Finding](), _Groups(), list[_Post](), 0
    for seen in _side_by_side(repo, tip, rows, on_progress, workers):
        found += seen.findings
        signed += seen.signed
        brought += seen.brought
        for patch, onto in seen.beside_rules:
            together.setdefault(onto, []).append(patch)
    for onto, patches in together.items():
        found += rules_with_posts(repo, onto, patches)
    lasting = _lasting(brought)
    found += (each for post in lasting for each in post.unspoken)
    landed = Brought((post.path, post.by) for post in lasting)
    found += unlawful_posts(repo, tip, landed, workers)
    found += rules_as_they_stand(repo.snapshot(tip))
    untold = sum(not row.signed for row in rows)
    return Proof(in_order(found), len(landing.parents), len(rows), untold, signed)


def _not_from(repo: Repo, since: str | None, tip: str) -> Iterator[Finding]:
    """FF405 where `since` is not in the history of `tip`."""
    if since and not queries.is_within(repo.git, since, tip):
        message = (
            f"{tip[:12]} does not contain {since[:12]}, so either it was rewritten"
        )
        todo = (
            "or this is no commit of the feed; verify from one that is trusted and is"
        )
        place = Place(f"commit {tip[:12]}")
        yield finding("FF405", place, f"{message}, {todo} (`git log --first-parent`)")


_Groups = dict[str | None, list[Patch]]
"""The patches that came together, by the commit that they were pushed onto."""


@record
class _Post:
    """A post or note as somebody brought it, which is in the feed to this day.

    `unspoken` is what is wrong with its seat. It was `left_out` where the feed's line
    had it otherwise or not at all when it came.
    """

    path: str
    by: By
    unspoken: tuple[Finding, ...]
    left_out: bool


def _lasting(posts: Sequence[_Post]) -> list[_Post]:
    """Those by which each path is in the feed.

    Whoever copies a post may bring it where it is left out, and speaks for nobody by
    that, if the feed has it by another.
    """
    kept = {post.path for post in posts if not post.left_out}
    return [post for post in posts if not post.left_out or post.path not in kept]


@record
class _Seen:
    """What there is to say of some commits."""

    findings: tuple[Finding, ...]
    signed: int
    beside_rules: tuple[tuple[Patch, str | None], ...]
    brought: tuple[_Post, ...]


def _side_by_side(
    repo: Repo,
    tip: str,
    rows: Sequence[Landed],
    on_progress: OnProgress,
    workers: int,
) -> Iterator[_Seen]:
    """The commits in their order, by several processes."""
    parts = [rows[at : at + _PART] for at in range(0, len(rows), _PART)]
    jobs = [partial(_part, tip, part) for part in parts]
    done = 0
    with TemporaryDirectory(prefix="fleetfeed-") as files:
        own = partial(_own, repo, workers, files)
        with closing(side_by_side(jobs, own, workers)) as results:
            for part, seen in zip(parts, results, strict=True):
                yield seen
                done += len(part)
                on_progress("commits verified", done, len(rows))


def _own(repo: Repo, workers: int, files: str) -> Repo:
    """The repository for one process, whose files lie in the folder `files`.

    A process that is ended leaves what it has written; the first takes that away.
    """
    if workers > 1:
        os.environ["TMPDIR"] = files
    return repo.for_worker(workers)


def _part(tip: str, rows: Sequence[Landed], repo: Repo) -> _Seen:
    found, patches, book = list[Finding](), dict[Patch, Landed](), RuleBook(repo)
    for row in rows:
        looked = look_at(repo, row.commit, row.parents)
        found += looked.findings
        seen = Seen(row.commit, row.parents, looked)
        found += lost_from_line(repo, seen) if row.on_line else ()
        try:
            patch = Patch.of(repo, seen, on_line=row.on_line)
        except (MalformedTree, NoFeedFolder):
            continue  # `look_at` has said so
        if patch.paths:
            patches[patch] = row
    asked = {patch: (book.at(row.ruler, row.ruler),) for patch, row in patches.items()}
    times = {row.commit: row.at for row in rows}
    known = brought_by(repo, asked, None, times.__getitem__)
    brought, newest = list[_Post](), repo.tree(tip)
    for patch, row in patches.items():
        standing = tuple(_standing(repo, patch, row, newest))
        found += of_their_own(repo, row.onto, (patch,), *asked[patch])
        unlawful = lawful(repo, patch, known[patch], standing)
        found += (said_of(row.commit, f) for f in unlawful)
        posts = tuple(_posts(repo, patch, row, known[patch], standing))
        if any(speaker.flaw for _, speaker in known[patch]):
            # A server refuses that whether it lasts or not.
            found += (each for post in posts for each in post.unspoken)
            posts = tuple(replace(post, unspoken=()) for post in posts)
        brought += posts
    beside = tuple((patch, r.onto) for patch, r in patches.items() if r.beside_rules)
    return _Seen(tuple(found), sum(map(bool, known.values())), beside, tuple(brought))


def _standing(repo: Repo, patch: Patch, row: Landed, newest: FeedTree) -> Iterator[str]:
    """The posts and notes of `patch` that are in the feed by it, to this day.

    Not those that were there before, nor what a merge has left out: whoever loses a
    race may bring both.
    """
    before, after = feed_at(repo, row.onto), feed_at(repo, patch.commit)
    for path in patch.posts:
        then, now = after.entry(path), newest.entry(path)
        stands = then and now and (then.mode, then.id) == (now.mode, now.id)
        if stands and before.entry(path) is None:
            yield path


def _posts(
    repo: Repo, patch: Patch, row: Landed, known: Known, standing: Sequence[str]
) -> Iterator[_Post]:
    """The posts of `patch` that stand, and what is wrong with who brought each."""
    feed = Snapshot(feed_at(repo, patch.commit), repo.cache)
    line = feed_at(repo, row.within)
    by = _by(row, known)
    for path in standing:
        said = feed.post_or_note(path)
        wrong = [
            said_of(row.commit, each)
            for rules, speaker in known
            if isinstance(said, Post | Note)
            for each in unspoken(said, rules.policy, (speaker,))
        ]
        yield _Post(path, by, tuple(wrong), line.entry(path) is None)


def _by(row: Landed, known: Known) -> By:
    """Who brought the posts of a commit, where others may have to agree to them."""
    agreed = any(rules.policy.agreed for rules, _ in known)
    return By(row.commit, row.ruler, tuple(s for _, s in known) if agreed else ())
