"""A seat: what its agent does all day, by the verbs that ship.

Each command is what `fleetfeed.cli` makes of a command line, with a repository and a
ledger of its own, as a process has. What an agent has in mind while its process is dead
is the command under way, and its OP.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.hold.guard import boot_clock
from fleetfeed.hold.session import Terms as HoldTerms
from fleetfeed.hold.session import hold
from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.git_fleet import GitFleet
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.item import Item
from fleetfeed.model.post import State, Value
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.writing.idempotency import (
    ExpectedPost,
    Plan,
    WriteRequest,
    new_op,
    utc_now,
)
from fleetfeed.writing.in_turn import ClaimInTurn, Sought
from fleetfeed.writing.looks import Terms
from fleetfeed.writing.next_item import next_ready
from fleetfeed.writing.own_items import NothingHeld, give_back, own_items
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.takeover import Watch, take_over
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import claim, first_post, hand_over, move
from simulator.fake_git import FakeGit
from simulator.network import Network
from simulator.outside import FAILED, Job, Outside
from simulator.scheduler import Machine, Process, Scheduler
from simulator.truth import Truth

Fields = dict[str, Value]

PREFIX = "CMB"
_TIMEOUT = 30.0
_CANNOT_TELL = 3
_AGAIN = 0.8
"""How often an agent runs a command again of which nothing is known."""


@dataclass
class Habits:
    """How a seat works: seconds between two things it does, what it knows of others."""

    pause: float
    seats: int
    keys: tuple[str, ...]
    leases: tuple[float, ...] = (600.0, 1200.0, 2400.0)
    sessions: tuple[float, float] = (120.0, 3600.0)
    keep_going: bool = False
    takers: float = 10.0


@dataclass
class Command:
    """A command under its OP: what runs it, given whether it is the first time."""

    op: str
    kind: str
    run: Callable[[bool], Ok | None]


@dataclass
class Seat:
    """One seat on its machine. `alive` is False once it is dead for good.

    `runs` is how often it runs a command of which nothing is known; 0: by chance.
    """

    name: str
    world: Scheduler
    machine: Machine
    git: FakeGit
    network: Network
    truth: Truth
    outside: Outside
    habits: Habits
    alive: bool = True
    process: Process | None = None
    under_way: Command | None = None
    runs: int = 0

    # Its life.

    def starts(self) -> None:
        """Its process begins."""
        if self.alive and (self.process is None or self.process.over):
            run = self._life
            self.process = Process(self.world, self.machine, run, self.name)

    def is_killed(self) -> None:
        """Its process is gone in the middle of what it did."""
        if self.process:
            self.process.kill()
        self.outside.jobs.pop(self.name, None)
        self.outside.is_orphaned(self.name)

    def _life(self) -> None:
        dice = self.world.dice
        unfinished, self.under_way = self.under_way, None
        if unfinished and dice.random() < _AGAIN:
            self._command(unfinished, fresh=False)
        while True:
            self.world.sleep(dice.expovariate(1.0 / self.habits.pause))
            acts = (
                (self.files, 20),
                (self.takes_next, 24),
                (self.claims_new, 22),
                (self.claims_in_line, 12),
                (self.goes_on, 8),
                (self.takes_over, self.habits.takers),
                (self.hands_over, 2),
                (self.gives_back, 2),
            )
            (act,) = dice.choices([a for a, _ in acts], [weight for _, weight in acts])
            act()

    # Commands.

    def _command(self, command: Command, *, fresh: bool = True) -> Ok | None:
        """Run a command, and again where nothing is known of it; what it got."""
        dice, self.under_way = self.world.dice, command
        for runs in count(1):
            self.truth.begun(command.op, self.name, command.kind)
            try:
                ok = command.run(fresh)
            except NothingHeld:
                self.under_way = None
                return None
            except FleetfeedError as error:
                self.truth.no(command.op, error, fresh=fresh)
                if error.exit_code != _CANNOT_TELL or not self._tries_again(runs):
                    self.under_way = None
                    return None
                self.world.sleep(dice.expovariate(1 / 60.0))
                fresh = False
                self.truth.counts["run again"] += 1
            else:
                if ok:
                    self.truth.yes(command.op, ok)
                self.under_way = None
                return ok
        raise AssertionError  # `count` does not end

    def _tries_again(self, runs: int) -> bool:
        """Whether it runs a command again of which it was told nothing sure."""
        return runs < self.runs if self.runs else self.world.dice.random() < _AGAIN

    def _request(self, op: str, **fields: Value) -> Request:
        return Request({"AT": utc_now(), "OP": op, "SEAT": self.name, **fields})

    def _policy(self) -> RetryPolicy:
        return RetryPolicy(_TIMEOUT, random=self.world.dice.random)

    def _ledger(self) -> GitFleet:
        return GitFleet(Repo(self.git))

    def _write(
        self,
        request: Request,
        plan: Plan,
        *expected: ExpectedPost,
        fresh: bool,
        watched: frozenset[str] = frozenset(),
        newest: bool = False,
        takes_any: bool = False,
        own: tuple[str, ...] = (),
    ) -> Ok:
        wanted = WriteRequest(
            request.op,
            plan,
            fresh,
            expected,
            watched,
            own,
            newest=newest or request.reason,
            takes_any=takes_any,
        )
        return write(self._ledger(), wanted, self._policy(), self.name)

    def _lands(
        self,
        kind: str,
        plan_of: Callable[[Request], Plan],
        known: Fields,
        *,
        prefix: str = "",
        later: bool = False,
        newest: bool = False,
        takes_any: bool = False,
        own: tuple[str, ...] = (),
        fields: Fields | None = None,
    ) -> Ok | None:
        """A command of one post."""
        op = new_op()

        def run(fresh: bool) -> Ok:
            request = self._request(op, **fields or {})
            expected = ExpectedPost.of(request, known, prefix=prefix, later=later)
            return self._write(
                request,
                plan_of(request),
                expected,
                fresh=fresh,
                newest=newest,
                takes_any=takes_any,
                own=own,
            )

        return self._command(Command(op, kind, run))

    def _seen(self) -> Snapshot | None:
        """The feed as this seat can see it now."""
        try:
            return self._ledger().view(offline=False).snapshot
        except FleetfeedError:
            return None

    # What it does.

    def files(self) -> None:
        """Reserve a number for work that somebody will do."""
        awaits = State.AWAITING_CLAIM

        def plan_of(request: Request) -> Plan:
            return lambda feed: first_post(feed, PREFIX, awaits, request)

        known: Fields = {"STATE": awaits.value}
        self._lands("file", plan_of, known, prefix=PREFIX, fields=self._new())

    def _new(self) -> Fields:
        key = self.world.dice.choice(self.habits.keys)
        return {
            "SUBJECT": f"work on {key}",
            "SURFACE_KEY": (key,),
            "NO_OVERLAP_PROOF": "nothing near is at work on the same files",
        }

    def takes_next(self) -> None:
        """Claim what is next, work on it, end it."""
        op = new_op()

        def run(fresh: bool) -> Ok:
            request = self._request(op)
            known: Fields = {"STATE": State.IN_PROGRESS.value}
            expected = ExpectedPost.of(request, known, later=True)

            def plan(feed: Snapshot) -> Drafts:
                return next_ready(feed, None, request)

            return self._write(request, plan, expected, fresh=fresh, takes_any=True)

        ok = self._command(Command(op, "next", run))
        if ok:
            self._works_on(ok)

    def _works_on(self, ok: Ok) -> None:
        """Work under a claim that is there: `hold --resume` goes on with it."""
        item = ok.post.item
        if self.world.dice.random() < 0.3:
            self._moves(item, State.DONE)
            return
        self._holds(item, resume=True)

    def _moves(self, item: str, state: State) -> None:
        def plan_of(request: Request) -> Plan:
            return lambda feed: move(feed, item, state, request)

        known: Fields = {"ITEM": item, "STATE": state.value}
        why: Fields = {"REASON": "as it goes"} if state is not State.DONE else {}
        self._lands("move", plan_of, known, own=(item,), fields=why)

    def claims_new(self) -> None:
        """Claim a surface with a new item, and hold it while it works."""
        self._holds("", prefix=PREFIX, fields=self._new())

    def _holds(
        self,
        item: str,
        *,
        prefix: str = "",
        resume: bool = False,
        fields: Fields | None = None,
    ) -> None:
        """`fleetfeed hold`: claim, work under beats, end the claim."""
        dice, op, told = self.world.dice, new_op(), list[Ok]()
        lease = dice.choice(self.habits.leases)
        seconds = dice.uniform(*self.habits.sessions)
        code = FAILED if dice.random() < 0.15 else 0
        self.outside.jobs[self.name] = Job(self.name, seconds, code, lease)
        spelt: Fields = {"LEASE": durations.spelt(int(lease)), **(fields or {})}
        terms = HoldTerms(
            item, prefix, resume, None, self.habits.keep_going, None, self._policy()
        )
        request = self._request(op, **spelt)
        self.truth.begun(op, self.name, "hold")

        def posted(ok: Ok) -> None:
            told.append(ok)
            self.truth.yes(str(ok.post.fields["OP"]), ok)

        try:
            hold(Repo(self.git), request, terms, ("work",), self._hears, posted=posted)
        except FleetfeedError as error:
            if not told:
                self.truth.no(op, error, fresh=True)
            else:
                self.truth.counts[f"hold ended by {type(error).__name__}"] += 1

    def _hears(self, line: str) -> None:
        """What `hold` reports."""

    def claims_in_line(self) -> None:
        """`claim --wait`: a new item, or one that is there, in turn."""
        dice = self.world.dice
        feed = self._seen() if dice.random() < 0.5 else None
        rests = [i for i in feed.open if self._may_wait(i)] if feed else []
        item = dice.choice(rests).id if rests else ""
        fields = {} if item else self._new()
        self._in_line(item, dice.choice((120.0, 600.0, 3600.0)), fields)

    def _in_line(self, item: str, most: float, fields: Fields) -> bool:
        op = new_op()

        def run(fresh: bool) -> Ok:
            asked = self._request(op, **fields)

            def send(
                request: Request,
                plan: Plan,
                expected: ExpectedPost,
                over: frozenset[str],
            ) -> Ok:
                first = fresh and request is asked
                return self._write(
                    request, plan, expected, fresh=first, watched=over, newest=True
                )

            sought = Sought(item, "" if item else PREFIX)
            repo = Repo(self.git)
            ledger = GitFleet(repo)
            claiming = ClaimInTurn(repo, ledger, asked, sought, send, fresh=fresh)
            terms = Terms(boot_clock() + most, boot_clock, self._hears)
            return claiming.run(terms, self._hears)

        ok = self._command(Command(op, "wait", run))
        if ok:
            post = ok.post
            self.truth.counts["claims in turn"] += getattr(post, "number", 0) > 1
            self._works_on(ok)
        return ok is not None

    def _may_wait(self, item: Item) -> bool:
        resting = item.state in (State.PARKED, State.BLOCKED)
        return resting and item.holder == self.name and bool(item.keys)

    def goes_on(self) -> None:
        """Resume what is its own: after it was killed, or what it has parked."""
        feed, dice = self._seen(), self.world.dice
        mine = [i for i in own_items(feed, self.name) if not i.turn] if feed else []
        if feed and not mine:
            mine = [i for i in feed.open if self._may_wait(i)]
        if mine:
            self._holds(dice.choice(mine).id, resume=True)

    def takes_over(self) -> None:
        """`claim ITEM --watch --reason …`: what somebody silent holds."""
        feed, dice = self._seen(), self.world.dice
        there = [
            each
            for each in (feed.open if feed else ())
            if each.state is State.IN_PROGRESS and each.holder != self.name
        ]
        if not there:
            return
        # Who is silent for longest by the feed alone; now and then anybody.
        there.sort(key=lambda i: (i.renewals[-1].at if i.renewals else "", i.id))
        item = (there[0] if dice.random() < 0.8 else dice.choice(there)).id
        self.takes(item, patience=dice.choice((60.0, 1800.0)))

    def takes(self, item: str, patience: float) -> bool:
        """Take `item` over as soon as it may be; whether it could."""
        op, found = new_op(), list[Ok]()

        def run(fresh: bool) -> Ok | None:
            first = self._request(op, REASON="it is silent")
            known: Fields = {"ITEM": item, "STATE": State.IN_PROGRESS.value}
            expected = ExpectedPost.of(first, known)
            end = boot_clock() + patience

            def sleep(seconds: float) -> None:
                if boot_clock() + seconds > end:
                    raise _Impatient
                self.world.sleep(seconds)

            def plan_of(request: Request) -> Plan:
                return lambda feed: claim(feed, item, request, resume=False)

            def land(plan: Plan, lapsed: str) -> None:
                watched = frozenset(filter(None, (lapsed,)))
                found.append(
                    self._write(first, plan, expected, fresh=fresh, watched=watched)
                )

            watch = Watch(Repo(self.git), item, self._hears, boot_clock, sleep)
            try:
                take_over(watch, first, plan_of, land)
            except _Impatient:
                return None
            return found[-1]

        ok = self._command(Command(op, "take over", run))
        if ok:
            self._works_on(ok)
        return ok is not None

    def claims_key(self, key: str, patience: float) -> bool:
        """`claim --new --wait` of a key; whether it could have it."""
        return self._in_line("", patience, {**self._new(), "SURFACE_KEY": (key,)})

    def hands_over(self) -> None:
        """Give what it holds to another seat."""
        feed, dice = self._seen(), self.world.dice
        mine = own_items(feed, self.name) if feed else []
        mine = [each for each in mine if not each.turn]
        if not mine:
            return
        item, to = dice.choice(mine).id, f"S-{dice.randrange(self.habits.seats):04d}"
        if to == self.name:
            return

        def plan_of(request: Request) -> Plan:
            return lambda feed: hand_over(feed, item, to, request)

        known: Fields = {"ITEM": item, "OWNER": to}
        self._lands("hand over", plan_of, known, own=(item,))

    def gives_back(self) -> None:
        """`release --mine`: all that it holds, and its places in line."""
        op = new_op()

        def run(fresh: bool) -> Ok:
            request = self._request(op, REASON="the session has ended")
            return self._write(
                request, lambda feed: give_back(feed, request), fresh=fresh, newest=True
            )

        self._command(Command(op, "back", run))


class _Impatient(Exception):
    """Whoever waits for a lapse waits no longer."""
