"""Many clients at one store, in any order, with lost, late and repeated messages.

A command moves by one message at a time (`store.wire`), so any interleaving of reads
and swaps can happen, and a client can be killed at each. What is on the feed is then
read here a second time, from plain files and in a few lines, so that judge, fold and
store cannot be wrong together.
"""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ruamel.yaml import YAML
from store.scripted import Clock
from store.twin import MemoryTwin
from store.wire import FATES, THROUGH, Run, Wire
from store.worlds import Memory, Remote

from fleetfeed import draft
from fleetfeed.entrance.verdict import Verdict
from fleetfeed.errors import CannotTell, Refused, Unknown
from fleetfeed.store import Append, Conflict, FeedStore, NotFound, Ok, writing
from fleetfeed.store.intent import Intent

SEATS = {"FLEET-01", "CAMBER-06", "ORA-02", "ORA-02/task"}
ITEMS = ("CMB-0001", "CMB-0002", "CMB-0003", "ORA-0001")
KEYS = ("A:b:c", "a:B:C:d", "A:b:c/d", "A:b:e", "A:b:e_f", "B:b:c", "C:b:c")
POLICY = "stewards: [FLEET-01]\n"
STATES = {
    "reserve": "AWAITING_CLAIM",
    "claim": "IN_PROGRESS",
    "block": "BLOCKED",
    "park": "PARKED",
    "release": "AWAITING_CLAIM",
    "done": "DONE",
    "cancel": "CANCELLED",
}
ACTIVE = {"AWAITING_CLAIM", "IN_PROGRESS"}
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

    def write(self, ledger, patience):
        if self.appends:
            return FeedStore(ledger, patience).append_all(self.appends)
        given = {"SEAT": "CAMBER-06", "BODY": "a remark", "OP": self.op, "AT": AT}
        # The op's own digits: a name that no other note has.
        token = f"{int(self.op.removeprefix('op-')):04x}"
        intent = Intent(
            self.op, lambda _: (draft.note(given, token),), fresh=False, given=given
        )
        return writing.write(ledger, intent, patience)

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
            made = draft.draft(now, each.post)
            known[verb.item] = draft.following(now, made)
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
        self.seen["late, and landed"] += type(go()).__name__ == "Landed"

    def _run(self, seat, command):
        if command not in self.commands:
            self.commands.append(command)
        if command.told == "none":
            command.told = ""
        patience = Clock().patience(3)

        def act(run):
            ledger = self.ledgers[seat]
            if self.twin:
                ledger = MemoryTwin(ledger, run.turn)
            return command.write(Wire(ledger, run, self.late), patience)

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
            assert Counter(item for item, _ in there) == command.wanted()
            told = [(post.item, getattr(post, "number", 0)) for post in answer.posts]
            assert sorted(told) == sorted(there)
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
        assert not shared(held)

    def _numbers(self):
        for item in ITEMS:
            numbers = [number for one, number, _ in posts(self.files) if one == item]
            assert sorted(numbers) == list(range(1, len(numbers) + 1))

    def _ops(self):
        for command in self.commands:
            there = Counter(item for item, _ in self._posts_of(command.op))
            assert not there or there == command.wanted(), "not all, or twice"
            assert there or command.told != "ok"
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


def posts(files):
    """Item, number and fields of each post and note, as plain YAML has them."""
    for path, text in sorted(files.items()):
        if path.startswith("/notes/"):
            yield "", 0, read(text)
        elif path != "/policy.yaml":
            *_, item, name = path.split("/")
            yield item, int(name.removesuffix(".yaml")), read(text)


@cache
def read(text):
    return YAML(typ="safe").load(text)


def holders(files):
    """(segments, item) of all that is held: state and key of each item's last word."""
    state, key = {}, {}
    for item, _, post in posts(files):
        if item:
            state[item] = post["STATE"]
            key[item] = post.get("SURFACE_KEY", key.get(item))
    active = [item for item in state if state[item] in ACTIVE and key[item]]
    return [(segments(key[item]), item) for item in active]


def segments(key):
    """A key's segments, after design section 5."""
    return tuple(key.lower().replace("_", "-").replace("/", ":").split(":"))


def shared(held):
    """Pairs of items that hold surfaces of which one contains the other."""
    return [
        (one, two)
        for (mine, one), (theirs, two) in combinations(held, 2)
        if mine[: len(theirs)] == theirs[: len(mine)]
    ]


def clients_at(make, **more):
    """The machine on the feeds that `make` makes, with a count of its own."""
    more = {"world_of": staticmethod(make), "seen": Counter(), **more}
    return type("Clients", (Clients,), more)


def in_memory():
    return Memory(POLICY)


# The property is not about feeds on which nothing happens: this does in some fifty
# histories, and the rest in a thousand.
SURELY = {"Ok", "again", "after a lost race", "Conflict", "Refused", "CannotTell"}
SELDOM = {"NotFound", "Unknown", "late, and landed", "two held and more"}


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_many_clients_in_memory(stress):
    machine = clients_at(in_memory)
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=60))
    print(dict(machine.seen))
    happened = {what for what, often in machine.seen.items() if often}
    assert happened >= (SURELY | SELDOM if stress else SURELY)


# The smallest counterexample is not worth its time: any will do.
TRIES = settings(
    max_examples=300,
    stateful_step_count=60,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def broken(machine):
    """What the property says against a store that is not one."""
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=TRIES)
    return str(found.value)


def test_without_compare_and_set_it_fails():
    """Which of its sentences says so depends on what is written over."""
    assert broken(clients_at(in_memory, twin=True))


def test_without_the_look_for_the_own_op_it_fails(monkeypatch):
    monkeypatch.setattr(writing, "written", lambda *_: ())
    assert broken(clients_at(in_memory))


def test_without_the_judge_it_fails(monkeypatch):
    monkeypatch.setattr(writing, "judge_write", lambda *_: Verdict(()))
    assert "shared" in broken(clients_at(in_memory))


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_many_clients_on_git(fleet, tmp_path_factory, stress):
    """The same on a server without a hook, each client with a clone of its own."""
    names = [f"CLONE-{number}" for number in range(1, len(SEATS) + 1)]
    for name in names:
        fleet.seat(name)

    def on_git():
        return OnGit(fleet.copy(tmp_path_factory.mktemp("history") / "fleet"))

    machine = clients_at(on_git)
    few = settings(
        max_examples=60 if stress else 5,
        stateful_step_count=25 if stress else 15,
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(machine, settings=few)
    print(dict(machine.seen))
    assert machine.seen["Ok"]


class OnGit(Remote):
    """A copy of a fleet, clones and all, that goes when it is closed."""

    def __init__(self, fleet):
        super().__init__(fleet, guarded=False)
        self._folder = fleet.folder

    def clone(self):
        seat = super().clone()
        seat.git("remote", "set-url", "origin", str(self.truth.folder))
        return seat

    def close(self):
        super().close()
        shutil.rmtree(self._folder)
