"""Who brought what: each commit of a push, by the rules under which it landed.

A commit is lawful by the rules that its first parent has (`checks.feed_line`); in a
push, by those of the feed ref as well, since what comes with a push must not say what
that push may do. Rules come alone, or a post would be judged by one set of them at the
push and by another in the history.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from fleetfeed.checks.feed_line import feed_line, landed_after, out_of_line
from fleetfeed.checks.history import Seen, feed_at, lost_from_line
from fleetfeed.checks.patch import Patch
from fleetfeed.checks.push import PushedBy
from fleetfeed.checks.rule_book import RuleBook, Rules, rule_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import NONE, PUSHER, SIGNED, Speaker, Speakers
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.checks.commit_signers import Times

UNTOLD = "who pushes is known to the server alone, so it was not judged for whom"

Known = tuple[tuple[Rules, Speaker], ...]
"""Who stands behind a patch, by each of the rules that it is judged by."""


@record
class Authorship:
    """Who brought a push's posts (None: nobody asks), and what is wrong with that."""

    speakers: Speakers | None = None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()


def judge_authors(
    repo: Repo,
    old: str | None,
    new: str,
    rows: Sequence[Seen],
    pushed_by: PushedBy | None,
) -> Authorship:
    """Who brings what by a push from `old` to `new`, whose commits are `rows`.

    First by the rules that are there: what is refused by these costs nobody the reading
    of more.
    """
    parents = {row.commit: row.parents for row in rows}
    line, book = list(feed_line(parents, old, new)), RuleBook(repo)
    on_line = frozenset(line)
    patches = [Patch.of(repo, row, on_line=row.commit in on_line) for row in rows]
    patches = [patch for patch in patches if patch.paths]
    base = book.at(old, new)
    astray = (*out_of_line(parents, line, old), *of_their_own(repo, old, patches, base))
    modes = {rules.policy.identity for rules in (base, book.at(new, new))}
    if astray and modes != {NONE}:
        return Authorship(None, astray)  # by which rules it landed is not known
    judged = frozenset(_added(repo, old, new, patches))
    known = brought_by(repo, dict.fromkeys(patches, (base,)), pushed_by)
    found = [*_unlawful(repo, known, judged)]
    as_one = (*rules_with_posts(repo, old, patches), *_lost(repo, rows, on_line))
    if any(known.values()):
        found += as_one
    if not found:
        landed = landed_after(parents, line, old)
        own = {patch: book.at(landed[patch.commit], patch.commit) for patch in patches}
        asked = {patch: (rules,) for patch, rules in own.items() if rules != base}
        more = brought_by(repo, asked, pushed_by)
        if any(more.values()):
            found += astray or as_one
            found += _unlawful(repo, more, judged)
        known.update({patch: known[patch] + by for patch, by in more.items()})
    if not found and any(patch.rules for patch in patches):
        found += _locked_out(repo, new)
    return _authorship(base, known, tuple(found), told=pushed_by is not None)


def _locked_out(repo: Repo, new: str) -> Iterator[Finding]:
    from fleetfeed.checks.lockout import keys_locked_out  # late: rules change seldom

    yield from keys_locked_out(Snapshot(repo.tree(new), repo.cache))


def _authorship(
    base: Rules, known: Mapping[Patch, Known], found: tuple[Finding, ...], *, told: bool
) -> Authorship:
    """What the judge of the posts is handed; `told` if it is known who pushes."""
    if base.policy.identity == NONE:
        return Authorship(None, found)
    if base.policy.identity == PUSHER and not told:
        return Authorship(None, found, (UNTOLD,))
    return Authorship(_by_path(known), found)


def _added(
    repo: Repo, old: str | None, new: str, patches: Iterable[Patch]
) -> Iterator[str]:
    """The posts and notes of a push that the judge sees: it compares both ends."""
    before, after = feed_at(repo, old), feed_at(repo, new)
    for path in {path for patch in patches for path in patch.posts}:
        if before.entry(path) is None and after.entry(path) is not None:
            yield path


def _lost(
    repo: Repo, rows: Iterable[Seen], on_line: Container[str]
) -> Iterator[Finding]:
    """Where a commit of the line does not keep the posts of its first parent."""
    for row in rows:
        if row.commit in on_line:
            yield from lost_from_line(repo, row)


def _unlawful(
    repo: Repo, known: Mapping[Patch, Known], judged: Container[str]
) -> Iterator[Finding]:
    """What is wrong with patches of a push, by what is `known` of who brought them."""
    for patch, behind in known.items():
        yield from lawful(repo, patch, behind, judged)


def _by_path(known: Mapping[Patch, Known]) -> Speakers:
    found: dict[str, list[Speaker]] = {}
    for patch, behind in known.items():
        for path in patch.posts:
            found.setdefault(path, []).extend(speaker for _, speaker in behind)
    return lambda path: tuple(found.get(path, ()))


def brought_by(
    repo: Repo,
    asked: Mapping[Patch, Iterable[Rules]],
    pushed_by: PushedBy | None,
    at: "Times | None" = None,
) -> dict[Patch, Known]:
    """Who stands behind each patch, by each of the rules that ask: now, or `at`."""
    found: dict[Patch, Known] = dict.fromkeys(asked, ())
    wanted: dict[Rules, list[Patch]] = {}
    for patch, by in asked.items():
        for rules in by:
            wanted.setdefault(rules, []).append(patch)
    for rules, patches in wanted.items():
        mode = rules.policy.identity
        if mode == SIGNED:
            # late: it brings ssh-keygen and the formats of keys
            from fleetfeed.checks.commit_signers import commit_signers

            behind = commit_signers(repo, rules, patches, at)
        elif mode == PUSHER and pushed_by:
            behind = [pushed_by(rules.policy)] * len(patches)
        else:
            continue
        for patch, speaker in zip(patches, behind, strict=True):
            found[patch] += ((rules, speaker),)
    return found


def lawful(
    repo: Repo, patch: Patch, known: Known, judged: Container[str]
) -> Iterator[Finding]:
    """What is wrong with who brought `patch`, but for its posts that are `judged`."""
    told = patch.rules or any(path in judged for path in patch.posts)
    for rules, speaker in known:
        if speaker.flaw and not told:
            place = Place(printable(patch.paths[0], 400))
            message = f"{speaker.who} {speaker.flaw.words}"
            yield finding(speaker.flaw.code, place, message)
        if patch.rules:
            yield from _changed_by(repo, patch, rules, speaker)


def _changed_by(
    repo: Repo, patch: Patch, rules: Rules, speaker: Speaker
) -> Iterator[Finding]:
    """What is wrong with `speaker` bringing the rules of `patch`, by `rules`."""
    from fleetfeed.judge.rule_changes import not_by_stewards, rule_name
    from fleetfeed.model.approval import rules_act  # late: rules change seldom

    act = rules_act(rule_files(repo, patch.parent), rule_files(repo, patch.commit))
    for path in patch.rules:
        name = rule_name(path.removeprefix(f"{repo.folder}/"))
        yield from not_by_stewards(rules.policy, speaker, act, Place(path), name)


def of_their_own(
    repo: Repo, old: str | None, patches: Sequence[Patch], base: Rules
) -> Iterator[Finding]:
    """FF617 where a feed that there is would take over another one's commits.

    They were signed for that other one, which may have the same keys and items.
    """
    if base.policy.identity != SIGNED or feed_at(repo, old).root is None:
        return
    for patch in (p for p in patches if feed_at(repo, p.parent).root is None):
        message = f"{patch.words} begins a feed of its own, which this feed is not"
        todo = "part of; post what it says anew, on the feed ref"
        yield finding("FF617", Place(patch.words), f"{message} {todo}")


def rules_with_posts(
    repo: Repo, old: str | None, patches: Sequence[Patch]
) -> Iterator[Finding]:
    """FF404 where one push changes the rules of a feed and brings posts."""
    rules = next((patch for patch in patches if patch.rules), None)
    posts = next((patch for patch in patches if patch.posts), None)
    if rules and posts and feed_at(repo, old).root is not None:
        message = f"{rules.words} changes the rules, and {posts.words} of the same push"
        todo = "brings posts; push the rules first, by themselves"
        yield finding("FF404", Place(rules.rules[0]), f"{message} {todo}")
