"""The next item: what is ready to be taken up, in which order, and what waits."""

from collections.abc import Callable

from fleetfeed.feed.near import Nearby
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.dependencies import resumable, waits_for
from fleetfeed.judge.lanes import may_take_up
from fleetfeed.judge.proof import UNPROVEN, near_lines, proof_to_complete, unproven
from fleetfeed.judge.validate import validate
from fleetfeed.model import names
from fleetfeed.model.errors import NothingReady, Refused
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Signs, no_signs
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import segments
from fleetfeed.util.printable import printable
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.verbs import claim


def next_ready(feed: Snapshot, lane: str | None, request: Request) -> Drafts:
    """The claim of the first item that is ready for the seat. NothingReady if none."""
    there = (i for i in feed.open if i.state is State.AWAITING_CLAIM)
    readable = (item for item in there if not item.unreadable)
    awaiting = [item for item in readable if in_lane(feed.rules, item, lane)]
    mine = [item for item in awaiting if _may_take(feed.rules, item, request)]
    ready = [item for item in mine if not waits_for(feed, item) and _free(feed, item)]
    if not ready:
        waits = any(waits_for(feed, item) for item in mine)
        whose = "is in a lane of other seats, or is" if feed.rules.lane_seats else "is"
        raise _nothing(len(awaiting), len(mine), lane, whose, waits=waits)
    return _first_lawful(
        feed,
        ready,
        request.seat,
        lambda item: (request.post(feed, item, State.IN_PROGRESS),),
    )


def takes_some(feed: Snapshot, request: Request) -> bool:
    """Whether `next_ready` takes an item; no more are looked at than that needs."""
    there = (i for i in feed.open if i.state is State.AWAITING_CLAIM)
    mine = (item for item in there if _may_take(feed.rules, item, request))
    ready = (item for item in mine if is_ready(feed, item))
    posts = (request.post(feed, item, State.IN_PROGRESS) for item in ready)
    return any(not refusals(feed, (post,)) for post in posts)


def _may_take(policy: Policy, item: Item, request: Request) -> bool:
    """Whether the seat may claim it: by its OWNER, and by its surface's lane."""
    seat = request.seat
    if request.reason and policy.is_steward(seat):
        return policy.may_claim(seat, item.owner)
    return may_take_up(policy, item, seat)


def next_of_own(feed: Snapshot, lane: str | None, request: Request) -> Drafts:
    """The first item that rests with the seat until others were done, and they are.

    It is resumed, at the next epoch. NothingReady where there is none.
    """
    there = resumable(feed, request.seat)
    ready = [item for item in there if in_lane(feed.rules, item, lane)]
    if not ready:
        among = f" in {printable(lane)}" if lane else ""
        message = f"nothing{among} that rests with {request.seat} is ready"
        raise NothingReady(message, ("active", "--mine"), "what is yours")
    return _first_lawful(
        feed,
        ready,
        request.seat,
        lambda item: claim(feed, item.id, request, resume=True),
    )


def _first_lawful(
    feed: Snapshot, ready: list[Item], seat: str, plan: Callable[[Item], Drafts]
) -> Drafts:
    """The plan of the first of `ready` that the judge lets through.

    What needs a proof that nobody has given comes last. Where none passes, the judge
    says why of the first; Refused where it lacks the proof alone, which is about one
    item, and so cannot be given before that is known.
    """
    near = {item.id: unproven(feed, item, seat) for item in ready}
    ready.sort(key=lambda item: (bool(near[item.id].told), _rank(feed, item)))
    plans = (plan(item) for item in ready)
    lawful = next((drafts for drafts in plans if not refusals(feed, drafts)), None)
    first = lawful or plan(ready[0])
    if not lawful and refusals(feed, first) == {UNPROVEN}:
        raise Refused(_to_prove(ready[0].id, near[ready[0].id]))
    return first


def refusals(feed: Snapshot, drafts: Drafts, signs: Signs = no_signs) -> set[str]:
    """The rules that refuse `drafts`: new ones may ask more than was filed.

    Where the policy cannot be read nothing passes, and what is wrong there refuses.
    """
    files = {draft.path: draft.text.encode() for draft in drafts}
    after = feed.changed_to(with_files(feed.tree, files))
    found = feed.policy.findings or validate(feed, after, feed.rules, signs)
    return {each.code for each in found if each.rejects}


def _to_prove(item: str, near: Nearby) -> str:
    """Why `item`, which is ready, is not taken, and what takes it."""
    told = "; ".join(near_lines(near))
    proof = proof_to_complete("…", near.told)
    todo = f"`fleetfeed claim {item} --proof '{proof}'`, completed, takes it"
    return f"{item} is ready, and {UNPROVEN} wants a proof: {told}; {todo}"


def is_ready(feed: Snapshot, item: Item) -> bool:
    """Whether `item` can be taken up, by whoever may: it waits for nothing.

    What is blocked or parked is so only where it has waited for others: why it rests
    otherwise, nobody can tell.
    """
    if waits_for(feed, item) or item.unreadable:
        return False
    if item.state in (State.BLOCKED, State.PARKED):
        return bool(item.texts("DEPENDS_ON"))
    return item.state is State.AWAITING_CLAIM and _free(feed, item)


def in_lane(policy: Policy, item: Item, lane: str | None) -> bool:
    """Whether `item` is of the lane by its prefix, or by a surface; None: of any."""
    if lane is None:
        return True
    known = names.parse(item.id)
    home = (policy.prefixes or {}).get(known.prefix, "") if known else ""
    lanes = {segments(home)[:1], *(key.parts[:1] for key in item.held or item.keys)}
    return segments(lane)[:1] in lanes


def _free(feed: Snapshot, item: Item) -> bool:
    """Whether nobody else holds what the item would hold: two may have slipped in."""
    holders = feed.holders.under(feed.rules.families)
    return next(holders.index.with_others(item.id, item.held), None) is None


def _rank(feed: Snapshot, item: Item) -> tuple[int, str, tuple[str, int]]:
    """By priority, then by when the item was filed, then by its number."""
    first = feed.post(item.id, 1)
    filed = first.text("AT") if isinstance(first, Post) else ""
    return item.priority, filed, names.in_order(item.id)


def _nothing(
    awaiting: int, mine: int, lane: str | None, whose: str, *, waits: bool
) -> NothingReady:
    """The answer where `awaiting` items are there, `mine` for this seat, none ready.

    `whose` leads to what keeps the seat from them. `waits`: some depend on others; else
    others hold what all of them would.
    """
    among = f" in {printable(lane)}" if lane else ""
    if not awaiting:
        message = f"nothing awaits its claim{among}"
        return NothingReady(message, ("active",), "what is open")
    if not mine:
        message = (
            f"what awaits its claim{among} ({awaiting}) {whose} offered to other seats"
        )
        return NothingReady(message, ("active", "--state", "AWAITING_CLAIM"), "it")
    message = f"of {awaiting} that await their claim{among}, none is ready"
    if not waits:
        message = f"{message}: other items hold their surfaces"
        return NothingReady(message, ("active", "--state", "AWAITING_CLAIM"), "them")
    message = f"{message}: they depend on others"
    return NothingReady(message, ("active", "--waiting"), "them")
