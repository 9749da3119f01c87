"""Who brought what: each commit of a push, by the rules under which it landed.

First parents are the order in which things landed: every commit of the feed's own line
was pushed onto its first parent, together with what it merges. So it is lawful by the
rules that its first parent has; in a push, by those of the feed ref as well, since what
comes with a push must not say what that push may do. Rules come alone, or a post would
be judged by one set of them at the push and by another in the history.
"""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from fleetfeed.checks.approvals import approvals, verifier
from fleetfeed.checks.history import Seen, feed_at, lost_from_line
from fleetfeed.checks.push import PushedBy
from fleetfeed.checks.signatures import Keyring, Signed, signed_commit, speakers
from fleetfeed.feed.diff import Change
from fleetfeed.feed.objects import EXECUTABLE, PLAIN
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.rule_changes import not_by_stewards, rule_name
from fleetfeed.model import layout
from fleetfeed.model.approval import feed_name, rules_act
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import (
    NONE,
    PUSHER,
    SIGNED,
    Flaw,
    Speaker,
    Speakers,
)
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.policy import Policy
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record, replace

AHEAD = 300
"""Seconds that a commit may be dated later than the server's clock."""

_LONGEST = 1 << 20
"""Bytes of a commit that are read: a signature over more cannot be verified."""


@record
class Rules:
    """The rules at `commit`; `ids` tell one set of them from another.

    `broken` says why the keys at the commit itself cannot be read: then these are the
    last rules before it that can be, and what mends them is judged by these.
    """

    ids: tuple[str, ...]
    policy: Policy = field(compare=False)
    feed: Snapshot = field(compare=False)
    commit: str = field(compare=False)
    ring: Keyring | None = field(compare=False)
    broken: Flaw | None = None

    @property
    def flawed(self) -> bool:
        """Whether the policy, or the keys that it asks for, cannot be read."""
        return bool(self.feed.policy.findings or (self.ring and self.ring.flaw))


@record
class Authorship:
    """Who brought a push's posts (None: nobody asks), and what is wrong with that."""

    speakers: Speakers | None = None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()


class RuleBook:
    """The rules at each commit of a repository, read once."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._known: dict[str, Rules] = {}
        self._read: dict[tuple[str, ...], Rules] = {}

    def at(self, commit: str | None, first: str) -> Rules:
        """The rules at `commit`; those of `first`, where there is no feed before it.

        Where they cannot be read, the last ones that could.
        """
        if commit is None or self._feed(commit).tree.root is None:
            commit = first
        if commit not in self._known:
            rules = replace(self._rules(commit), commit=commit)
            if rules.flawed:
                flaw = rules.ring.flaw if rules.ring else None
                rules = self.before(commit, flaw) or rules
            self._known[commit] = rules
        return self._known[commit]

    def before(self, commit: str, flaw: Flaw | None) -> Rules | None:
        """The last rules before those at `commit`, which have the flaw; if any."""
        paths = (f"{self._repo.folder}/{path}" for path in layout.RULES)
        asked = ("log", "--first-parent", "--format=%P", commit, "--", *paths)
        for parents in self._repo.git.line(*asked).splitlines():
            for parent in parents.split()[:1]:
                if self._feed(parent).tree.root and not self._rules(parent).flawed:
                    return replace(self._rules(parent), commit=commit, broken=flaw)
        return None

    def _feed(self, commit: str) -> Snapshot:
        return Snapshot(feed_at(self._repo, commit), self._repo.cache)

    def _rules(self, commit: str) -> Rules:
        """What is there, whether it can be read or not."""
        feed = self._feed(commit)
        entries = [feed.tree.entry(path) for path in layout.RULES]
        ids = tuple(f"{e.mode:o} {e.id}" if e else "" for e in entries)
        if ids not in self._read:
            asks = feed.policy.findings or feed.rules.identity == SIGNED
            ring = Keyring.of(feed) if asks else None
            self._read[ids] = Rules(ids, feed.rules, feed, commit, ring)
        return self._read[ids]


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
    acts = [Act.of(repo, row, on_line=row.commit in on_line) for row in rows]
    acts = [act for act in acts if act.paths]
    base = book.at(old, new)
    astray = (*out_of_line(parents, line, old), *of_their_own(repo, old, acts, base))
    modes = {rules.policy.identity for rules in (base, book.at(new, new))}
    if astray and modes != {NONE}:
        return Authorship(None, astray)  # by which rules it landed is not known
    judged = frozenset(_added(repo, old, new, acts))
    known = who(repo, dict.fromkeys(acts, (base,)), pushed_by)
    found = [*_unlawful(repo, known, judged)]
    as_one = (*rules_with_posts(repo, old, acts), *_lost(repo, rows, on_line))
    if any(known.values()):
        found += as_one
    if not found:
        landed = landed_after(parents, line, old)
        own = {act: book.at(landed[act.commit], act.commit) for act in acts}
        asked = {act: (rules,) for act, rules in own.items() if rules != base}
        more = who(repo, asked, pushed_by)
        if any(more.values()):
            found += astray or as_one
            found += _unlawful(repo, more, judged)
        known.update({act: known[act] + by for act, by in more.items()})
    if not found and any(act.rules for act in acts):
        from fleetfeed.checks.lockout import keys_locked_out  # rules change seldom

        found += keys_locked_out(Snapshot(repo.tree(new), repo.cache))
    if base.policy.identity == NONE:
        return Authorship(None, tuple(found))
    if base.policy.identity == PUSHER and not pushed_by:
        return Authorship(None, tuple(found), (UNTOLD,))
    return Authorship(_by_path(known), tuple(found))


def _added(
    repo: Repo, old: str | None, new: str, acts: Iterable["Act"]
) -> Iterator[str]:
    """The posts and notes of a push that the judge sees: it compares both ends."""
    before, after = feed_at(repo, old), feed_at(repo, new)
    for path in {path for act in acts for path in act.posts}:
        if before.entry(path) is None and after.entry(path) is not None:
            yield path


def _lost(
    repo: Repo, rows: Iterable[Seen], on_line: Container[str]
) -> Iterator[Finding]:
    """Where a commit of the line does not keep the posts of its first parent."""
    for row in rows:
        if row.commit in on_line:
            yield from lost_from_line(repo, row)


UNTOLD = "who pushes is known to the server alone, so it was not judged for whom"


def _unlawful(
    repo: Repo, known: Mapping["Act", "Known"], judged: Container[str]
) -> Iterator[Finding]:
    """What is wrong with acts of a push, by what is `known` of who did them."""
    for act, behind in known.items():
        yield from lawful(repo, act, behind, judged)


def _by_path(known: Mapping["Act", "Known"]) -> Speakers:
    found: dict[str, list[Speaker]] = {}
    for act, behind in known.items():
        for path in act.posts:
            found.setdefault(path, []).extend(speaker for _, speaker in behind)
    return lambda path: tuple(found.get(path, ()))


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


@record
class Act:
    """What one commit does to the feed: the paths that it changes, and its posts.

    `rules` are the rules among them, compared with its first parent, by their paths
    from the top of the tree: a merge that takes an old policy over changes it back.
    """

    commit: str
    parent: str | None
    paths: tuple[str, ...]
    posts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @classmethod
    def of(cls, repo: Repo, seen: Seen, *, on_line: bool) -> "Act":
        """What `seen` does; it counts for the rules if it is on the feed's line."""
        changed = seen.looked.changed
        posts = tuple(change.path for change in changed if _brings(change))
        rules = tuple(_rules(repo, seen)) if on_line else ()
        paths = (f"{repo.folder}/{change.path}" for change in changed)
        every = tuple(dict.fromkeys((*paths, *rules)))
        return cls(seen.commit, _first(seen), every, posts, rules)

    @property
    def words(self) -> str:
        """What the commit is called in a sentence."""
        return f"commit {self.commit[:12]}"


def _first(seen: Seen) -> str | None:
    """A commit's first parent; None where it has none."""
    return seen.parents[0] if seen.parents else None


def _brings(change: Change) -> bool:
    return bool(change.new) and isinstance(change.kind, PostPath | NotePath)


def _rules(repo: Repo, seen: Seen) -> Iterator[str]:
    first = _first(seen)
    if repo.entry(first, POINTER) != repo.entry(seen.commit, POINTER):
        yield POINTER
    before, after = feed_at(repo, first), feed_at(repo, seen.commit)
    if before.root == after.root:
        return
    for path in layout.RULES:
        if before.entry(path) != after.entry(path):
            yield f"{repo.folder}/{path}"


Known = tuple[tuple[Rules, Speaker], ...]
"""Who stands behind an act, by each of the rules that it is judged by."""

Times = Callable[[str], float]
"""From a commit to the time, in seconds of UTC, at which it is to be verified."""


def who(
    repo: Repo,
    asked: Mapping[Act, Iterable[Rules]],
    pushed_by: PushedBy | None,
    at: Times | None = None,
) -> dict[Act, Known]:
    """Who stands behind each act, by each of the rules that ask: now, or `at`."""
    found: dict[Act, Known] = dict.fromkeys(asked, ())
    wanted: dict[Rules, list[Act]] = {}
    for act, by in asked.items():
        for rules in by:
            wanted.setdefault(rules, []).append(act)
    for rules, acts in wanted.items():
        mode = rules.policy.identity
        if mode == SIGNED:
            behind = signers(repo, rules, acts, at)
        elif mode == PUSHER and pushed_by:
            behind = [pushed_by(rules.policy)] * len(acts)
        else:
            continue
        for act, speaker in zip(acts, behind, strict=True):
            found[act] += ((rules, speaker),)
    return found


def signers(
    repo: Repo, rules: Rules, acts: Sequence[Act], at: Times | None
) -> list[Speaker]:
    """Who signed the commit of each of `acts` by `rules`, with what others approved.

    A push is refused by one commit, so behind the first some no more are verified.
    """
    ring, found = rules.ring or Keyring.of(rules.feed), list[Speaker]()
    feed = feed_name(repo.folder, rules.policy.ref)
    for some in _bundles(repo, acts):
        found += _signed_by(rules, ring, feed, some, at)
        unread = next(
            (s.flaw for s in found if s.flaw and s.flaw.code == _UNREAD), None
        )
        older = unread and RuleBook(repo).before(rules.commit, unread)
        if older and not rules.broken:
            return signers(repo, older, acts, at)
        if not at and any(speaker.flaw for speaker in found):
            break
    left = acts[len(found) :]
    return [*found, *(Speaker(act.words, flaw=_UNSEEN) for act in left)]


_UNREAD = "FF616"
"""What ssh-keygen alone cannot read is known no sooner than it is asked."""
_UNSEEN = Flaw("FF606", "was not verified, since commits before it are refused")
_MOST_COMMITS, _MOST_BYTES = 256, 8 << 20


def _bundles(repo: Repo, acts: Sequence[Act]) -> Iterator[dict[Act, bytes]]:
    """The acts with the bytes of their commits, as many at once as memory has room."""
    some, size = dict[Act, bytes](), 0
    for act in acts:
        some[act] = repo.objects.read(act.commit, _LONGEST)[1]
        size += len(some[act])
        if len(some) == _MOST_COMMITS or size > _MOST_BYTES:
            yield some
            some, size = {}, 0
    if some:
        yield some


def _signed_by(
    rules: Rules,
    ring: Keyring,
    feed: str,
    commits: Mapping[Act, bytes],
    at: Times | None,
) -> Iterator[Speaker]:
    """As `_signers`, of some acts and the bytes of their commits."""
    signed, now = [_read_commit(raw, act) for act, raw in commits.items()], time.time()
    times = [at(act.commit) for act in commits] if at else None

    signers = speakers(ring, signed, at=times)
    messages = [
        raw.partition(b"\n\n")[2] if _counts_others(act, by, rules.policy) else b""
        for (act, raw), by in zip(commits.items(), signers, strict=True)
    ]
    by_text = verifier(ring, now=at is None)
    agreed = approvals(messages, feed, by_text, times or [now] * len(messages))
    for act, one, speaker, said in zip(commits, signed, signers, agreed, strict=True):
        mends = act.rules and not act.posts
        flaw = speaker.flaw or (None if mends else rules.broken)
        flaw = flaw or (None if at else _ahead(one.dated - now))
        name = act.words if flaw else speaker.who
        yield replace(speaker, who=name, flaw=flaw, approvals=said)


def _counts_others(act: Act, by: Speaker, policy: Policy) -> bool:
    """Whether it matters that others have agreed to what `by` has signed.

    Where it does not, nobody makes a server verify what he claims that they have.
    """
    if by.flaw:
        return False
    if act.rules and policy.stewards_sign > 1 and by.stewards(policy.stewards):
        return True
    posts = (isinstance(layout.classify(path), PostPath) for path in act.posts)
    return bool(policy.agreed) and any(posts)


def _read_commit(raw: bytes, act: Act) -> Signed:
    if len(raw) < _LONGEST:
        return signed_commit(raw, len(act.commit))
    why = f"has {_LONGEST} bytes and more, which are not read; make its message shorter"
    return Signed(b"", flaw=Flaw("FF606", why))


def _ahead(seconds: float) -> Flaw | None:
    """FF615 where a commit is dated so much later than this clock."""
    if seconds <= AHEAD:
        return None
    from fleetfeed.util.durations import in_words  # late: few clocks are wrong

    why = f"is dated {in_words(seconds)} later than the server's clock"
    todo = "`git rebase -f -S` dates and signs anew what is not pushed yet"
    return Flaw("FF615", f"{why}; set the clock of that machine right, then {todo}")


def lawful(
    repo: Repo, act: Act, known: Known, judged: Container[str]
) -> Iterator[Finding]:
    """What is wrong with who did `act`, but for its posts that are `judged`."""
    for rules, speaker in known:
        told = act.rules or any(path in judged for path in act.posts)
        if speaker.flaw and not told:
            place = Place(printable(act.paths[0], 400))
            message = f"{speaker.who} {speaker.flaw.words}"
            yield finding(speaker.flaw.code, place, message)
        if act.rules:
            change = rules_act(
                rule_files(repo, act.parent), rule_files(repo, act.commit)
            )
            for path in act.rules:
                name = rule_name(path.removeprefix(f"{repo.folder}/"))
                by = (rules.policy, speaker, change)
                yield from not_by_stewards(*by, Place(path), name)


def rule_files(repo: Repo, commit: str | None) -> dict[str, bytes]:
    """The rules at a commit, the pointer among them, by their names."""
    tree = feed_at(repo, commit)
    found = {path: tree.read(path) for path in layout.RULES}
    pointer = repo.entry(commit, POINTER)
    if pointer:
        file = pointer.mode in (PLAIN, EXECUTABLE)
        # What is no file there is told from any that is.
        told = f"\0{pointer.mode:o} {pointer.id}".encode()
        found[POINTER] = repo.objects.blob(pointer.id) if file else told
    return {name: data for name, data in found.items() if data is not None}


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


def of_their_own(
    repo: Repo, old: str | None, acts: Sequence[Act], base: Rules
) -> Iterator[Finding]:
    """FF617 where a feed that there is would take over another one's commits.

    They were signed for that other one, which may have the same keys and items.
    """
    if base.policy.identity != SIGNED or feed_at(repo, old).root is None:
        return
    for act in (act for act in acts if feed_at(repo, act.parent).root is None):
        message = f"{act.words} begins a feed of its own, which this feed is not"
        todo = "part of; post what it says anew, on the feed ref"
        yield finding("FF617", Place(act.words), f"{message} {todo}")


def rules_with_posts(
    repo: Repo, old: str | None, acts: Sequence[Act]
) -> Iterator[Finding]:
    """FF404 where one push changes the rules of a feed and brings posts."""
    rules = next((act for act in acts if act.rules), None)
    posts = next((act for act in acts if act.posts), None)
    if rules and posts and feed_at(repo, old).root is not None:
        message = f"{rules.words} changes the rules, and {posts.words} of the same push"
        todo = "brings posts; push the rules first, by themselves"
        yield finding("FF404", Place(rules.rules[0]), f"{message} {todo}")
