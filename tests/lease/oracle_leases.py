"""Who has an item and how its lease runs, read a second time: from plain posts.

After sections 4, 6 and 8 of the design, in a few lines that know nothing of the fold,
the judge and the leases under test, and so cannot be wrong together with them.
"""

from dataclasses import dataclass
from itertools import groupby

from ledger import oracle_feed

DEFAULT, GRACE = 100.0, 10.0
QUICK, OF_QUICK = "CAMBER-07", 40.0
"""A seat whose pool has a shorter lease."""
STEWARD = "FLEET-01"
POLICY = (
    f"stewards: [{STEWARD}]\n"
    f"pools: {{quick: [{QUICK}]}}\n"
    f"leases: {{default: {DEFAULT:.0f}s, max: 7d, grace: {GRACE:.0f}s,"
    f" pools: {{quick: {OF_QUICK:.0f}s}}}}\n"
)
RUNNING, AWAITING = "IN_PROGRESS", "AWAITING_CLAIM"


@dataclass(frozen=True)
class Life:
    """An item; `signs` are its signs of life: a post's number, the seconds it gives."""

    newest: int = 0
    state: str = ""
    holder: str = ""
    owner: str = ""
    filer: str = ""
    epoch: int = 0
    said: float | None = None
    signs: tuple[tuple[int, float], ...] = ()

    @property
    def lease(self):
        """The seconds of its lease: what was said, or the default of who holds it."""
        if self.said is not None:
            return self.said
        return OF_QUICK if self.holder == QUICK else DEFAULT

    @property
    def longest(self):
        """What a beat gives: the longest lease that runs."""
        return max([self.lease, *(lease for _, lease in self.signs)])

    def after(self, post):
        """The item after one more post."""
        state, seat = post["STATE"], post["SEAT"]
        owner = _owner(self, post)
        holder = {RUNNING: owner, AWAITING: ""}.get(state, self.holder)
        epoch = int(post.get("EPOCH", max(self.epoch, state == RUNNING)))
        kept = self.said if epoch == self.epoch else None
        lease = float(post["LEASE"][:-1]) if "LEASE" in post else kept
        filer = self.filer or seat
        new = Life(self.newest + 1, state, holder, owner, filer, epoch, lease)
        return _with_signs(self, new, seat)

    def taken_by(self, post):
        """Whether `post` is of another who takes the item up, or away."""
        enters = post["STATE"] == RUNNING and self.state == AWAITING
        return enters or (self.state == RUNNING and post["SEAT"] != self.holder)

    def needs_lapse(self, post):
        """Whether nothing but a lapse allows `post`: it takes the item from somebody."""
        seat, state = post["SEAT"], post["STATE"]
        if self.state == RUNNING:
            return seat not in {self.holder, STEWARD}
        if self.state == AWAITING and state == RUNNING:
            return self.owner not in {"", seat}
        parks = self.state == AWAITING and state == "PARKED"
        offered = self.owner not in {"", seat}
        return parks and offered and seat not in {self.filer, STEWARD}


def _owner(before, post):
    if post["STATE"] == RUNNING:
        return post.get("OWNER") or post["SEAT"]
    if post.get("OWNER") == "none":  # who lets go of what rests
        return ""
    return post.get("OWNER") or ("" if before.state == RUNNING else before.owner)


def _with_signs(before, after, seat):
    """`after` with its signs; who begins a holding lives, whoever wrote its post."""
    if after.state not in {RUNNING, AWAITING}:
        return after
    sign = ((after.newest, after.lease),)
    same = (before.state, before.epoch, before.holder)
    if same != (after.state, after.epoch, after.holder):
        signs = sign
    elif after.state == RUNNING:
        signs = before.signs + (sign if seat == after.holder else ())
    else:
        signs = before.signs + (sign if seat in {after.filer, after.owner} else ())
    return Life(**{**vars(after), "signs": signs})


def posts_of(files):
    """Each item and its posts, in order."""
    for item, rows in groupby(oracle_feed.posts(files), key=lambda row: row[0]):
        if item:
            yield item, [post for _, _, post in rows]
