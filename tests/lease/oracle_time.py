"""What a server let through, and when, in time that no reboot begins anew.

All that leases promise is checked here, against what `lease.oracle_leases` reads.
"""

from dataclasses import dataclass, field

from lease.oracle_leases import GRACE, RUNNING, Life, posts_of
from ledger.oracle_feed import holders, shared


@dataclass
class Handle:
    """What a process knows that took an item up: its epoch, and its beats."""

    seat: str
    item: str
    epoch: int
    beats: tuple[bytes, ...]
    turn: int = 0


@dataclass(frozen=True)
class Beat:
    """A beat that was let through at `at`."""

    item: str
    epoch: int
    at: float


@dataclass
class Book:
    """`judged` is when each post was, by item and number; `raised` are the posts that
    began an epoch, with item, epoch and number.

    `vague` are the items of which the server may have forgotten something since their
    holding began: a lease may then be longer than it would be, and never shorter.
    """

    lives: dict[str, Life] = field(default_factory=dict)
    judged: dict[tuple[str, int], float] = field(default_factory=dict)
    beats: list[Beat] = field(default_factory=list)
    vague: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    raised: set[tuple[str, int, int]] = field(default_factory=set)
    holders: dict[tuple[str, int], str] = field(default_factory=dict)

    def life(self, item):
        return self.lives.get(item, Life())

    def over(self, item):
        """When the lease of whoever has the item is over; None where nobody has it."""
        life = self.life(item)
        if not life.signs:
            return None
        ends = [self.judged[item, number] + lease for number, lease in life.signs]
        beats = (beat for beat in self.beats if beat.item == item)
        ends += [b.at + life.longest for b in beats if b.epoch == life.epoch]
        return max(ends)

    def opens(self, item):
        """When a takeover is lawful."""
        return self.over(item) + GRACE

    def holds(self, handle):
        """Whether nobody has replaced the process, and the item is in its hands."""
        life = self.life(handle.item)
        mine = (life.state, life.holder, life.epoch)
        return mine == (RUNNING, handle.seat, handle.epoch)

    def landed(self, files, at):
        """What a push that was judged at `at` made of the feed: the items it changed."""
        before, self.files = self.files, files
        assert before.items() <= files.items(), "a post is lost, or altered"
        changed = []
        for item, posts in posts_of(files):
            there = self.life(item).newest
            for post in posts[there:]:
                self._post(item, post, at)
                changed.append(item)
        assert not shared(holders(files)), "a surface has two holders"
        return changed

    def _post(self, item, post, at):
        before = self.life(item)
        after = before.after(post)
        assert after.epoch >= before.epoch, f"{item}: an epoch fell"
        assert int(post.get("EPOCH", 1)) >= before.epoch, f"{item}: an old epoch"
        if before.needs_lapse(post):
            assert at >= self.opens(item), f"{item}: taken over too early"
        if before.taken_by(post):
            assert after.epoch == before.epoch + 1, f"{item}: taken at an old epoch"
        if after.holder:
            holder = self.holders.setdefault((item, after.epoch), after.holder)
            assert holder == after.holder, f"{item}: two holders at one epoch"
        if after.epoch > before.epoch or not before.newest:
            self.raised.add((item, after.epoch, after.newest))
        self.lives[item] = after
        self.judged[item, after.newest] = at

    def beaten(self, handle, at):
        """A beat of `handle` was let through."""
        life, item = self.life(handle.item), handle.item
        now = (RUNNING, handle.epoch)
        assert (life.state, life.epoch) == now, f"{item}: a beat under an old epoch"
        assert item in self.vague or at < self.over(item), f"{item}: a late beat"
        beat = Beat(item, handle.epoch, at)
        self.beats.append(beat)
        return beat
