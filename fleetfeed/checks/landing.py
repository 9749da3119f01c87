"""Where, by which rules, and when the commits of a history landed: as git's data say.

Nothing here reads more of a commit than git's walk does. Pushes leave no trace: of
several commits that were pushed together it is taken that each came by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from fleetfeed.checks.commit_signers import AHEAD
from fleetfeed.checks.feed_line import Parents, feed_line, landed_after
from fleetfeed.checks.history import feed_at
from fleetfeed.checks.rule_book import RuleBook
from fleetfeed.model import layout
from fleetfeed.model.identity import NONE, SIGNED
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record


@record
class Landed:
    """A commit of the feed's history, as far as it is asked who brought it.

    It was pushed onto the commit `onto` of the feed's line, whose rules are those at
    `ruler`, and came with the next one of the line, `within`. No server verified it
    before the time `at` (seconds of UTC). What asked was signatures, if `signed`, or
    who pushes. The rules change by what came with it, if `beside_rules`.
    """

    commit: str
    parents: tuple[str, ...]
    onto: str | None
    ruler: str
    within: str
    at: float
    signed: bool
    beside_rules: bool

    @property
    def on_line(self) -> bool:
        """Whether it is a commit of the feed's line itself."""
        return self.commit == self.within


class Landing:
    """The commits that `tip` has and `since` has not, and how they landed."""

    def __init__(self, repo: Repo, since: str | None, tip: str) -> None:
        """`since` is None, or an ancestor of `tip`."""
        self._repo, self.since, self.tip = repo, since, tip
        self._book = RuleBook(repo)

    @property
    def asks(self) -> bool:
        """Whether any policy of the feed's line has asked who brings what.

        Where none has, nothing else is looked at: most histories are of this kind.
        """
        path = f"{self._repo.folder}/{layout.POLICY}"
        asked = ("--first-parent", *_range(self.since, self.tip), "--", path)
        commits = [*_rev_list(self._repo, *asked), self.since or ""]
        return any(self._mode(commit) != NONE for commit in commits)

    @cached_property
    def _walk(self) -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
        """Each commit's parents, and its date; ancestors stand before."""
        parents, dates = dict[str, tuple[str, ...]](), dict[str, int]()
        for row in _rev_list(self._repo, *_WALK, *_range(self.since, self.tip)):
            date, commit, *above = row.split()
            parents[commit], dates[commit] = tuple(above), int(date)
        return parents, dates

    @property
    def parents(self) -> Parents:
        """The commits, ancestors before others, and the parents of each."""
        return self._walk[0]

    @cached_property
    def line(self) -> tuple[str, ...]:
        """The first parents from the tip on, newest first."""
        return tuple(feed_line(self.parents, self.since, self.tip))

    @cached_property
    def _onto(self) -> dict[str, str | None]:
        return landed_after(self.parents, self.line, self.since)

    def asked(self) -> Iterator[Landed]:
        """Those that landed while the policy asked who brings what, oldest first."""
        rulers = self._rulers()
        modes = {ruler: self._mode(ruler) for ruler in {*rulers.values()}}
        signed = {c for c, ruler in rulers.items() if modes[ruler] == SIGNED}
        clock = self._clock(signed) if signed else {}
        for commit in self.parents:
            if modes[rulers[commit]] != NONE:
                yield self._landed(commit, rulers[commit], clock, commit in signed)

    def these(self, commits: Iterable[str]) -> Iterator[Landed]:
        """Some of the commits, by whatever rules: as of the date of each.

        Or of what it was pushed onto, where that was verified: when all their ancestors
        came is not looked at.
        """
        rulers = self._rulers()
        for commit in commits:
            if commit in rulers:
                # By its own rules where there were none before.
                ruler, onto = rulers[commit] or commit, self._onto[commit]
                dates = self._dated(onto, rulers) if onto else {}
                yield self._landed(commit, ruler, dates, self._mode(ruler) == SIGNED)

    def _dated(self, commit: str, rulers: Mapping[str, str]) -> Mapping[str, int]:
        """The date of a commit of the line, if it counts (see `_clock`).

        Of a merge's, as a queue makes it, those of what it merges count.
        """
        _, *merged = self.parents.get(commit, ()) or (None,)
        dated = (c for c in merged or (commit,) if self._dates(c, rulers))
        latest = max((self._walk[1][c] for c in dated), default=0)
        return {commit: latest} if latest else {}

    def _dates(self, commit: str, rulers: Mapping[str, str]) -> bool:
        """Whether the date of a commit was verified: it is none of a merge."""
        first, *merged = self.parents.get(commit, ()) or (None,)
        if merged or commit not in rulers or self._mode(rulers[commit]) != SIGNED:
            return False
        return self._root(commit) != self._root(first)

    def _landed(
        self, commit: str, ruler: str, clock: Mapping[str, int], signed: bool
    ) -> Landed:
        onto = self._onto[commit]
        dates = self._walk[1][commit], clock.get(commit, 0), clock.get(onto or "", 0)
        return Landed(
            commit,
            self._walk[0][commit],
            onto,
            ruler,
            self._within[onto],
            max(dates) - AHEAD,
            signed=signed,
            beside_rules=onto in self._ruled_after,
        )

    @cached_property
    def _within(self) -> dict[str | None, str]:
        """By the commit that was pushed onto: what came next on the line."""
        return {self._parent(commit): commit for commit in self.line}

    def _rulers(self) -> dict[str, str]:
        """At which commit the rules are that each landed by; empty: nowhere.

        The first rules of all are judged by themselves.
        """
        ruled, first = self._ruled()
        founding = first and not self._has_feed(self._parent(first))
        found = dict[str, str]()
        for commit, onto in self._onto.items():
            own = commit if founding and onto == self._parent(first) else ""
            found[commit] = own or ruled.get(onto or "", "")
        return found

    def _ruled(self) -> tuple[dict[str, str], str]:
        """By each commit of the line that has rules: the last that changed them.

        And the first of all, empty where there is none after `since`. (The pointer may
        have been there before the feed.)
        """
        paths = [f"{self._repo.folder}/{name}" for name in layout.RULES]
        asked = ("--first-parent", *_range(self.since, self.tip), "--", *paths, POINTER)
        changed = frozenset(_rev_list(self._repo, *asked))
        found = {self.since: self.since} if self.since else {}
        self._ruled_after = frozenset(map(self._parent, changed & self.parents.keys()))
        last, first = self.since or "", ""
        for commit in reversed(self.line):
            if commit in changed:
                first = first or (commit if self._has_feed(commit) else "")
                last = commit
            found[commit] = last
        return found, first

    def _parent(self, commit: str) -> str | None:
        return next(iter(self.parents[commit]), None)

    def _has_feed(self, commit: str | None) -> bool:
        return self._root(commit) is not None

    def _root(self, commit: str | None) -> str | None:
        return feed_at(self._repo, commit).root

    def _mode(self, ruler: str) -> str:
        return self._book.at(ruler, ruler).policy.identity if ruler else NONE

    def _clock(self, signed: set[str]) -> dict[str, int]:
        """The latest date of each commit and its ancestors.

        Dates count of commits that were verified, since that is when a server compares
        them with its clock; of no merge, which may have been made to bring others.
        """
        dated = signed & self._bringing(_range(self.since, self.tip)).keys()
        first = self._before()
        clock: dict[str, int] = {self.since or "": first}
        for commit, parents in self.parents.items():
            own = self._walk[1][commit] if commit in dated else 0
            clock[commit] = max([own, *(clock.get(each, first) for each in parents)])
        return clock

    def _before(self) -> int:
        """The latest date that counts up to `since`: while the policy was `signed`."""
        begun = self._signed_from() if self.since else None
        if not self.since or not begun or begun == self.since:
            return 0
        return max(self._bringing(_range(begun, self.since)).values(), default=0)

    def _signed_from(self) -> str | None:
        """The commit from which on, up to `since`, the mode has been `signed`."""
        path = f"{self._repo.folder}/{layout.POLICY}"
        begun = None
        for commit in _rev_list(
            self._repo, "--first-parent", f"{self.since}", "--", path
        ):
            if self._mode(commit) != SIGNED:
                break
            begun = commit
        return begun

    def _bringing(self, range_: tuple[str, ...]) -> dict[str, int]:
        """The commits of a range that change the feed and are no merges; their dates.

        To git a file in the place of the feed's folder is a change of it as well: that
        nobody has verified.
        """
        asked = ("--full-history", "--no-merges", "--timestamp", *range_)
        rows = _rev_list(self._repo, *asked, "--", self._repo.folder)
        dates = {commit: int(date) for date, commit in map(str.split, rows)}
        names = "".join(f"{commit}:{self._repo.folder}\n" for commit in dates)
        told = ("cat-file", "--batch-check=%(objecttype)")
        kinds = self._repo.git.out(*told, stdin=names.encode()).splitlines()
        found = zip(dates.items(), kinds, strict=True)
        return {commit: date for (commit, date), kind in found if kind == b"tree"}


_WALK = ("--topo-order", "--reverse", "--parents", "--timestamp")


def _range(since: str | None, tip: str) -> tuple[str, ...]:
    return (tip, f"^{since}") if since else (tip,)


def _rev_list(repo: Repo, *args: str) -> list[str]:
    words = args if "--" in args else (*args, "--")
    return repo.git.line("rev-list", *words).splitlines()
