"""What is pushed to a server's queue: put upon the feed one after another, and judged.

A seat pushes a commit that is built on an earlier tip. Here it becomes the feed ref's
next commit: itself where it is built on the newest tip, else a merge of the two, whose
first parent is the tip. So first parents tell the order in which posts landed, second
parents who brought and signed them. Each is judged as a push of its own, on the tip
that those before it have made: nobody is turned down for another's sake.

Nothing is written here, and nothing is moved.
"""

from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.checks.push import commit_or_refuse
from fleetfeed.checks.pushed_commit import (
    ANY_NUMBER,
    OP,
    QUEUED,
    PushedCommit,
    parents_of,
    queued_as,
)
from fleetfeed.checks.receive import Update, by_login, judge_move
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import Entry, object_id, raw
from fleetfeed.feed.overlay import OverlayStore, overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.feed.tree_merge import MergeConflict, changes_upon
from fleetfeed.git import queries
from fleetfeed.git.queries import between_question
from fleetfeed.judge.numbers import next_number
from fleetfeed.model import layout, names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.model.findings import Place, Verdict
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.names import ItemId
from fleetfeed.model.post import Note
from fleetfeed.model.post_writer import renumbered
from fleetfeed.model.server import QUEUE_REF, Landed
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.pusher import Pusher

Made = Mapping[str, tuple[str, bytes]]
"""Objects that are not written yet: kind and bytes, by id."""


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
    rows: tuple[tuple[str, ...], ...]


def judge_queue(
    repo: Repo,
    where: Where,
    tip: str,
    pushes: Sequence[Pushed],
    leases: ServerLeases,
    *,
    known: frozenset[str] = frozenset(),
) -> Queued:
    """What becomes of `pushes`, in this order, where the feed ref is at `tip`.

    `known` are commits that `tip` is known to contain: what is built on them, git need
    not be asked about.
    """
    known |= {tip}
    parents = _on_known(repo, pushes, known)
    if parents is None:
        parents = _new_commits(repo, pushes, tip)
    line = _Line(repo, where, tip, leases, parents)
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
        kind, data = repo.objects.read(each.commit)
        parents = parents_of(data) if kind == "commit" else ()
        if len(parents) != 1 or parents[0] not in known:
            return None
        found[each.commit] = parents
    return found


def _new_commits(repo: Repo, pushes: Sequence[Pushed], tip: str) -> _Parents:
    """The commits that `tip` lacks, ancestors before others, and each one's parents.

    One question for all; where one of them cannot be asked about, each by itself.
    """
    question = between_question(tip, pushes[0].commit)
    at = question.index(pushes[0].commit)
    every = [each.commit for each in pushes]
    try:
        rows = repo.git.out(*question[:at], *every, *question[at + 1 :])
    except GitFailed:
        if len(pushes) == 1:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for each in pushes:
            found |= _new_commits(repo, (each,), tip)
        return found
    return {c: tuple(p) for c, *p in map(str.split, rows.decode("ascii").splitlines())}


class _Older(Exception):
    """What was pushed cannot be put upon the newest tip: the text says why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path


@record
class _Next:
    """The commit that the feed ref would be moved to, and what it brings.

    `rows` are all commits that come with it, each with its parents behind it.
    """

    commit: str
    rows: tuple[tuple[str, ...], ...]
    made: Made = field(default_factory=dict)
    renamed: tuple[tuple[str, str], ...] = ()


class _Line:
    """The feed's line as it grows from `tip`."""

    def __init__(
        self,
        repo: Repo,
        where: Where,
        tip: str,
        leases: ServerLeases,
        parents: _Parents,
    ) -> None:
        self.tip, self._first = tip, tip
        self.made = dict[str, tuple[str, bytes]]()
        self.rows = list[tuple[str, ...]]()
        self._repo, self._where, self._leases = repo, where, leases
        self._parents, self._landed = parents, dict[str, Landed]()
        self._come = set[str]()
        self._told: dict[str, int] = {}
        self._ops = set[str]()

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
        except _Older as error:
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
        new = following.commit
        self._repo.objects.made.update(following.made)
        text = "".join(f"{' '.join(row)}\n" for row in following.rows)
        self._repo.known_between(self.tip, new, text.encode("ascii"))
        verdict = judge_move(
            self._repo,
            Update(self.tip, new, self._where.ref),
            self.tip,
            self._where,
            self._leases,
            by=by_login(pushed.pusher),
        )
        if verdict.refused:
            return Answer(verdict)
        self.tip = new
        self.made.update(following.made)
        self.rows += following.rows
        landed = Landed(new, self._where.ref, following.renamed)
        self._landed.update({row[0]: landed for row in following.rows})
        self._landed[commit] = landed
        self._come.update(row[0] for row in following.rows)
        self._ops.add(PushedCommit.read(self._repo, commit).op)
        return Answer(verdict, landed)

    def _there(self, commit: str) -> Landed:
        """Where the feed has `commit` already. CannotTell where it has not.

        That no commits come with it is said of what git could not be asked about, too.
        """
        git, ref = self._repo.git, self._where.ref
        asked = ("merge-base", "--is-ancestor", commit, self._first)
        if git.run(*asked, accept=(0, 1)).returncode:
            raise CannotTell(f"what {commit[:12]} brings cannot be read; push it again")
        line = ("rev-list", "--first-parent", "--parents", self._first, f"^{commit}^@")
        for row in git.line(*line).splitlines():
            new, _, *merged = (*row.split(), "")
            if commit in (new, *merged):
                return Landed(new, ref)
        return Landed(self.tip, ref)

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

    def _following(
        self, commit: str, rows: tuple[tuple[str, ...], ...]
    ) -> _Next | Landed:
        if any(self.tip in parents for _, *parents in rows):
            return _Next(commit, rows)
        base = _base(commit, rows)
        self._posts_alone(base, commit)
        objects = self._repo.objects
        ids = (objects.tree_of(each) for each in (base, commit, self.tip))
        try:
            entries = dict(changes_upon(objects, *ids))
        except MergeConflict as conflict:
            return self._numbered(commit, base, rows, conflict)
        self._something_new(entries)
        notes = f"{self._repo.folder}/{layout.NOTES}/"
        # A folder that nobody else has touched is one entry.
        if any(_one_within(f"{path}/", notes) for path in entries):
            self._unanswered(base, commit)
        top = FeedTree(objects, objects.tree_of(self.tip), "")
        return self._merge(commit, rows, overlay(top, entries))

    def _something_new(self, entries: Mapping[str, Entry | None]) -> None:
        """Raise where all is there already, or a seal is not of what is there now.

        A shard that nobody else has touched goes as a whole. What has come back to one
        since is not for sealing, though a seal would lose nothing of it.
        """
        folder = self._repo.folder
        if not entries:
            why = "all that it brings is on the feed already"
            raise _Older(folder, f"{why}; fetch, and there is nothing to push")
        whole = f"{folder}/PREFIX/SHARD".count("/")
        for path, new in entries.items():
            if new is None and path.count("/") > whole:
                why = f"{printable(path, 400)} is sealed, and its shard has got posts"
                raise _Older(path, f"{why} since; fetch, and seal it when it is closed")

    def _posts_alone(self, base: str, commit: str) -> None:
        """Raise where `commit` changes more than posts, notes and seals of `base`.

        Such is put upon the tip that it is built on, and no other.
        """
        repo = self._repo
        changed = next(_beside(repo, base, commit), "")
        before, after = repo.tree(base), repo.tree(commit)
        for path in layout.RULES:
            if before.entry(path) != after.entry(path):
                changed = before.display_path(path)
        if changed:
            what = f"{printable(changed, 400)} is no post"
            why = "and what is built on an older feed may bring posts alone"
            raise _Older(changed, f"{what}, {why}; fetch, rebase, and push again")

    def _unanswered(self, base: str, commit: str) -> None:
        """Raise where a note is about an item that has got another post since.

        By their dates it is told which notes the writer of a post has seen
        (`feed.messages`), and who yields to an item has seen what it is.
        """
        repo = self._repo
        before, now = repo.snapshot(base), repo.snapshot(self.tip)
        with_notes = repo.incoming(commit)
        for change in changes(before.tree, with_notes.tree):
            if not change.new or not isinstance(change.kind, NotePath):
                continue
            note = with_notes.post_or_note(change.path)
            item = note.item if isinstance(note, Note) else ""
            if item and before.item(item).newest != now.item(item).newest:
                path = before.tree.display_path(change.path)
                why = f"{path} is about {item}, which has got another post since"
                raise _Older(path, f"{why}; fetch, and read that first")

    def _merge(
        self, commit: str, rows: tuple[tuple[str, ...], ...], tree: FeedTree
    ) -> _Next:
        old = PushedCommit.read(self._repo, commit)
        return self._made(old, (self.tip, commit), old.subject, tree, rows=rows)

    def _made(
        self,
        old: PushedCommit,
        parents: tuple[str, ...],
        message: bytes,
        tree: FeedTree,
        *,
        rows: tuple[tuple[str, ...], ...] = (),
        blobs: Mapping[str, bytes] | None = None,
        renamed: tuple[tuple[str, str], ...] = (),
    ) -> _Next:
        """The commit of `tree`, by the author of `old`, with what is not written yet.

        `rows` come with it.
        """
        if not isinstance(tree.store, OverlayStore) or tree.root is None:
            raise TypeError(tree)
        made = {id_: ("tree", raw(rows)) for id_, rows in tree.store.trees.items()}
        made |= {id_: ("blob", data) for id_, data in (blobs or {}).items()}
        data = old.following(tree.root, parents, message)
        new = object_id("commit", data, len(tree.root) // 2)
        made[new] = ("commit", data)
        return _Next(new, (*rows, (new, *parents)), made, renamed)

    def _numbered(
        self,
        commit: str,
        base: str,
        rows: tuple[tuple[str, ...], ...],
        conflict: MergeConflict,
    ) -> _Next | Landed:
        """The commit with another number for its new item, where it may have any."""
        old = PushedCommit.read(self._repo, commit)
        item = names.parse(old.any_number) if old.any_number else None
        path = printable(conflict.path, 400)
        why = f"{path} is on the feed already, and not as it is pushed"
        if item is None or len(rows) > 1:
            kind = layout.classify(conflict.path.removeprefix(f"{self._repo.folder}/"))
            alone = "" if len(rows) > 1 else _any_number(kind)
            todo = f"fetch, and post what is still true{alone}"
            raise _Older(conflict.path, f"{why}; {todo}")
        landed = self._queued(commit, old, base)
        if landed:
            return landed
        if old.op and self._has_landed(old.op, commit, base):
            # Its writer was not told, and has tried again: once is enough.
            raise _Older(conflict.path, f"{why}, by OP {old.op} itself; fetch")
        feed = self._repo.snapshot(self.tip)
        free = next_number(feed, item.prefix, feed.rules.max_gap)
        if old.signed:
            # Whoever signed must sign anew: each is told another one.
            number = max(free.number, self._told.get(item.prefix, 0) + 1)
            self._told[item.prefix] = number
            told = f"the next free number is {ItemId(item.prefix, number)}"
            raise _Older(conflict.path, f"{why}; {told}")
        return self._renamed(commit, old, base, (str(item), str(free)), self.tip)

    def _renamed(
        self,
        commit: str,
        old: PushedCommit,
        base: str,
        pair: tuple[str, str],
        tip: str,
    ) -> _Next:
        """What `commit` brings upon `base`, put upon `tip` under another number."""
        was, now = pair
        objects = self._repo.objects
        ours, entries = self._repo.tree(tip), dict[str, Entry | None]()
        blobs = dict[str, bytes]()
        for change in changes(self._repo.tree(base), self._repo.tree(commit)):
            path, new = change.path, change.new
            own = isinstance(change.kind, PostPath) and change.kind.item == was
            if new and own and isinstance(change.kind, PostPath):
                path = layout.post_path(now, change.kind.number)
                new = self._renumbered(new, change.path, pair, blobs)
            elif ours.entry(path) != change.old or self._names(new, was):
                where = printable(self._repo.tree(base).display_path(path), 400)
                why = f"{where} goes with the number {was}, which is taken"
                raise _Older(where, f"{why}; fetch, and post it under another")
            entries[f"{self._repo.folder}/{path}"] = new
        top = FeedTree(objects, objects.tree_of(tip), "")
        tree = overlay(top, entries)
        message = old.renumbered(commit, pair)
        return self._made(old, (tip,), message, tree, blobs=blobs, renamed=(pair,))

    def _renumbered(
        self, entry: Entry, path: str, pair: tuple[str, str], blobs: dict[str, bytes]
    ) -> Entry:
        """A post of the new item, under its other number."""
        text = renumbered(self._repo.objects.blob(entry.id), *pair)
        if text is None:
            where = f"{self._repo.folder}/{path}"
            why = "does not say its ITEM in a line of its own, so it keeps its number"
            raise _Older(where, f"{printable(where, 400)} {why}, which is taken")
        id_ = object_id("blob", text, len(entry.id) // 2)
        blobs[id_] = text
        return Entry(entry.name, entry.mode, id_)

    def _names(self, entry: Entry | None, item: str) -> bool:
        """Whether a file that comes along says the number that will be another."""
        if entry is None:
            return False
        return item.encode() in self._repo.objects.blob(entry.id)

    def _queued(self, commit: str, old: PushedCommit, base: str) -> Landed | None:
        """What `commit` has landed as, under another number, since `base`.

        Anybody may push a commit that says so: what it brings must be the same, too.
        """
        asked = ("log", "-z", "--first-parent", "-F", f"--grep={QUEUED}: {commit} ")
        whole = (*asked, "--format=%H%n%B", f"{base}..{self._first}", "--")
        for row in self._repo.git.out(*whole).split(b"\0"):
            new, _, message = row.partition(b"\n")
            pair = queued_as(message, commit)
            one = new.decode("ascii")
            if pair and self._stands_for(one, commit, old, base, pair):
                return Landed(one, self._where.ref, (pair,))
        return None

    def _stands_for(
        self,
        new: str,
        commit: str,
        old: PushedCommit,
        base: str,
        pair: tuple[str, str],
    ) -> bool:
        """Whether `new` brings what `commit` does, under the other number of `pair`."""
        data = self._repo.objects.read(new)[1]
        was, now = pair
        if was != old.any_number or names.parse(now) is None:
            return False
        try:
            (before,) = parents_of(data)
            same = self._renamed(commit, old, base, pair, before)
        except (ValueError, _Older):  # it has not one parent, or does not go upon it
            return False
        tree, _, _ = data.partition(b"\n")
        return same.made[same.commit][1].startswith(tree + b"\n")

    def _has_landed(self, op: str, commit: str, base: str) -> bool:
        """Whether another commit than `commit` has landed the command `op` since."""
        if op in self._ops:
            return True
        asked = ("rev-list", "-F", f"--grep={OP}: {op}", f"{base}..{self._first}", "--")
        return bool(set(self._repo.git.line(*asked).split()) - {commit})


def _beside(repo: Repo, base: str, commit: str) -> Iterator[str]:
    """The paths beside the feed's folder that are not the same in both commits."""
    ids, path = [repo.objects.tree_of(each) for each in (base, commit)], ""
    for name in repo.folder.split("/"):
        one, two = (dict(_named(repo, id_)) for id_ in ids)
        both = one.keys() | two.keys()
        yield from (f"{path}{n}" for n in both - {name} if one.get(n) != two.get(n))
        if not (one.get(name) and two.get(name)):
            return  # whoever reads a feed there says what it is
        ids, path = [one[name].id, two[name].id], f"{path}{name}/"


def _named(repo: Repo, tree: str) -> Iterator[tuple[str, Entry]]:
    return ((row.name, row) for row in repo.objects.tree(tree))


def _any_number(taken: layout.PathKind) -> str:
    """How to have another number, where the first post of an item is `taken`."""
    if not isinstance(taken, PostPath) or taken.number != 1:
        return ""
    line = f"`{ANY_NUMBER}: {taken.item}`"
    return f"; where any number will do, a last line {line} of the message says so"


def _one_within(one: str, other: str) -> bool:
    """Whether one of two folders, which end in a slash, is or holds the other."""
    return one.startswith(other) or other.startswith(one)


def _base(commit: str, rows: Sequence[tuple[str, ...]]) -> str:
    """The commit of the feed that `commit` is built on, where that is one alone."""
    above = ""
    for one, *parents in rows:
        if len(parents) != 1 or (above and parents != [above]):
            on = "more than one older commit" if parents else "no commit"
            why = f"{commit[:12]} is built on {on} of the feed"
            raise _Older(QUEUE_REF, f"{why}; fetch, rebase, and push again")
        above = one
    return rows[0][1]
