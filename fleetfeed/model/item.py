"""An item: its posts, one after the other, folded into its present.

The fold never fails and never judges, and knows no policy: it says what the landed
posts mean, also where one should not have landed. An epoch counts acquisitions and is
the fencing token: whoever wrote under an older one has been replaced.
"""

from collections.abc import Iterable, Iterator
from enum import Enum

from fleetfeed.model.fields import lets_go
from fleetfeed.model.names import acts_as, same_seat, split_prose
from fleetfeed.model.post import Post, State, Unreadable, Value, as_list
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.records import record, replace

FIRST_WRITTEN = 2
"""From this epoch on every post carries EPOCH: by hand a simple life needs none."""

MIDDLE = 50
"""The priority of an item that names none, between 0 (first) and 99."""


@record
class Renewal:
    """What a post says of the lease: by whom it is, and what holds from it on.

    `owner` and `lease` are the item's, `at` is the post's AT; empty where it has none.
    """

    seat: str
    owner: str
    lease: str | None
    at: str

    def outdoes(self, old: "Renewal") -> bool:
        """Whether this one says the same as `old`, and not earlier."""
        alike = (self.seat, self.owner, self.lease) == (old.seat, old.owner, old.lease)
        return alike and self.at >= old.at


@record
class Item:
    """What is true of an item after its posts; before the first, its id alone.

    `state` is None where no post could be read. `owner` is who may claim, or who
    holds; `holder` who holds or held last (empty: nobody). `ever_held` are the
    normalised keys that it has held at any time, `apart_from` the items that the proofs
    of its present keys name. `unreadable` are the numbers of
    unreadable posts that nothing has repaired, `unreadable_keys` what they name.
    `lease` None is the policy's default. `op` is the OP of the post that began the
    present holding; `renewals` are that post, where the item is active, and those since
    that may matter to its lease: of many that differ only in time the latest. `kept`
    are other fields that items keep. `turn` is its place in line for its surfaces,
    while it is parked (0: it has none), and `waiter` who has taken that.
    """

    id: str
    newest: int = 0
    state: State | None = None
    seat: str = ""
    filer: str = ""
    owner: str = ""
    holder: str = ""
    epoch: int = 0
    subject: str = ""
    keys: tuple[SurfaceKey, ...] = ()
    ever_held: frozenset[tuple[str, ...]] = frozenset()
    apart_from: tuple[str, ...] = ()
    lease: str | None = None
    op: str = ""
    renewals: tuple[Renewal, ...] = ()
    unreadable: tuple[int, ...] = ()
    unreadable_keys: tuple[SurfaceKey, ...] = ()
    kept: tuple[tuple[str, Value], ...] = ()
    turn: int = 0
    waiter: str = ""

    @property
    def active(self) -> bool:
        """Whether the newest readable post is active."""
        return self.state is not None and self.state.active

    @property
    def leased(self) -> bool:
        """Whether it holds something, or a place in line, by a lease."""
        return self.active or self.turn > 0

    @property
    def beating(self) -> str:
        """Who shows by beats that they are alive: who works on it, or is in line."""
        return self.holder if self.state is State.IN_PROGRESS else self.waiter

    @property
    def holding(self) -> tuple[State | None, int, str, int]:
        """What tells one holding of the item, or place in line, from the next."""
        return self.state, self.epoch, self.holder.casefold(), self.turn

    @property
    def own(self) -> tuple[SurfaceKey, ...]:
        """The surfaces that this item claims, in posts that can be read."""
        return self.keys if self.active else ()

    @property
    def resting(self) -> tuple[SurfaceKey, ...]:
        """The surfaces that this item has at rest: half-done work may lie there."""
        at_rest = self.state is not None and self.state.resting
        held = self.unreadable_keys
        return tuple(key for key in self.keys if key not in held) if at_rest else ()

    @property
    def held(self) -> tuple[SurfaceKey, ...]:
        """The surfaces that this item holds; an unreadable post holds what it names."""
        return tuple(dict.fromkeys((*self.own, *self.unreadable_keys)))

    @property
    def contact(self) -> str:
        """Whom to ask about this item: its holder, owner, filer or last poster."""
        return self.holder or self.owner or self.filer or self.seat

    @property
    def priority(self) -> int:
        """Where it stands among what is ready: 0 comes first."""
        return int(str(self.value("PRIORITY")) or MIDDLE)

    def value(self, field: str) -> Value:
        """The item's value of a field that items keep; empty where it has none."""
        return dict(self.kept).get(field, "")

    def texts(self, field: str) -> tuple[str, ...]:
        """The same as a list of texts; empty where it has none."""
        return as_list(dict(self.kept).get(field, ()))


def fold(item: str, posts: Iterable[Post | Unreadable]) -> Item:
    """The item after `posts`, in whatever order they are given."""
    now = Item(item)
    for step in history(now, posts):
        now = step[2]
    return now


def history(
    item: Item, posts: Iterable[Post | Unreadable]
) -> Iterator[tuple[Item, Post | Unreadable, Item]]:
    """Each of `posts` in the order of their numbers, the item before and after it."""
    for post in sorted(posts, key=lambda post: post.number):
        after = apply_post(item, post)
        yield item, post, after
        item = after


def apply_post(item: Item, post: Post | Unreadable) -> Item:
    """The item after one more post."""
    if isinstance(post, Unreadable):
        return replace(
            item,
            newest=post.number,
            unreadable=(*item.unreadable, post.number),
            unreadable_keys=(*item.unreadable_keys, *post.keys),
        )
    owner = _owner(item, post)
    holder = "" if post.state is State.AWAITING_CLAIM else item.holder
    if post.state is State.IN_PROGRESS:
        holder = owner
    epoch, raised = _epoch(item, post, holder)
    keys = item.keys if post.keys is None else post.keys
    held = {key.parts for key in keys} if post.state.active else set()
    mended = post.repairs is not None and post.repairs in item.unreadable
    lease = post.lease or (None if raised else item.lease)
    turn = _turn(item, post, keys)
    begun = item.holding != (post.state, epoch, holder.casefold(), turn)
    leased = post.state.active or turn > 0
    renewal = Renewal(post.seat, owner, lease, post.text("AT"))
    return Item(
        id=item.id,
        newest=post.number,
        state=post.state,
        seat=post.seat,
        filer=item.filer or post.seat,
        owner=owner,
        holder=holder,
        epoch=epoch,
        subject=post.subject or item.subject,
        keys=keys,
        ever_held=item.ever_held | held,
        apart_from=_apart_from(item, post),
        lease=lease,
        op=post.text("OP") if begun else item.op,
        renewals=_renewed(item, renewal, begun=begun) if leased else (),
        unreadable=() if mended else item.unreadable,
        unreadable_keys=() if mended else item.unreadable_keys,
        kept=_kept(item, post),
        turn=turn,
        waiter=(post.seat if begun else item.waiter) if turn else "",
    )


def _turn(item: Item, post: Post, keys: tuple[SurfaceKey, ...]) -> int:
    """The item's place in line after `post`, which leaves it with `keys`.

    A place is in line for what it was taken for, and for as long as nobody is at work.
    """
    if post.state is not State.PARKED or not keys:
        return 0
    given = post.text("TURN")
    if given:
        return 0 if lets_go((given,)) else int(given)
    return item.turn if item.state is State.PARKED and keys == item.keys else 0


def _apart_from(item: Item, post: Post) -> tuple[str, ...]:
    """The items that `item` was said to differ from, in its present keys."""
    old = item.apart_from if post.keys in (None, item.keys) else ()
    return tuple(sorted({*old, *split_prose(post.proof)[0]}))


def _renewed(item: Item, new: Renewal, *, begun: bool) -> tuple[Renewal, ...]:
    """The item's renewals with `new`, and without what that makes pointless."""
    if begun or not item.renewals:
        return (new,)
    first, *rest = item.renewals
    return (first, *(old for old in rest if not new.outdoes(old)), new)


def _owner(item: Item, post: Post) -> str:
    """Who owns the item after `post` (see `Post.owner`)."""
    if post.state is State.IN_PROGRESS:
        return post.owner or _acted_for(item, post.seat) or post.seat
    if post.owner is not None:
        return post.owner
    if post.state is State.AWAITING_CLAIM and item.state is State.IN_PROGRESS:
        return ""
    return item.owner


def _acted_for(item: Item, seat: str) -> str:
    """The sub-seat that `seat` acts for on this item: it stays the owner."""
    present = item.holder or (item.owner if item.state is State.AWAITING_CLAIM else "")
    other = not same_seat(seat, present)
    return present if other and acts_as(seat, present) else ""


# What belongs to its post alone; any other field keeps its value (docs/post-format.md).
_OF_THE_POST = {"NO_OVERLAP_PROOF", "REASON", "OP", "REPAIRS", "EPOCH", "AT", "BODY"}
# And what has a place of its own in Item.
_OWN = {"ITEM", "STATE", "SEAT", "SUBJECT", "OWNER", "SURFACE_KEY", "LEASE", "TURN"}
_NOT_KEPT = _OF_THE_POST | _OWN


def _kept(item: Item, post: Post) -> tuple[tuple[str, Value], ...]:
    given = {name: v for name, v in post.fields.items() if name not in _NOT_KEPT}
    kept = {**dict(item.kept), **given}
    if lets_go(post.texts("DEPENDS_ON")):
        del kept["DEPENDS_ON"]
    return tuple(sorted(kept.items()))


def _epoch(item: Item, post: Post, holder: str) -> tuple[int, bool]:
    rule = epoch_rule(
        item.epoch,
        post.seat,
        before=item.state,
        after=post.state,
        old_holder=item.holder,
        new_holder=holder,
    )
    chosen = rule is EpochRule.CHOOSE and post.epoch == item.epoch + 1
    raised = rule is EpochRule.RAISE or chosen
    return item.epoch + raised, raised


RESUMABLE = frozenset({State.IN_PROGRESS, State.BLOCKED, State.PARKED})


class EpochRule(Enum):
    """What a post does to the epoch: keep it, raise it by one, or as EPOCH says."""

    KEEP = "keep"
    RAISE = "raise"
    CHOOSE = "choose"


def epoch_rule(
    epoch: int,
    seat: str,
    *,
    before: State | None,
    after: State,
    old_holder: str,
    new_holder: str,
) -> EpochRule:
    """The rule for a post of `seat` that takes an item from `before` to `after`.

    `epoch` is the item's before the post; `before` is None for a first post; a holder
    is empty where there is none.
    """
    enters = after is State.IN_PROGRESS
    if epoch == 0:
        return EpochRule.RAISE if enters else EpochRule.KEEP
    if enters and not acts_as(new_holder, old_holder):
        return EpochRule.RAISE
    if before is State.IN_PROGRESS and not enters and not acts_as(seat, old_holder):
        return EpochRule.RAISE
    if before and before.terminal and after is not before:
        return EpochRule.RAISE
    if enters and before in RESUMABLE and acts_as(seat, old_holder):
        return EpochRule.CHOOSE
    return EpochRule.KEEP
