"""Who may claim in a lane, and which seats there are, where the policy says so.

Patterns are those of pools: `*` stands for part of a name, and does not cross a `/`, so
sub-seats have a pattern of their own (`CAMBER-*/*`).
"""

from collections.abc import Iterable, Iterator

from fleetfeed.judge.step import Step
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import Item
from fleetfeed.model.names import matches, same_seat
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey, segments
from fleetfeed.util.printable import printable


def closed_lane(
    policy: Policy, keys: Iterable[SurfaceKey], who: str
) -> SurfaceKey | None:
    """The first of `keys` in whose lane `who`, a seat or a pool, may not claim."""
    if not policy.lane_seats:
        return None
    pool = policy.pool(who)
    names = (who,) if pool is None else pool
    return next((k for k in keys if not _open(policy, k, names)), None)


def may_take_up(policy: Policy, item: Item, seat: str) -> bool:
    """Whether `item`, which awaits its claim, lets `seat` do it: OWNER and lanes."""
    lets = policy.may_claim(seat, item.owner)
    return lets and not closed_lane(policy, item.own, seat)


def _open(policy: Policy, key: SurfaceKey, names: Iterable[str]) -> bool:
    """Whether one of `names`, of seats or patterns of seats, may claim in its lane."""
    seats = policy.lane_seats.get(_lane(key))
    return seats is None or any(matches(p, name) for name in names for p in seats)


def _lane(key: SurfaceKey) -> str:
    return "".join(key.parts[:1])


def lane_words(policy: Policy, key: SurfaceKey) -> str:
    """`lane CAMBER (CAMBER:file:a); CAMBER-*`: a closed lane, and who may claim."""
    listed = (one for one in policy.lanes or () if segments(one) == key.parts[:1])
    lane, seats = next(listed, _lane(key)), ", ".join(policy.lane_seats[_lane(key)])
    return f"lane {printable(lane)} ({printable(key.text)}); {printable(seats, 300)}"


def lane_seats(step: Step) -> Iterator[Finding]:
    """Who begins to hold a surface may claim in its lane."""
    if not step.policy.lane_seats:
        return
    steward = step.policy.is_steward(step.post.seat) and step.post.reason
    who = _taker(step)
    key = None if steward else closed_lane(step.policy, _taken(step), who)
    if key:
        where = lane_words(step.policy, key)
        message = f"{printable(who)} may not claim in {where} may"
        todo = "name one of them (`OWNER: …`)"
        stewards = printable(", ".join(step.policy.stewards), 300)
        if stewards:
            todo = f"{todo}, or ask a steward ({stewards}), who may with a REASON"
        field = "OWNER" if step.post.owner else "SEAT"
        yield step.finding("FF611", field, f"{message}: {todo}")


def _taker(step: Step) -> str:
    """Who has the item after the post: for whom it is filed, or else who posts."""
    return step.after.owner or step.post.seat


def _taken(step: Step) -> tuple[SurfaceKey, ...]:
    """The keys that are somebody's from this post on, and were not theirs before."""
    before, after, running = step.before, step.after, State.IN_PROGRESS
    if after.state is running:
        goes_on = before.state is running and same_seat(before.holder, after.holder)
    else:
        # Who lets go, or withdraws an offer, gives it to nobody.
        goes_on = not after.owner or same_seat(before.owner, after.owner)
    return step.acquired if goes_on else after.own


def roster(step: Step) -> Iterator[Finding]:
    """SEAT and OWNER are on the roster, where there is one."""
    known, owner = step.policy.roster, step.post.owner
    if known is None:
        return
    named = {"SEAT": step.post.seat}
    if owner and step.policy.pool(owner) is None:
        named["OWNER"] = owner
    for field, seat in named.items():
        if not any(matches(pattern, seat) for pattern in known):
            message = f"{field} {printable(seat)} is not on the roster"
            todo, level = _meant(seat, known), step.policy.unknown_seat
            yield step.finding("FF612", field, f"{message}; {todo}", level)


def _meant(seat: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(seat, [one for one in known if "*" not in one], 1)
    added = "have a steward add it to `roster` in the policy"
    return f"write {near[0]}, or {added}" if near else added
