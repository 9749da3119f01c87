"""Seats that wait in lines, and die at random: for hypothesis to play with.

What is in line, who comes first and what is held is kept a second time here, by the
order in which things were seen to happen. The time is a clock that only `later` moves.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from ledger.oracle_feed import segments

from fleetfeed.judge.numbers import next_number
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.faults import Clock
from fleetfeed.model.errors import Refused
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Lapse
from fleetfeed.model.post import State
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.line import claim_or_wait, turn_of
from fleetfeed.writing.request import Request
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import claim, evict, first_post, move

TURN, GRACE, LEASE, PAUSE, WORK = 60, 60, 600, 15, 90
"""Seconds: of the policy, between two looks of who waits, and of work at the most."""

POLICY = f"leases: {{default: {LEASE}s, grace: {GRACE}s, turn: {TURN}s}}\n".encode()
KEYS = (
    ("A:f:x",), ("A:f:x/1",), ("A:f:x/2",), ("a:F:X:1",), ("A:f:y",),
    ("A:f:x/1", "A:f:y"), ("A:f:x/2", "B:f:z"), ("B:f:z",),
)  # fmt: skip
MOST_SEATS = 30


@cache
def meet(ones, others):
    """Whether the two sets of keys overlap."""
    return any(
        one[: len(two)] == two or two[: len(one)] == one
        for one in ones
        for two in others
    )


@dataclass(eq=False)  # two are the same where they are one
class Waiter:
    """A seat with an item, in line or at work; `came` is its place by arrival."""

    seat: str
    item: str
    keys: tuple[tuple[str, ...], ...]
    came: int
    until: float
    holds: bool = False
    alive: bool = True
    ends: float = 0.0
    spent: float = 0.0

    def meets(self, other):
        """Whether the two want, or have, what overlaps."""
        return meet(self.keys, other.keys)


class Lines(RuleBasedStateMachine):
    """`seen` counts what happened in all histories."""

    seen: Counter

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.ledger = MemoryLedger(POLICY, clock=self.clock.now)
        self.there: list[Waiter] = []
        self.names = 0
        self._known = (None, None)
        self._blocked = (None, {})
        self.seen["histories"] += 1

    # What seats do.

    @precondition(lambda self: len(self.there) < MOST_SEATS)
    @rule(wanted=st.lists(st.sampled_from(KEYS), min_size=1, max_size=6))
    def several_come(self, wanted):
        """Seats come, one after the other."""
        for keys in wanted[: MOST_SEATS - len(self.there)]:
            self.come(keys)

    def come(self, keys):
        """A seat claims what it needs, or takes its place in line."""
        request = self._request(keys)

        def stand(feed, _):
            return Item(str(next_number(feed, "CMB", feed.rules.max_gap)))

        def claimed(feed):
            return first_post(feed, "CMB", State.IN_PROGRESS, request)

        ok = self._written(claim_or_wait(claimed, stand, request), request)
        self._joined(request.seat, keys, ok)

    @precondition(lambda self: self.there and len(self.there) < MOST_SEATS)
    @rule(keys=st.sampled_from(KEYS), turn=st.sampled_from(["", "1", "2"]))
    def push_in(self, keys, turn):
        """A post by hand: a claim that asks nobody, or a place of one's own choice."""
        request = self._request(keys)
        state = State.PARKED if turn else State.IN_PROGRESS

        def by_hand(feed):
            made = Item(str(next_number(feed, "CMB", feed.rules.max_gap)))
            fields = {**request.fields, **({"TURN": turn} if turn else {})}
            return (request.draft(feed, made, {**fields, "STATE": state.value}),)

        try:
            ok = self._written(by_hand, request)
        except Refused:
            self.seen["pushed in, refused"] += 1
            return
        self.seen["by hand"] += 1
        self._joined(request.seat, keys, ok)

    @precondition(lambda self: self.there)
    @rule(pick=st.integers(0, MOST_SEATS))
    def die(self, pick):
        """The process of a seat ends, whatever it was about."""
        living = [one for one in self.there if one.alive]
        if living:
            one = living[pick % len(living)]
            one.alive = False
            self.seen["died at work" if one.holds else "died in line"] += 1

    @precondition(lambda self: self.there)
    @rule(pick=st.integers(0, MOST_SEATS))
    def give_up(self, pick):
        """Somebody in line does not want it any more."""
        waiting = [one for one in self.there if one.alive and not one.holds]
        if waiting:
            self.gives_up(waiting[pick % len(waiting)])

    def gives_up(self, one):
        """The seat leaves the line."""
        request = self._request((), one)
        self._written(lambda feed: move(feed, one.item, State.PARKED, request), request)
        self.there.remove(one)

    @precondition(lambda self: self.there)
    @rule(seconds=st.integers(1, PAUSE), order=st.randoms(use_true_random=False))
    def later(self, seconds, order):
        """Time goes by; whoever waits has a look, in any order."""
        self.look_in(seconds, order.sample(self.there, len(self.there)))

    def later_in_order(self, seconds):
        """The same, in the order in which they came."""
        self.look_in(seconds, self.there[:])

    def look_in(self, seconds, order):
        self.clock.sleep(seconds)
        self._count_idle(seconds)
        feed = self.ledger.read(9).feed
        for one in order:
            if one.alive:
                self.ledger.beat(feed.item(one.item), 9)
        for one in order:
            if one.alive and one.holds and one.ends <= self.clock.now():
                self._done(one)
        for one in order:
            if one.alive and not one.holds:
                self._look(one)

    def _look(self, one):
        tip = self.ledger.read(9)
        if self._known[0] != (tip.commit, self.clock.now()):
            signs = cache(self.ledger.signs(tip))
            self._known = (tip.commit, self.clock.now()), signs
        signs = self._known[1]
        turn = self._turn(tip, one, signs)
        for other in turn.blocked:
            if signs(other) is Lapse.LAPSED:
                self._evicted(one, other)
                return
        if not turn.now:
            return
        request = self._request((), one, NO_OVERLAP_PROOF="my turn")
        try:
            self._written(
                lambda feed: claim(feed, one.item, request, resume=False), request
            )
        except Refused as refused:
            raise AssertionError(
                f"{one.item} was told that it is its turn"
            ) from refused
        self._begins(one)

    def _turn(self, tip, one, signs):
        """Whose turn it is; what is blocked stays so until somebody writes."""
        if self._blocked[0] != tip.commit:
            self._blocked = tip.commit, {}
        known = self._blocked[1]
        if one.item not in known:
            turn = turn_of(tip.feed, tip.feed.item(one.item), signs)
            if not turn.blocked:
                return turn
            known[one.item] = turn
        return known[one.item]

    def _begins(self, one):
        """It holds what it wants: nobody who came earlier and is there waits for it."""
        for other in self.there:
            if other is not one and other.alive and other.meets(one):
                assert not other.holds, f"{one} and {other} both hold it"
                assert other.came > one.came, f"{one} comes before {other}"
        now = self.clock.now()
        assert now <= one.until, f"{one} has waited for too long"
        one.holds, one.ends = True, now + WORK
        self.seen["began"] += 1

    def _done(self, one):
        request = self._request((), one)
        self._written(lambda feed: move(feed, one.item, State.DONE, request), request)
        self.there.remove(one)

    def _evicted(self, one, other):
        """Who waits takes from the dead what it held."""
        request = self._request((), one, REASON="silent")
        self._written(lambda feed: evict(feed, other, request, force=False), request)
        gone = next(each for each in self.there if each.item == other)
        assert not gone.alive, "who beats is taken from"
        cancel = self._request((), one)
        self._written(lambda feed: move(feed, other, State.PARKED, cancel), cancel)
        self.there.remove(gone)
        self.seen["evicted"] += 1

    def _count_idle(self, seconds):
        """Who died in line holds nobody up for longer than a turn, all in all.

        That is, as long as what it waits for is free, and nobody living is before it.
        """
        charged = set()
        for one in self.there:
            if one.holds or not one.alive:
                continue
            before = self._before(one)
            if any(each.alive for each in before) or any(
                other.holds and other.meets(each)
                for other in self.there
                for each in (one, *before)
            ):
                continue
            for payer, most in ((one, PAUSE), *((each, TURN) for each in before)):
                if payer.item in charged or payer.spent < most + PAUSE:
                    if payer.item not in charged:
                        payer.spent += seconds
                        charged.add(payer.item)
                    break
            else:
                raise AssertionError(f"{one} could have it, and the dead hold it up")

    def _before(self, one):
        """Who came into line earlier for what overlaps, and before those, in turn."""
        found, left = [], [one]
        while left:
            now = left.pop()
            more = [
                other
                for other in self.there
                if not other.holds
                and other.came < now.came
                and other.meets(now)
                and other not in found
            ]
            found += more
            left += more
        return sorted(found, key=lambda each: each.came)

    # How a seat comes to have a name, and a place.

    def _request(self, keys, one=None, **more):
        self.names += 1
        seat = one.seat if one else f"CAMBER-{self.names:03d}"
        fields = {"SEAT": seat, "OP": f"op-{self.names}", **more}
        if keys:
            fields |= {"SURFACE_KEY": keys, "SUBJECT": "a piece of work"}
            fields |= {"NO_OVERLAP_PROOF": "nobody else is at it"}
        return Request(fields)

    def _written(self, plan, request):
        asked = WriteRequest(request.op, plan, True, ())
        return write(self.ledger, asked, self.clock.retry())

    def _joined(self, seat, keys, ok):
        one = Waiter(seat, ok.post.item, tuple(map(segments, keys)), self.names, 0.0)
        one.until = self.clock.now() + self._longest()
        self.there.append(one)
        self.seen["most at once"] = max(self.seen["most at once"], len(self.there))
        if ok.post.state is State.IN_PROGRESS:
            self._begins(one)
        else:
            self.seen["in line"] += 1

    def _longest(self):
        """How long one may have to wait that comes now: for all the others, in turn."""
        return (len(self.there) + 1) * (LEASE + GRACE + WORK + TURN + 4 * PAUSE)

    def teardown(self):
        """Nobody comes any more, and nobody dies: so all who live get it."""
        end = self.clock.now() + self._longest()
        while any(one.alive and not one.holds for one in self.there):
            assert self.clock.now() < end, "nobody gets on"
            self.later_in_order(PAUSE)
