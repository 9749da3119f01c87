"""The next item: what is ready to be taken up, in which order, and what waits."""

from collections.abc import Callable, Iterable, Iterator

from fleetfeed.feed.near import Nearby
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
from fleetfeed.model.post import State
from fleetfeed.model.surface import segments
from fleetfeed.util.printable import printable
from fleetfeed.writing.request import Drafts, Request
from fleetfeed.writing.verbs import claim


def next_ready(feed: Snapshot, lane: str | None, request: Request) -> Drafts:
    """The claim of the first item that is ready for the seat. NothingReady if none."""
    look = _Look(feed, lane, request)
    found = _first_lawful(
        feed,
        feed.awaiting(look.is_ready),
        request.seat,
        lambda item: (request.post(feed, item, State.IN_PROGRESS),),
    )
    if found is None:
        raise look.nothing()
    return found


class _Look:
    """Who looks for what is ready, and what there was of it."""

    def __init__(self, feed: Snapshot, lane: str | None, request: Request) -> None:
        """Nothing was looked at yet."""
        self._feed, self._lane, self._request = feed, lane, request
        self._awaiting = self._mine = 0
        self._waits = False

    def is_ready(self, item: Item) -> bool:
        """Whether the seat may take `item`, which awaits its claim, and it is free."""
        rules = self._feed.rules
        if not in_lane(rules, item, self._lane):
            return False
        self._awaiting += 1
        if not _may_take(rules, item, self._request):
            return False
        self._mine += 1
        waits = bool(waits_for(self._feed, item))
        self._waits |= waits
        return not waits and _free(self._feed, item)

    def nothing(self) -> NothingReady:
        """The answer where all were looked at, and none was ready."""
        among = f" in {printable(self._lane)}" if self._lane else ""
        if not self._awaiting:
            message = f"nothing awaits its claim{among}"
            return NothingReady(message, ("active",), "what is open")
        listing = ("active", "--state", "AWAITING_CLAIM")
        if not self._mine:
            lanes = self._feed.rules.lane_seats
            whose = "is in a lane of other seats, or is" if lanes else "is"
            message = f"what awaits its claim{among} ({self._awaiting}) {whose}"
            return NothingReady(f"{message} offered to other seats", listing, "it")
        message = f"of {self._awaiting} that await their claim{among}, none is ready"
        if not self._waits:
            message = f"{message}: other items hold their surfaces"
            return NothingReady(message, listing, "them")
        message = f"{message}: they depend on others"
        return NothingReady(message, ("active", "--waiting"), "them")


def ready_items(feed: Snapshot, seat: str) -> list[Item]:
    """What `next` may take for `seat`: by priority, and then by number.

    Of one priority `next` takes the one that was filed first, which is mostly that.
    """
    look = _Look(feed, None, Request({"SEAT": seat, "OP": "0"}))
    found = feed.awaiting(look.is_ready, ranked=False)
    return sorted(found, key=lambda item: (item.priority, names.in_order(item.id)))


def takes_some(feed: Snapshot, request: Request) -> bool:
    """Whether `next_ready` takes an item; no more are looked at than that needs."""
    ready = feed.awaiting(_Look(feed, None, request).is_ready, ranked=False)
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
    ready = (item for item in there if in_lane(feed.rules, item, lane))
    found = _first_lawful(
        feed,
        sorted(ready, key=feed.rank),
        request.seat,
        lambda item: claim(feed, item.id, request, resume=True),
    )
    if found is None:
        among = f" in {printable(lane)}" if lane else ""
        message = f"nothing{among} that rests with {request.seat} is ready"
        raise NothingReady(message, ("active", "--mine"), "what is yours")
    return found


def _first_lawful(
    feed: Snapshot, ready: Iterable[Item], seat: str, plan: Callable[[Item], Drafts]
) -> Drafts | None:
    """The plan of the first of `ready` that the judge lets through; None if none is.

    What needs a proof that nobody has given comes last. Where none passes, the judge
    says why of the first; Refused where it lacks the proof alone, which is about one
    item, and so cannot be given before that is known.
    """
    first: tuple[Item, Nearby, Drafts] | None = None
    for item, near in _unproven_last(feed, ready, seat):
        drafts = plan(item)
        if not refusals(feed, drafts):
            return drafts
        first = first or (item, near, drafts)
    if first is None:
        return None
    item, near, drafts = first
    if refusals(feed, drafts) == {UNPROVEN}:
        raise Refused(_to_prove(item.id, near))
    return drafts


def _unproven_last(
    feed: Snapshot, ready: Iterable[Item], seat: str
) -> Iterator[tuple[Item, Nearby]]:
    """`ready`, each with what a proof would have to name; those that need one last."""
    last = list[tuple[Item, Nearby]]()
    for item in ready:
        near = unproven(feed, item, seat)
        if near.told:
            last.append((item, near))
        else:
            yield item, near
    yield from last


def refusals(feed: Snapshot, drafts: Drafts, signs: Signs = no_signs) -> set[str]:
    """The rules that refuse `drafts`: new ones may ask more than was filed.

    Where the policy cannot be read nothing passes, and what is wrong there refuses.
    """
    files = {draft.path: draft.text.encode() for draft in drafts}
    after = feed.with_files(files)
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
