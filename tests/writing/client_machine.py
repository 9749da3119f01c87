"""Clients at one store, as a state machine for hypothesis to play with.

A command moves by one message at a time (`ledger.fake_messages`), so any interleaving of reads
and swaps can happen, and a client can be killed at each.
"""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ledger.fake_messages import FATES, THROUGH, Run, Wire
from ledger.fake_no_swap import MemoryTwin
from ledger.oracle_feed import holders, posts, shared

from fleetfeed.ledger.contract import Append, Conflict, NotFound, Ok
from fleetfeed.ledger.testing.faults import Clock
from fleetfeed.model import post_writer
from fleetfeed.model.errors import CannotTell, Refused, Unknown
from fleetfeed.writing import transaction
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.idempotency import ExpectedPost, WriteRequest

SEATS = {"FLEET-01", "CAMBER-06", "ORA-02", "ORA-02/task"}
ITEMS = ("CMB-0001", "CMB-0002", "CMB-0003", "ORA-0001")
KEYS = ("A:b:c", "a:B:C:d", "A:b:c/d", "A:b:e", "A:b:e_f", "B:b:c", "C:b:c")
STATES = {
    "reserve": "AWAITING_CLAIM",
    "claim": "IN_PROGRESS",
    "block": "BLOCKED",
    "park": "PARKED",
    "release": "AWAITING_CLAIM",
    "done": "DONE",
    "cancel": "CANCELLED",
}
AT = "2026-11-20T12:00:00Z"


@dataclass(frozen=True)
class Verb:
    """What a client means to do to an item, whatever it sees of it."""

    name: str
    item: str
    key: str | None
    owner: str | None
    reason: bool
    off: int

    def append(self, now, seat):
        """The post, for the item as the client sees it (`now`)."""
        post = {"STATE": STATES[self.name], "SEAT": seat}
        if not now.newest:
            post["SUBJECT"] = "a piece of work"
        if self.key:
            post |= {"SURFACE_KEY": self.key, "NO_OVERLAP_PROOF": "nobody else does"}
        if self.owner:
            post["OWNER"] = self.owner
        if self.reason:
            post["REASON"] = "agreed by all"
        return Append(self.item, max(0, now.newest + self.off), post)


def often(usual, *others):
    return st.sampled_from([usual] * 4 + list(others))


verbs = st.builds(
    Verb,
    st.sampled_from([*STATES, "claim", "claim"]),
    st.sampled_from(ITEMS),
    st.sampled_from([None, *KEYS]),
    often(None, *sorted(SEATS)),
    st.booleans(),
    often(0, 0, 0, -1, 1),
)
clients = st.sampled_from(sorted(SEATS))
picks = st.integers(0, 3)
fates = often(*FATES)


@dataclass
class Command:
    """A command with its op: run once, or again. No `appends`: it is a note.

    `told` says what the client knows: `ok`, `none` where it was told that nothing is
    there, or nothing.
    """

    op: str
    appends: tuple[Append, ...]
    runs: list[Run] = field(default_factory=list)
    told: str = ""

    def write(self, ledger, retry):
        if self.appends:
            return FeedStore(ledger, retry).append_all(self.appends)
        given = {"SEAT": "CAMBER-06", "BODY": "a remark", "OP": self.op, "AT": AT}
        # The op's own digits: a name that no other note has.
        token = f"{int(self.op.removeprefix('op-')):04x}"
        request = WriteRequest(
            self.op,
            lambda _: (post_writer.note(given, token),),
            fresh=False,
            expected=(ExpectedPost(given),),
        )
        return transaction.write(ledger, request, retry)

    def wanted(self):
        """How many posts of each item it makes; a note is an item without a name."""
        return Counter(each.item for each in self.appends) or Counter({"": 1})


class Clients(RuleBasedStateMachine):
    """`world_of` makes a feed, `seen` counts what happened in all histories."""

    seen: Counter
    twin = False

    def __init__(self):
        super().__init__()
        self.world = self.world_of()
        self.ledgers = {seat: self.world.ledger() for seat in SEATS}
        self.views = {seat: self.ledgers[seat].read(9).feed for seat in SEATS}
        self.commands, self.busy, self.late = [], {}, []
        self.files = {}

    # What clients do.

    @precondition(lambda self: len(self.busy) < len(SEATS))
    @rule(pick=picks, wanted=st.lists(verbs, min_size=1, max_size=2))
    def start(self, pick, wanted):
        """A command on what the client has seen, which may be old."""
        seat = picked(pick, SEATS - self.busy.keys())
        known, appends = {}, []
        for verb in wanted:
            now = known.get(verb.item) or self.views[seat].item(verb.item)
            each = verb.append(now, seat)
            appends.append(each)
            made = post_writer.draft(now, each.post)
            known[verb.item] = post_writer.following(now, made)
        op = f"op-{len(self.commands)}"
        first, *rest = appends
        first = Append(first.item, first.expected, {**first.post, "OP": op})
        self._run(seat, Command(op, (first, *rest)))

    @precondition(lambda self: len(self.busy) < len(SEATS))
    @rule(pick=picks)
    def note(self, pick):
        seat = picked(pick, SEATS - self.busy.keys())
        self._run(seat, Command(f"op-{len(self.commands)}", ()))

    @precondition(lambda self: self.commands and len(self.busy) < len(SEATS))
    @rule(pick=picks, back=st.integers(0, 5))
    def again(self, pick, back):
        """A command is run again, by whomever: with the op that it had."""
        seat = picked(pick, SEATS - self.busy.keys())
        self._run(seat, self.commands[max(-1 - back, -len(self.commands))])

    @precondition(lambda self: self.busy)
    @rule(pick=picks, fate=fates)
    def step(self, pick, fate):
        self._step(picked(pick, self.busy), fate)

    @precondition(lambda self: len(self.busy) > 1)
    @rule()
    def together(self):
        """All that are under way come one message further."""
        for seat in sorted(self.busy):
            self._step(seat, THROUGH)

    @precondition(lambda self: self.busy)
    @rule(pick=picks, fate=often(THROUGH, *FATES))
    def finish(self, pick, fate):
        seat = picked(pick, self.busy)
        while seat in self.busy:
            self._step(seat, fate)

    @precondition(lambda self: self.busy)
    @rule(pick=picks)
    def kill(self, pick):
        """The process ends; what it sent may still arrive."""
        _, run = self.busy.pop(picked(pick, self.busy))
        run.kill()

    @rule(seat=clients)
    def look(self, seat):
        self.views[seat] = self.ledgers[seat].read(9).feed

    @precondition(lambda self: self.late)
    @rule(pick=picks)
    def deliver(self, pick):
        """Something that was late arrives."""
        _, go = self.late.pop(pick % len(self.late))
        self.seen["late, and landed"] += type(go()).__name__ == "Accepted"

    def _run(self, seat, command):
        if command not in self.commands:
            self.commands.append(command)
        if command.told == "none":
            command.told = ""
        retry = Clock().retry(3)

        def act(run):
            ledger = self.ledgers[seat]
            if self.twin:
                ledger = MemoryTwin(ledger, run.turn)
            return command.write(Wire(ledger, run, self.late), retry)

        # The thread asks its run for a turn before `Run` has returned it.
        run = Run(act)
        command.runs.append(run)
        self.busy[seat] = (command, run)

    def _step(self, seat, fate):
        command, run = self.busy[seat]
        run.step(fate)
        if run.done:
            del self.busy[seat]
            if run.bug:
                raise run.bug
            self._settle(command, run)

    def _settle(self, command, run):
        """Compare what a client was told with what there is."""
        answer, there = run.answer, self._posts_of(command.op)
        kind = Refused if isinstance(answer, Refused) else type(answer)
        self.seen[kind.__name__] += 1
        if isinstance(answer, Ok):
            self.seen["again"] += answer.again
            self.seen["after a lost race"] += answer.tries > 1 and not answer.again
            command.told = "ok"
            assert Counter(item for item, _ in there) == command.wanted(), command
            told = [(post.item, getattr(post, "number", 0)) for post in answer.posts]
            assert sorted(told) == sorted(there), (told, there)
            return
        assert isinstance(answer, Conflict | NotFound | Refused | CannotTell), answer
        if isinstance(answer, Unknown):
            return
        if isinstance(answer, CannotTell) and len(command.runs) > 1:
            return  # It could not ask: an earlier run may well have written.
        assert not there, answer
        if not self._others(command, run):
            command.told = "none"

    def _others(self, command, run):
        """Whether another run of the command may still write."""
        going = any(one is command for one, _ in self.busy.values())
        return going or any(r is not run and r in command.runs for r, _ in self.late)

    # What must be true.

    @invariant()
    def the_feed_is_whole(self):
        files = self.world.files()
        if files == self.files:
            return
        before, self.files = self.files, files
        assert before.items() <= files.items(), "a post is lost, or altered"
        self._numbers()
        self._ops()
        held = holders(files)
        self.seen["two held and more"] += len(held) > 1
        assert not shared(held), "a surface is shared"

    def _numbers(self):
        for item in ITEMS:
            numbers = [number for one, number, _ in posts(self.files) if one == item]
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), (item, numbers)

    def _ops(self):
        for command in self.commands:
            there = Counter(item for item, _ in self._posts_of(command.op))
            assert not there or there == command.wanted(), "not all, or twice"
            assert there or command.told != "ok", command
            assert not there or command.told != "none", command

    def _posts_of(self, op):
        """Item and number of each post that the command wrote."""
        found = posts(self.world.files())
        return [(item, number) for item, number, post in found if post.get("OP") == op]

    def teardown(self):
        try:
            while self.busy:
                self.finish(0, THROUGH)
            while self.late:
                self.deliver(0)
            self.the_feed_is_whole()
        finally:
            for _, run in self.busy.values():
                run.kill()
            self.world.close()


def picked(number, there):
    """One of those in `there`, by any number."""
    return sorted(there)[number % len(there)]
