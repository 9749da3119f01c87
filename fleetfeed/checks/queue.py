"""What is pushed to a server's queue: put upon the feed one after another, and judged.

A seat pushes a commit that is built on an earlier tip. Here it becomes the feed ref's
next commit: itself where it is built on the newest tip, else a merge of the two, whose
first parent is the tip. So first parents tell the order in which posts landed, second
parents who brought and signed them. Each is judged as a push of its own, on the tip
that those before it have made: nobody is turned down for another's sake.

Nothing is written here, and nothing is moved.
"""

from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.checks.next_commit import Made, Next, Rows
from fleetfeed.checks.push import commit_or_refuse
from fleetfeed.checks.pushed_commit import PushedCommit, parents_of
from fleetfeed.checks.receive import Update, by_login, judge_move
from fleetfeed.checks.renumbering import Renumbering, Said, nothing_known
from fleetfeed.checks.series import BuiltOnOlder, Series
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_merge import MergeConflict
from fleetfeed.git import queries
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.model.findings import Place, Verdict
from fleetfeed.model.server import QUEUE_REF, Landed
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.pusher import Pusher


@record
class Pushed:
    """A commit that waits, and who pushed it (None: that is not recorded here)."""

    commit: str
    pusher: "Pusher | None" = None


@record
class Answer:
    """What becomes of a push: `landed`, or turned down by the verdict.

    Or it `cannot` be told.
    """

    verdict: Verdict = Verdict()
    landed: Landed | None = None
    cannot: CannotTell | None = None


@record
class Queued:
    """The tip that the feed ref is to be moved to, and the answers, once it is there.

    `made` is what has to be written before; `known` are commits that it contains, and
    `rows` those that come to the feed by it, each with its parents behind it.
    """

    tip: str
    answers: tuple[Answer, ...]
    made: Made
    known: frozenset[str]
    rows: Rows


def judge_queue(
    repo: Repo,
    where: Where,
    tip: str,
    pushes: Sequence[Pushed],
    leases: ServerLeases,
    *,
    known: frozenset[str] = frozenset(),
    said: Said = nothing_known,
) -> Queued:
    """What becomes of `pushes`, in this order, where the feed ref is at `tip`.

    `known` are commits that `tip` is known to contain: what is built on them, git need
    not be asked about. Nor for the messages since one, where `said` knows them.
    """
    known |= {tip}
    parents = _on_known(repo, pushes, known)
    if parents is None:
        parents = _new_commits(repo, pushes, tip)
    numbers = Renumbering(repo, where, tip, said)
    line = _Line(repo, where, tip, leases, parents, numbers=numbers)
    answers = tuple(map(line.answer, pushes))
    return Queued(line.tip, answers, line.made, known | line.landed, tuple(line.rows))


def judged_ahead(
    repo: Repo,
    where: Where,
    updates: Sequence[Update],
    leases: ServerLeases,
    pusher: "Pusher | None",
) -> Verdict:
    """The verdict on a push to the queue, were it landed now.

    For what is large: what is refused here never gets out of git's quarantine.
    """
    tip = queries.exact(repo.git, where.ref)
    pushes = [Pushed(u.new, pusher) for u in updates if u.ref == QUEUE_REF and u.new]
    if tip is None:
        raise no_feed_yet(where)
    (answer,) = judge_queue(repo, where, tip, pushes, leases).answers
    if answer.cannot:
        raise answer.cannot
    return answer.verdict


def no_feed_yet(where: Where) -> CannotTell:
    """The answer where there is nothing that a queue could put posts upon."""
    why = f"there is no {where.ref} yet, and a feed is not begun through the queue"
    return CannotTell(f"{why}; push it itself: `git push origin HEAD:{where.ref}`")


_Parents = Mapping[str, tuple[str, ...]]


def _on_known(
    repo: Repo, pushes: Sequence[Pushed], known: frozenset[str]
) -> _Parents | None:
    """As `_new_commits`, where each is one commit on a known one; else None.

    Most are, and git takes 2 ms to say so, of the 6 that a push costs a leader.
    """
    found: dict[str, tuple[str, ...]] = {}
    for each in pushes:
        if each.commit in known:
            continue
        try:
            kind, data = repo.objects.read(each.commit)
        except CannotTell:
            return None  # it has gone, which is nobody else's harm
        parents = parents_of(data) if kind == "commit" else ()
        if len(parents) != 1 or parents[0] not in known:
            return None
        found[each.commit] = parents
    return found


def _new_commits(repo: Repo, pushes: Sequence[Pushed], tip: str) -> _Parents:
    """The commits that `tip` lacks, ancestors before others, and each one's parents.

    One question for all; where one of them cannot be asked about, each by itself.
    """
    try:
        return queries.between(repo.git, tip, *(each.commit for each in pushes))
    except GitFailed:
        if len(pushes) == 1:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for each in pushes:
            found.update(_new_commits(repo, (each,), tip))
        return found


class _Line:
    """The feed's line as it grows from `tip`."""

    def __init__(
        self,
        repo: Repo,
        where: Where,
        tip: str,
        leases: ServerLeases,
        parents: _Parents,
        *,
        numbers: Renumbering,
    ) -> None:
        self.tip, self._first = tip, tip
        self.made = dict[str, tuple[str, bytes]]()
        self.rows = list[tuple[str, ...]]()
        self._repo, self._where, self._leases = repo, where, leases
        self._parents, self._landed = parents, dict[str, Landed]()
        self._come = set[str]()
        self._numbers = numbers

    @property
    def landed(self) -> frozenset[str]:
        """The commits that have come upon the first tip.

        What landed under another number is not among them: another stands for it.
        """
        return frozenset(self._come)

    def answer(self, pushed: Pushed) -> Answer:
        """What becomes of the next push."""
        try:
            return self._answered(pushed)
        except CannotTell as error:
            return Answer(cannot=error)
        except BuiltOnOlder as error:
            place = Place(printable(error.path, 400))
            return Answer(Verdict((finding("FF415", place, str(error)),)))

    def _answered(self, pushed: Pushed) -> Answer:
        commit = pushed.commit
        refused = commit_or_refuse(self._repo, QUEUE_REF, commit)
        if refused:
            return Answer(refused)
        if commit in self._landed:
            return Answer(landed=self._landed[commit])
        rows = tuple(self._rows(commit))
        if not rows:
            return Answer(landed=self._there(commit))
        following = self._following(commit, rows)
        if isinstance(following, Landed):
            return Answer(landed=following)
        verdict = self._judged(following, pushed.pusher)
        if verdict.refused:
            return Answer(verdict)
        self._extend(following)
        landed = Landed(self.tip, self._where.ref, following.renamed)
        self._landed.update({row[0]: landed for row in following.rows})
        self._landed[commit] = landed
        self._numbers.has_landed(PushedCommit.read(self._repo, commit).op)
        return Answer(verdict, landed)

    def _judged(self, following: Next, pusher: "Pusher | None") -> Verdict:
        """The verdict on a move of the feed ref to what follows its tip."""
        self._repo.objects.made.update(following.made)
        text = "".join(f"{' '.join(row)}\n" for row in following.rows)
        new = following.commit
        self._repo.known_between(self.tip, new, text.encode("ascii"))
        move = Update(self.tip, new, self._where.ref)
        beside = (self.tip, self._where, self._leases)
        return judge_move(self._repo, move, *beside, by=by_login(pusher))

    def _extend(self, following: Next) -> None:
        self.tip = following.commit
        self.made.update(following.made)
        self.rows += following.rows
        self._come.update(row[0] for row in following.rows)

    def _there(self, commit: str) -> Landed:
        """Where the feed has `commit` already. CannotTell where it has not.

        That no commits come with it is said of what git could not be asked about, too.
        """
        git, ref = self._repo.git, self._where.ref
        if not queries.is_within(git, commit, self._first):
            raise CannotTell(f"what {commit[:12]} brings cannot be read; push it again")
        return Landed(queries.landed_by(git, self._first, commit) or self.tip, ref)

    def _rows(self, commit: str) -> Iterator[tuple[str, ...]]:
        """The commits that come with `commit`, and have not landed."""
        reached, waiting = set[str](), [commit]
        while waiting:
            one = waiting.pop()
            if one in self._parents and one not in self._come and one not in reached:
                reached.add(one)
                waiting += self._parents[one]
        for each, parents in self._parents.items():
            if each in reached:
                yield (each, *parents)

    def _following(self, commit: str, rows: Rows) -> Next | Landed:
        """What is next where `commit` comes with `rows`; or what it landed as before.

        BuiltOnOlder where it is to be built on the newest tip.
        """
        if len(rows) > 1 and PushedCommit.read(self._repo, commit).alone:
            # It was, when it was fetched: nobody brings that back without saying so.
            why = f"{rows[-1][1][:12]}, which it is built on, is not on the feed"
            raise BuiltOnOlder(QUEUE_REF, f"{why} any more; fetch, and make it anew")
        if any(self.tip in parents for _, *parents in rows):
            return Next(commit, rows)
        series, repo = Series.of(self._repo, commit, rows), self._repo
        try:
            entries = series.upon(repo, self.tip)
        except MergeConflict as conflict:
            return self._numbers.upon(series, self.tip, conflict.path)
        top = FeedTree(repo.objects, repo.objects.tree_of(self.tip), "")
        tree, head = overlay(top, entries), series.head
        data = head.following(str(tree.root), (self.tip, commit), head.subject)
        return Next.of(data, tree, rows)
