"""What must be so, by the world's own time: who is told otherwise breaks the world.

The feed is looked at as it moves, and what seats do outside as they do it. The code that
is tried is not asked whether it is right, but for what its fold reads: and that, too, is
compared with a fold from nothing when the world ends.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleetfeed.feed.line import place_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.lease.heartbeat import beat_ids
from fleetfeed.lease.lease import lease_end, lease_of, longest, signs_of_life
from fleetfeed.model.errors import FleetfeedError, Unknown
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath, post_path
from fleetfeed.model.names import same_seat
from fleetfeed.model.post import Post, State
from simulator.object_store import SHA1, Store, WorldObjects
from simulator.scheduler import Machine, Scheduler
from simulator.surfaces import Held, Parts, overlap

if TYPE_CHECKING:
    from fleetfeed.ledger.contract import Ok

_TURN = ".turn"
"""What the OP of a claim in line ends with, behind that of its place."""

_A_MOMENT = 3.0
"""Seconds in which whoever has woken sees that its time is over."""


class Violation(Exception):
    """Something is so that must not be: the invariant, and what has happened."""

    def __init__(self, invariant: str, what: str, about: Iterable[str] = ()) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant, self.about = invariant, tuple(about)


@dataclass
class Working:
    """Somebody at work outside, from the world's time `begun` to `ended`.

    `overtaken` says that somebody else has begun since, while this one was asleep, and
    `by_another` that it was under another item: the epochs of two do not compare.
    """

    seat: str
    item: str
    epoch: int
    keys: tuple[Parts, ...]
    machine: Machine
    begun: float
    ended: float = math.inf
    overtaken: bool = False
    by_another: bool = False
    late: int = 0


@dataclass
class Asked:
    """A command: who asked for what, when, and what it was told last."""

    seat: str
    kind: str
    begun: float
    said: int | None = None
    sure_not: bool = False
    runs: int = 0


@dataclass
class Place:
    """A place in line: since when nothing is in its way, and whether it was passed."""

    free: float | None
    passed: bool = False
    identity: object = None


@dataclass
class Truth:
    """What has happened, and whether it may."""

    world: Scheduler
    store: Store
    drift: float = 0.0
    trace: list[str] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)
    landed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    done: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, Place] = field(default_factory=dict)
    working: list[Working] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    stamped: dict[tuple[str, int, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.held, self.tip = Held(), ""
        self.server: Machine | None = None
        self._outside: dict[str, int] = {}
        self._posts: dict[str, str] = {}
        self._busy: dict[str, list[Working]] = defaultdict(list)

    def note(self, *words: object) -> None:
        """One line of the trace."""
        self.trace.append(f"{self.world.now:.6f} {' '.join(map(str, words))}")

    def feed(self, commit: str) -> Snapshot:
        """The feed in a commit, as the code reads it."""
        objects = WorldObjects(self.store, {}, None)  # type: ignore[arg-type]
        return Snapshot(self._tree(objects, commit), self.store.cache, lasting=True)

    @staticmethod
    def _tree(objects: WorldObjects, commit: str) -> FeedTree:
        root = objects.tree_of(commit)
        entry = next(e for e in objects.tree(root) if e.name == "feed")
        return FeedTree(objects, entry.id, "feed")

    # The feed.

    def moved(self, old: str | None, new: str) -> None:
        """The feed ref has moved: each commit on its line is looked at."""
        self.tip = new
        if old is None:
            return
        line, one = list[str](), new
        while one != old:
            line.append(one)
            if not self.store.parents[one]:
                what = f"the feed went from {old[:9]} to {new[:9]}"
                raise Violation("no post is lost", f"{what}, which has not all of it")
            one = self.store.parents[one][0]
        for commit in reversed(line):
            self._step(self.store.parents[commit][0], commit)

    def _step(self, old: str, new: str) -> None:
        before, after = self.feed(old), self.feed(new)
        items = dict[str, list[int]]()
        for change in before.changes_to(after):
            kind = change.kind
            if change.old or not change.new:
                what = f"{change.path} is another, or gone"
                raise Violation("no post is lost", what)
            if isinstance(kind, PostPath):
                self._posts[change.path] = change.new.id
                items.setdefault(kind.item, []).append(kind.number)
        for item, numbers in items.items():
            self._item(before, after, item, sorted(numbers))
        self._lines(before, after, sorted(items))

    def _item(
        self, before: Snapshot, after: Snapshot, name: str, numbers: Sequence[int]
    ) -> None:
        was, now = before.item(name), after.item(name)
        post = after.post(name, numbers[-1])
        if not isinstance(post, Post):
            raise Violation("no wrong post", f"{name} has one that nobody can read")
        state = now.state.value if now.state else "-"
        self.note("post", name, numbers, state, post.seat, now.epoch, post.text("OP"))
        for number in numbers:
            self._landed(after.post(name, number), name)
        if now.epoch < was.epoch:
            what = f"{name} went from {was.epoch} to {now.epoch}"
            raise Violation("epochs rise", what, (name,))
        self._owner(before, was, now, post)
        keys = tuple(key.parts for key in now.own)
        others = self.held.others(name, keys)
        self.held.set(name, keys)
        if others:
            what = f"{name} of {now.contact} and {sorted(others)} hold one surface"
            raise Violation("no double owner", what, (name, *others))

    def _landed(self, post: object, name: str) -> None:
        op = post.text("OP") if isinstance(post, Post) else ""
        known = self.asked.get(op) or self.asked.get(op.removesuffix(_TURN))
        # Who is told no at its turn has a place in line all the same.
        place = isinstance(post, Post) and post.text("TURN") not in ("", "none")
        if known and not place:
            self.done[op.removesuffix(_TURN)].append(name)
        if known and known.sure_not and not place:
            what = f"{op} of {known.seat} ({known.kind}) was told no, and landed"
            raise Violation("no wrong answer", what, (op, name))
        self.landed[op].append(name)
        if op and self.landed[op].count(name) > 1:
            raise Violation("a command lands once", f"{op} twice on {name}", (op, name))
        if known and known.kind != "back" and len(self.landed[op]) > 1:
            there = self.landed[op]
            raise Violation("a command lands once", f"{op} on {there}", (op, *there))

    def _owner(self, before: Snapshot, was: Item, now: Item, post: Post) -> None:
        """Who has the item, and by what right."""
        if was.state is not State.IN_PROGRESS or same_seat(post.seat, was.holder):
            if now.state is State.IN_PROGRESS and now.epoch < max(1, was.epoch):
                raise Violation("epochs rise", f"{now.id} at {now.epoch}", (now.id,))
            other = now.holder and was.holder and not same_seat(now.holder, was.holder)
            taken = now.state is State.IN_PROGRESS is not was.state
            if other and taken and now.epoch <= was.epoch:
                what = f"{now.id} went to {now.holder} at {now.epoch}"
                raise Violation("epochs rise", what, (now.id,))
            return
        self.counts["takeovers"] += 1
        if now.epoch <= was.epoch:
            what = f"{now.id} was taken over at {now.epoch}"
            raise Violation("epochs rise", what, (now.id,))
        opens = self._opens(before, was)
        if self.world.now < opens:
            what = f"{post.seat} took {now.id} from {was.holder}"
            early = f"{opens - self.world.now:.3f} s before it may"
            raise Violation("no takeover before its time", f"{what} {early}", (now.id,))

    def _opens(self, feed: Snapshot, item: Item) -> float:
        """From when on, by the world's time, others may take `item`."""
        posts = signs_of_life(item.id, feed.posts(item.id), feed.rules)
        leases = {self._object(feed, item.id, p.number): p.seconds for p in posts}
        by_beat = longest((*leases.values(), lease_of(item, feed.rules)))
        leases |= dict.fromkeys(beat_ids(item, SHA1), by_beat)
        seen = [
            (at, seconds)
            for object_, seconds in leases.items()
            if (at := self.stamped.get((item.id, item.epoch, object_))) is not None
        ]
        end = lease_end((at, self._real(seconds)) for at, seconds in seen)
        return end + (self._real(feed.rules.leases.grace) or 0.0) - 1e-3

    def _real(self, seconds: float | None) -> float | None:
        """Seconds of the server's clock in the world's time."""
        drift = self.server.drift if self.server else 0.0
        return None if seconds is None else seconds / (1.0 + drift)

    @staticmethod
    def _object(feed: Snapshot, item: str, number: int) -> str:
        entry = feed.tree.entry(post_path(item, number))
        return f"{number} {entry.id if entry else ''}"

    def was_stamped(self, rows: Iterable[tuple[str, int, str]]) -> None:
        """The server has put these into its stamps now."""
        for row in rows:
            self.stamped[row] = self.world.now

    def let_through(self, moves: Iterable[tuple[str, str, bool]], tip: object) -> None:
        """The server's hook has let these refs through."""
        del tip
        for ref, _, _ in moves:
            self.note("through", ref)

    # The line.

    def _lines(self, before: Snapshot, after: Snapshot, items: Sequence[str]) -> None:
        """Who was passed, and since when what each waits for is free."""
        for name in items:
            was, now = before.item(name), after.item(name)
            new = [key.parts for key in now.own if key not in was.own]
            for place in self._waiting(before) if new else ():
                self._may_pass(before, after, was, now, place, new)
        for name in items:
            now = after.item(name)
            identity = place_of(now)
            if not now.turn:
                self.places.pop(name, None)
            elif name not in self.places or self.places[name].identity != identity:
                self.places[name] = Place(None, identity=identity)
        for name, known in self.places.items():
            keys = tuple(key.parts for key in after.item(name).keys)
            blocked = self.held.others(name, keys)
            if blocked:
                known.free = None
            elif known.free is None:
                known.free = self.world.now

    def _waiting(self, before: Snapshot) -> list[Item]:
        return [before.item(name) for name in sorted(self.places)]

    def _may_pass(
        self,
        before: Snapshot,
        after: Snapshot,
        was: Item,
        now: Item,
        place: Item,
        new: list[Parts],
    ) -> None:
        there = after.item(place.id)
        if place.id == now.id or place_of(there) != place_of(place):
            return
        theirs = [key.parts for key in place.keys]
        mine = [key.parts for key in was.keys] if was.turn else []
        met = [key for key in new if any(overlap(key, other) for other in theirs)]
        behind = [k for k in met if not any(k[: len(m)] == m for m in mine)]
        if not met or (not behind and was.turn < place.turn):
            return
        known = self.places[place.id]
        turn = self._real(before.rules.leases.turn) or 0.0
        stamp = self.stamped.get((place.id, place.epoch, "free"), math.inf)
        free = min(math.inf if known.free is None else known.free, stamp)
        had_its_turn = known.free is not None and self.world.now >= free + turn - 1e-3
        silent = self.world.now >= self._opens(before, place)
        if not (known.passed or had_its_turn or silent):
            what = f"{now.id} of {now.holder} passed {place.id} of {place.waiter}"
            raise Violation("nobody is passed in line", what, (now.id, place.id))
        known.passed = True
        self.counts["places passed"] += 1

    # What seats do outside.

    def begins(self, work: Working) -> None:
        """Somebody begins to work under a claim."""
        self.note("works", work.seat, work.item, work.epoch)
        for key in work.keys:
            self._meets(work, self._busy[key[2]])
        for key in work.keys:
            self._busy[key[2]].append(work)
        self._outside[work.item] = max(self._outside.get(work.item, 0), work.epoch)
        self.counts["holdings"] += 1

    def _meets(self, work: Working, there: list[Working]) -> None:
        now = self.world.now
        for other in there:
            if other.ended < math.inf or other is work:
                continue
            if not any(overlap(a, b) for a in work.keys for b in other.keys):
                continue
            asleep = other.machine.paused_since is not None
            if not (asleep or other.machine.napped(now - _A_MOMENT, now)):
                what = f"{work.seat} on {work.item} and {other.seat} on {other.item}"
                about = (work.item, other.item)
                raise Violation("two never work at once", what, about)
            other.overtaken = True
            other.by_another |= other.item != work.item
            self.counts["overtaken asleep"] += 1
        there[:] = [each for each in there if each.ended == math.inf]

    def acts(self, work: Working) -> None:
        """It writes something outside, with its epoch."""
        newest = self._outside.get(work.item, 0)
        taken = work.epoch >= newest
        if taken:
            self._outside[work.item] = work.epoch
        self.counts["writes outside"] += 1
        if not work.overtaken:
            return
        work.late += 1
        self.counts["writes outside turned down"] += not taken
        self.counts["writes outside that no epoch tells"] += taken and work.by_another
        if (taken and not work.by_another) or work.late > 1:
            what = (
                f"{work.seat} wrote for {work.item} at {work.epoch}, {work.late} times"
            )
            raise Violation("two never work at once", what, (work.item,))

    def ends(self, work: Working) -> None:
        """It works no more."""
        work.ended = self.world.now
        self.note("rests", work.seat, work.item, work.epoch)

    # Answers.

    def begun(self, op: str, seat: str, kind: str) -> None:
        """A seat begins a command, or runs it again."""
        if op not in self.asked:
            self.asked[op] = Asked(seat, kind, self.world.now)
        self.asked[op].sure_not = False
        self.asked[op].runs += 1
        self.note("asks", op, seat, kind)

    def yes(self, op: str, ok: "Ok") -> None:
        """A seat was told that `op` has landed, as these posts."""
        self.answers["0"] += 1
        self.note("yes", op)
        feed = self.feed(self.tip)
        for post in ok.posts:
            if not isinstance(post, Post):
                continue
            there = feed.post(post.item, post.number)
            if not isinstance(there, Post) or there.text("OP") != post.text("OP"):
                what = f"{op} was told that {post.item} has its post {post.number}"
                raise Violation("no wrong answer", what, (op, post.item))

    def no(self, op: str, error: FleetfeedError, *, fresh: bool) -> None:
        """A seat was told something else of `op` than yes."""
        known = self.asked[op]
        known.said = error.exit_code
        self.answers[str(error.exit_code)] += 1
        self.note("no", op, error.exit_code, type(error).__name__)
        # Of an earlier run a later one that says so knows nothing.
        nothing = str(error).startswith("nothing was written") and known.runs == 1
        sure = nothing or error.exit_code in (1, 4)
        if isinstance(error, Unknown) or not sure:
            return
        there = self.done.get(op)
        if there and not fresh and error.exit_code in (1, 4):
            # An earlier run of it has landed, and has lost it since.
            self.counts["found, and lost since"] += 1
            return
        if there:
            what = f"{op} of {known.seat} ({known.kind}) landed on {there}"
            raise Violation("no wrong answer", f"{what}, and was told: {error}", (op,))
        known.sure_not = True

    # When all is over.

    def at_the_end(self) -> None:
        """Compare what was read bit by bit with what is read from nothing."""
        feed = self.feed(self.tip)
        objects = WorldObjects(self.store, {}, None)  # type: ignore[arg-type]
        objects._trees = {}  # noqa: SLF001 - it is to remember nothing
        anew = Snapshot(self._tree(objects, self.tip))
        if feed.open != anew.open or feed.summary.facts != anew.summary.facts:
            raise Violation("the fold is the replay", "the open items differ")
        for path, id_ in self._posts.items():
            entry = anew.tree.entry(path)
            if entry is None or entry.id != id_:
                raise Violation("no post is lost", f"{path} is not there any more")
        for op, known in self.asked.items():
            if known.sure_not and self.done.get(op):
                raise Violation("no wrong answer", f"{op} landed", (op,))
