"""The inbox as it is at the feed's remote: which places there are, and who waits.

What a place is at is told by the commit alone (`model.inbox`). Two clocks are compared
in one thing, and nothing depends on it but tidiness: what waits longer than any writer
does is nobody's any more.
"""

import re
import time
from collections.abc import Iterable, Mapping

from fleetfeed.checks.pushed_commit import PushedCommit
from fleetfeed.feed.objects import object_id
from fleetfeed.git import queries
from fleetfeed.git.remote import fetch, fetch_objects, remote_refs
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.inbox import INBOX
from fleetfeed.model.server import SERVER_REF
from fleetfeed.repo.location import Where
from fleetfeed.repo.newest import Newest, heard_pattern, kept_below, last_fetched
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import brought
from fleetfeed.util.records import record

PATIENCE = 600.0
"""Seconds after which nobody is waiting for what waits, nor sending what was sent."""

_AHEAD = 86_400.0
"""Seconds by which no clock is wrong: what is dated later than that waits for ever."""


@record
class Waiting:
    """A commit that is to be landed, and since when (seconds since 1970) it waits.

    `op` is that of the command that made it.
    """

    ref: str
    commit: str
    since: int
    parent: str = ""
    op: str = ""

    @property
    def place_in_line(self) -> tuple[int, str]:
        """What those that wait are put in order by, by everybody alike."""
        return self.since, self.ref


@record
class Places:
    """The feed as it is, and what each place is at; `waiting` are oldest first.

    `free` are the places whose posts have landed, `stale` the posts that nobody waits
    for, `old` the places that are of no more use.
    """

    newest: Newest
    values: Mapping[str, str]
    free: frozenset[str] = frozenset()
    waiting: tuple[Waiting, ...] = ()
    stale: tuple[Waiting, ...] = ()
    old: tuple[str, ...] = ()

    @property
    def busy(self) -> frozenset[str]:
        """The places at which a post waits."""
        return frozenset(each.ref for each in (*self.waiting, *self.stale))

    @property
    def tip(self) -> str:
        """The feed ref's commit."""
        return self.newest.commit


def places(repo: Repo, where: Where, seconds: float) -> Places:
    """The inbox as it is now, in one question. CannotTell where nobody answers."""
    newest, values = _asked(repo, where, str(where.remote), seconds)
    dated = {id_: date for id_ in set(values.values()) if (date := _date(repo, id_))}
    parents = _not_landed(repo, newest.commit, dated)
    waiting, stale, old = list[Waiting](), list[Waiting](), list[str]()
    for ref, id_ in values.items():
        age = time.time() - dated.get(id_, 0)
        past = age > PATIENCE or age < -_AHEAD
        above = parents.get(id_, ())
        if len(above) == 1:
            op = PushedCommit.read(repo, id_).op
            one = Waiting(ref, id_, dated[id_], above[0], op)
            (stale if past else waiting).append(one)
        elif past:
            old.append(ref)
    by_age = sorted(waiting, key=lambda each: each.place_in_line)
    free = frozenset(r for r, id_ in values.items() if id_ in dated.keys() - parents)
    return Places(newest, values, free, tuple(by_age), tuple(stale), tuple(old))


def _asked(
    repo: Repo, where: Where, remote: str, seconds: float
) -> tuple[Newest, dict[str, str]]:
    """What the feed ref is at, and what each place is at; all of it is fetched.

    Another git that fetches at this moment may have a lock; then the remote is asked
    for names first.
    """
    git, until = repo.git, time.monotonic() + seconds
    if where.tracking:
        kept = f"{kept_below(remote)}inbox/"
        maybe = (heard_pattern(remote), f"+{INBOX}*:{kept}*")
        try:
            fetch(git, remote, where.ref, where.tracking, seconds, *maybe)
        except CannotTell:
            if time.monotonic() >= until:
                raise
        else:
            here, newest = queries.below(git, kept), last_fetched(repo, where)
            if newest:
                return newest, {f"{INBOX}{r[len(kept) :]}": v for r, v in here.items()}
    left = until - time.monotonic()
    known = remote_refs(git, remote, (where.ref, SERVER_REF, f"{INBOX}*"), left)
    left = until - time.monotonic()
    tip = brought(repo, where, remote, known.get(where.ref), left)
    there = {ref: id_ for ref, id_ in known.items() if ref.startswith(INBOX)}
    away = set(there.values()) - queries.objects_here(git, there.values())
    if away:
        fetch_objects(git, remote, there, until - time.monotonic())
    return Newest(tip, known.get(SERVER_REF)), there


def _date(repo: Repo, id_: str) -> int | None:
    """When a commit was made; None for what is no commit."""
    kind, data = repo.objects.read(id_)
    found = _COMMITTED.search(data) if kind == "commit" else None
    return int(found[1]) if found else None


_COMMITTED = re.compile(rb"^committer .*> (\d{1,12}) [-+]\d{4}$", re.MULTILINE)


def _not_landed(
    repo: Repo, tip: str, commits: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The commits that `tip` lacks, with the parents of each."""
    asked = tuple(commits)
    return queries.between(repo.git, tip, *asked) if asked else {}


_BY = "fleetfeed inbox <inbox@fleetfeed>"


def aside(repo: Repo, commit: str, onto: str, why: str) -> tuple[str, bytes]:
    """A merge by which `commit` waits no more: its id, and its bytes.

    It has the tree of `onto`. Whoever finds it at a place finds there what was made of
    that commit.
    """
    tree = repo.objects.tree_of(onto)
    by = f"{_BY} {int(time.time())} +0000"
    heads = (f"tree {tree}", f"parent {commit}", f"parent {onto}")
    rows = (*heads, f"author {by}", f"committer {by}", "", why, "")
    data = "\n".join(rows).encode()
    return object_id("commit", data, len(commit) // 2), data
