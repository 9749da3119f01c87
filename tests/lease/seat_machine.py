"""Seats, their claims and a server that fails, as a state machine for hypothesis.

All posts are those that the commands would write, or the same by hand.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from lease.fake_servers import REF
from lease.gen_damage import HARMS
from lease.oracle_leases import AWAITING, GRACE, RUNNING, STEWARD
from lease.pushing import DIES, LANDS, SEATS, WAITS, Pushing
from writing.client_machine import often, picked

from fleetfeed.lease.heartbeat import beat_ref
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import draft
from fleetfeed.writing.verbs import (
    claim,
    evict,
    first_post,
    hand_over,
    move,
    parked,
    renew,
)

KEYS = ("A:b:c", "a:b:C:d", "B:b:c", "C:b:c", "D:b:c")
MOST = 3
"""Items in one history."""

WAYS = {
    "renew": RUNNING,
    "release": AWAITING,
    "park": "PARKED",
    "block": "BLOCKED",
    "done": "DONE",
}
fates = often(LANDS, LANDS, WAITS, DIES)
seats = st.sampled_from(SEATS)
keys = st.sampled_from(KEYS)
picks = st.integers(0, 11)
leases = often(None, "20s", "300s")
# From the end of a lease: around it, and around the end of its grace.
AROUND = (-0.5, 0.0, 0.5, GRACE - 0.5, GRACE, GRACE + 0.5)
times = st.sampled_from([None, None, None, *AROUND, GRACE, GRACE])


class Fleet(Pushing):
    """See `Pushing`."""

    # What seats do.

    @initialize(seat=seats, key=keys, lease=leases, owner=st.none())
    def begin(self, **said):
        self.file(**said)

    @precondition(lambda self: len(self.book.lives) < MOST)
    @rule(seat=seats, key=keys, lease=leases, owner=st.none() | seats)
    def file(self, seat, key, lease, owner):
        """A new item, claimed, or offered to another."""
        said = {"SURFACE_KEY": key, "NO_OVERLAP_PROOF": "new", "SUBJECT": "a piece"}
        state = State.AWAITING_CLAIM if owner else State.IN_PROGRESS
        asked = self.asked(seat, LEASE=lease, OWNER=owner, **said)
        self.write(seat, lambda feed: first_post(feed, "CMB", state, asked))

    @precondition(lambda self: self.book.lives)
    @rule(seat=seats, pick=picks, lease=leases, fate=fates, resume=st.booleans())
    def claim(self, seat, pick, lease, fate, resume):
        """As a seat does that has forgotten all it knew."""
        item, asked = picked(pick, self.book.lives), self.asked(seat, LEASE=lease)
        codes = self.write(
            seat, lambda feed: claim(feed, item, asked, resume=resume), fate
        )
        self.seen["resumed" if resume else "claimed"] += codes == set()

    @precondition(lambda self: self.book.lives)
    @rule(
        seat=seats, pick=picks, fate=fates, stale=often(False, True), lease=leases,
        when=times, way=st.sampled_from(["claim", "claim", "evict", "park"]),
    )  # fmt: skip
    def take(self, seat, pick, way, fate, stale, lease, when):
        """Take an item from whoever has it; a steward's word needs no lapse."""
        item = picked(pick, self.book.lives)
        self.take_it(seat, item, way, fate, stale=stale, lease=lease, when=when)

    def take_it(self, seat, item, way, fate, *, stale=False, lease=None, when=None):
        asked = self.asked(seat, REASON="it is silent", LEASE=lease)
        ways = {
            "claim": lambda feed: claim(feed, item, asked, resume=False),
            "evict": lambda feed: evict(feed, item, asked, force=seat == STEWARD),
            "park": lambda feed: parked(feed, (item,), asked),
        }
        self._until(item, when)
        before, sure = self.book.life(item), item not in self.book.vague
        over = self.book.over(item)
        codes = self.write(seat, ways[way], fate, stale=stale)
        if stale or codes is None or over is None or seat == before.holder:
            return
        kind = "by force" if seat == STEWARD else "taken"
        self.seen[f"{kind}: {way}"] += not codes
        assert not (sure and self.now >= over + GRACE) or "FF502" not in codes, item
        assert "FF501" not in codes or not sure, item

    @precondition(lambda self: self.handles)
    @rule(
        pick=picks, way=often("renew", *WAYS), lease=leases, when=times,
        fate=fates, stale=often(False, True), by_hand=st.booleans(),
        unseen=often(False, True),
    )  # fmt: skip
    def go_on(self, pick, way, lease, fate, stale, by_hand, unseen, when):
        """A process that held an item goes on as if it still did."""
        handle = self._handle(pick)
        self._until(handle.item, when)
        if unseen:
            self._jam(0)
        self.go_on_with(handle, way, lease, fate, stale=stale, by_hand=by_hand)
        if unseen:
            self.free_it()

    def go_on_with(self, handle, way, lease, fate, *, stale=False, by_hand=False):
        lease = lease if way == "renew" else None
        # The same text and number again, say after a lost race, has the stamp of the
        # first time where it can get none of its own: what a command writes has an OP.
        by_hand = by_hand and not self.jammed
        plan = self.by_hand if by_hand else self._by_command
        holds = self.book.holds(handle)
        replaced = self.book.life(handle.item).epoch != handle.epoch
        lapsed = holds and self.now >= self.book.opens(handle.item)
        codes = self.write(handle.seat, plan(handle, way, lease), fate, stale=stale)
        if stale:
            return
        assert not (replaced and codes == set()), f"{handle.item}: under an old epoch"
        self.seen["a late post"] += replaced
        self.seen["a lapsed holder's"] += holds and lapsed and codes == set()
        if holds and way == "renew":
            assert codes == set(), f"{handle.item}: the holder may not renew: {codes}"
            self.seen["renewed"] += 1

    def _handle(self, pick):
        """As often one that holds an item as any that ever did."""
        now = [each for each in self.handles if self.book.holds(each)]
        among = now if pick % 2 and now else self.handles
        return among[pick // 2 % len(among)]

    def _by_command(self, handle, way, lease):
        asked = self.asked(handle.seat, epoch=handle.epoch, LEASE=lease)
        if way == "renew":
            return lambda feed: renew(feed, handle.item, asked)
        return lambda feed: move(feed, handle.item, State(WAYS[way]), asked)

    def by_hand(self, handle, way, lease):
        said = {"SEAT": handle.seat, "STATE": WAYS[way], "EPOCH": str(handle.epoch)}
        said |= {"LEASE": lease} if lease else {}
        return lambda feed: (draft(feed.item(handle.item), said),)

    @precondition(lambda self: self.handles)
    @rule(pick=picks, to=seats, fate=fates)
    def hand_over(self, pick, to, fate):
        handle = self._handle(pick)
        asked = self.asked(handle.seat, epoch=handle.epoch)
        codes = self.write(
            handle.seat, lambda feed: hand_over(feed, handle.item, to, asked), fate
        )
        self.seen["handed over"] += codes == set()

    @precondition(lambda self: self.handles)
    @rule(pick=picks, fate=fates, when=times)
    def beat(self, pick, fate, when):
        """A process that held an item beats."""
        handle = self._handle(pick)
        self._until(handle.item, when)
        self._beat(handle, fate)

    def _beat(self, handle, fate):
        sure = handle.item not in self.book.vague and not self.jammed
        holds, over = self.book.holds(handle), self.book.over(handle.item)
        codes = self.push_beat(handle, fate)
        self.seen["a beat"] += codes == set()
        self.seen["a late beat"] += not holds
        assert not (sure and holds and self.now < over) or codes == set(), codes

    @precondition(lambda self: self.handles)
    @rule(
        seat=seats, pick=picks, post=st.booleans(), first=st.booleans(), when=times,
        way=st.sampled_from(["claim", "evict", "park"]),
    )  # fmt: skip
    def meet(self, seat, pick, way, post, first, when):
        """A takeover is on its way while the holder beats, or posts."""
        handle = self._handle(pick)
        self.take_it(seat, handle.item, way, WAITS, when=when)
        fate = LANDS if first else WAITS
        if post:
            self.go_on_with(handle, "renew", None, fate)
        else:
            self._beat(handle, fate)
        while self.pending:
            self.land_it(self.pending.pop())

    @precondition(lambda self: self.book.lives)
    @rule(pick=picks)
    def tidy(self, pick):
        """Anyone takes away the beats of what nobody has in progress."""
        item = picked(pick, self.book.lives)
        ref = beat_ref(item)
        old = self.server.value(ref)
        if old:
            codes = self.server.receive(ref, old, None, self.clock())
            assert bool(codes) == (self.book.life(item).state == RUNNING)
            if not codes:
                self.server.move(ref, old, None)

    @rule(seat=seats)
    def look(self, seat):
        self.views[seat] = self.server.value(REF)

    # What happens to the server.

    @rule(seconds=st.sampled_from([1.0, 9.5, 30.0, 100.0, 300.0]))
    def wait(self, seconds):
        self.now += seconds

    def _until(self, item, seconds):
        """Some seconds from the end of the item's lease, if that is yet to come."""
        over = self.book.over(item)
        if seconds is not None and over is not None:
            self.now = max(self.now, over + seconds)

    @precondition(lambda self: self.pending)
    @rule(pick=picks)
    def land(self, pick):
        self.land_it(self.pending.pop(pick % len(self.pending)))

    @rule(
        what=often("lose", "lose", "jam", "reboot"), how=picks, at=st.integers(0, 10**6)
    )
    def trouble(self, what, how, at):
        {"lose": self._lose, "jam": self._jam, "reboot": self._reboot}[what](how, at)

    def _reboot(self, how, at):
        """The machine starts anew, and its clock with it; what was under way is lost."""
        del how
        self.calm()
        self.now += at % 1000
        self.booted, self.boots = self.now, self.boots + 1
        self.forgotten("reboot")

    # Between judging and landing nothing but the stamps says what was judged: what is
    # lost in those milliseconds is lost.

    def _lose(self, how, at):
        """The file of stamps is lost, or damaged."""
        if self.server.stamps.exists() and not self.pending and not self.jammed:
            name = picked(how, HARMS) if how < len(HARMS) else "gone"
            HARMS[name](self.server.stamps, at)
            self.sound = name == "gone"
            self.forgotten("loss")

    def _jam(self, how, at=0):
        """The stamps cannot be written, for a while."""
        del at
        if self.server.stamps.exists() and not self.pending and not self.jammed:
            self.jammed = self.server.jam("folder" if how % 2 else "lock")
            self.forgotten("jam")

    @precondition(lambda self: self.jammed)
    @rule()
    def free(self):
        self.free_it()
