"""How the machine's seats push, and what is checked whenever something lands.

A push is judged, and lands at once, later, or never, as on a server that is slow or was
killed: so any interleaving of judging and landing can happen.
"""

import sys
from collections import Counter
from dataclasses import dataclass

from hypothesis.stateful import RuleBasedStateMachine, invariant
from lease.fake_servers import REF
from lease.oracle_leases import AWAITING, GRACE, POLICY, RUNNING, STEWARD
from lease.oracle_time import Beat, Book, Handle

from fleetfeed.lease.heartbeat import beat_ref, beats
from fleetfeed.lease.stamps import Clock
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.writing.request import Request
from fleetfeed.writing.verbs import claim, renew

SEATS = ("CAMBER-06", "CAMBER-07", STEWARD, "ORA-02")
LANDS, WAITS, DIES = "lands", "waits", "dies"


@dataclass(frozen=True)
class Push:
    """A push of posts, or of a beat, that was judged at `at` and let through."""

    ref: str
    old: str | None
    new: str
    at: float
    items: tuple[str, ...]
    beat: Beat | None = None


class Pushing(RuleBasedStateMachine):
    """`server_of` makes a server, `seen` counts what happened in all histories."""

    seen: Counter

    def __init__(self):
        super().__init__()
        self.server = self.server_of(POLICY)
        self.now, self.booted, self.boots, self.ops = 1000.0, 0.0, 1, 0
        self.jammed, self.sound = False, True
        self.book = Book(files=self.server.files())
        self.views = dict.fromkeys(SEATS, self.server.value(REF))
        self.handles, self.pending = [], []

    def asked(self, seat, epoch=None, **fields):
        """What a command is asked for; fields that are None are not."""
        self.ops += 1
        said = {"SEAT": seat, "AT": "2026-11-20T12:00:00Z", "OP": f"op-{self.ops}"}
        return Request({**said, **{k: v for k, v in fields.items() if v}}, epoch)

    def write(self, seat, plan, fate=LANDS, *, stale=False):
        """Push what `plan` makes of the feed, which a stale seat saw some time ago.

        Why it was refused, nothing where it was let through; None where the command
        itself said no.
        """
        base = self.views[seat] if stale else self.server.value(REF)
        try:
            drafts = plan(self.server.feed(base))
        except FleetfeedError as error:
            self.seen[f"told {type(error).__name__}"] += 1
            return None
        files = {each.path: each.text.encode() for each in drafts}
        new = self.server.commit(base, files)
        codes = self.server.receive(REF, base, new, self.clock())
        self.seen.update(codes)
        if not codes:
            items = tuple(path.split("/")[2] for path in files)
            self.send(Push(REF, base, new, self.now, items), fate)
        return codes

    def push_beat(self, handle, fate=LANDS):
        """Why a beat was refused; nothing where it was let through."""
        handle.turn = (handle.turn + 1) % len(handle.beats)
        ref, new = beat_ref(handle.item), self.server.blob(handle.beats[handle.turn])
        old = self.server.value(ref)
        codes = self.server.receive(ref, old, new, self.clock())
        if not codes:
            beat = self.book.beaten(handle, self.now)
            self.send(Push(ref, old, new, self.now, (handle.item,), beat), fate)
        return codes

    def send(self, push, fate):
        """What has been let through lands at once, may land later, or never does."""
        if fate == LANDS:
            self.land_it(push, at_once=True)
        elif fate == WAITS:
            self.pending.append(push)
            self.book.vague.update(push.items)
        else:
            self.drop(push)

    def land_it(self, push, *, at_once=False):
        if not self.server.move(push.ref, push.old, push.new):
            self.seen["lost the race"] += 1
            self.drop(push)
        elif not push.beat:
            for item in self.book.landed(self.server.files(), push.at):
                self._sure(item, at_once=at_once)
                self._new_holder(item)

    def drop(self, push):
        """What was stamped never happens."""
        self.book.vague.update(push.items)
        if push.beat:
            self.book.beats.remove(push.beat)

    def _sure(self, item, *, at_once):
        """In a new epoch nothing counts that was before it."""
        life, vague = self.book.life(item), self.book.vague
        if self.jammed or not self.sound:
            vague.add(item)
        elif at_once and (item, life.epoch, life.newest) in self.book.raised:
            vague.discard(item)

    def _new_holder(self, item):
        """Whoever holds the item knows how to beat, in each holding anew."""
        life = self.book.life(item)
        if life.state != RUNNING or life.signs[0][0] != life.newest:
            return
        made = beats(self.server.feed(self.server.value(REF)).item(item))
        mine = (life.holder, item, life.epoch)
        for each in self.handles:
            if (each.seat, each.item, each.epoch) == mine:
                each.beats = made
                return
        self.handles.append(Handle(*mine, made))

    def clock(self):
        """The server's own: it runs since the last boot."""
        return Clock(f"boot {self.boots}", lambda: self.now - self.booted)

    def calm(self):
        """What is under way is lost, and the stamps can be written again."""
        while self.pending:
            self.drop(self.pending.pop())
        self.free_it()

    def free_it(self):
        """The stamps can be written."""
        self.server.free()
        self.jammed = False

    def forgotten(self, how):
        """The server may have forgotten something."""
        self.book.vague.update(self.book.lives)
        self.seen[how] += 1

    # What must be true.

    @invariant()
    def nothing_else_lands(self):
        assert self.server.files() == self.book.files

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:
                self.calm()
                for item in sorted(self.book.lives):
                    self._in_the_end(item)
        finally:
            self.server.close()

    def _in_the_end(self, item):
        """The holder may go on; once it is silent, the item is anybody's."""
        life = self.book.life(item)
        if life.state == RUNNING:
            asked = self.asked(life.holder, epoch=life.epoch)
            codes = self.write(life.holder, lambda feed: renew(feed, item, asked))
            assert codes == set(), f"{item}: the holder may not renew: {codes}"
        if life.state in {RUNNING, AWAITING} and self._taken(item):
            return
        self.seen["outlived"] += life.state in {RUNNING, AWAITING}

    def _taken(self, item):
        """Whether an item is free at once, as one without an owner is."""
        asked = self.asked("ORA-99", REASON="it is silent")
        for seconds in (0.0, 0.0, self.book.life(item).longest + GRACE):
            # A file that is damaged deeper down is put away by the first question.
            self.now += seconds
            codes = self.write(
                "ORA-99", lambda feed: claim(feed, item, asked, resume=False)
            )
            if not codes:
                return not seconds
        raise AssertionError(f"{item}: a lease without end: {codes}")
