"""What each verb writes: a function from the feed and a request to its posts.

Each raises where the feed, as it is, answers already. A new item's number comes from
the feed that the post is built on: whoever loses the race for the tip gets another from
the next one, so no two reservations get the same.
"""

from collections.abc import Mapping, Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.fields import NONE
from fleetfeed.model.item import RESUMABLE, Item
from fleetfeed.model.names import PREFIX, acts_as, same_seat
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_writer import chain, note
from fleetfeed.util.printable import printable
from fleetfeed.writing.dating import noted_at, posted_at
from fleetfeed.writing.request import Drafts, Request, require_at_epoch, require_item


def claim(feed: Snapshot, item: str, request: Request, *, resume: bool) -> Drafts:
    """Take `item` into work. Held where somebody has it, be it the own seat.

    With `resume` the own seat goes on with it, at the next epoch: whatever else the
    seat has at work on the item holds an epoch that is over.
    """
    now = require_at_epoch(feed, item, request)
    own = acts_as(request.seat, now.holder)
    # Another's with a reason is a takeover, or a steward's act: the judge knows.
    may_be = resume if own else request.reason
    if now.state is State.IN_PROGRESS and not may_be:
        from fleetfeed.writing.conflicts import held_item  # late: who gets it asks not

        raise held_item(feed, now, request.seat, request.now)
    if resume and own and now.state in RESUMABLE:
        return (request.post(feed, now, State.IN_PROGRESS, EPOCH=str(now.epoch + 1)),)
    return (request.post(feed, now, State.IN_PROGRESS, **_taken_from(now, request)),)


def move(feed: Snapshot, item: str, state: State, request: Request) -> Drafts:
    """Take `item` to `state`. Refused where it is there already."""
    now = require_at_epoch(feed, item, request)
    if now.turn and state in (State.PARKED, State.AWAITING_CLAIM):
        # Who goes out of the line lets nothing go: it has nothing.
        return (request.post(feed, now, State.PARKED, TURN=NONE),)
    if now.state is state:
        message = f"{item} is {state.value} already, by post {now.newest} of"
        todo = f"`fleetfeed append {item} --state {state.value}` amends it"
        raise Refused(f"{message} {printable(now.seat)}; {todo}")
    freed = state is State.AWAITING_CLAIM and now.state is not State.IN_PROGRESS
    if freed and now.owner and "OWNER" not in request.fields:
        # What is not in progress keeps its owner, and nobody else could claim it.
        return (request.post(feed, now, state, OWNER=NONE),)
    return (request.post(feed, now, state),)


def renew(feed: Snapshot, item: str, request: Request) -> Drafts:
    """Begin the lease of `item` anew, or of its place in line.

    Refused where it has neither.
    """
    now = require_at_epoch(feed, item, request)
    if now.turn:
        return (request.post(feed, now, State.PARKED, TURN=str(now.turn)),)
    if now.state is None or not now.active:
        state = now.state.value if now.state else "unreadable"
        todo = f"`fleetfeed claim {item}` takes it up"
        raise Refused(f"{item} is {state} and has no lease to renew; {todo}")
    return (request.post(feed, now, now.state),)


def evict(feed: Snapshot, item: str, request: Request, *, force: bool) -> Drafts:
    """Take `item` from whoever has it, so that it awaits another claim.

    Without `force` only a lapsed lease is taken, as anyone may. A steward's word takes
    a living one, too, so it has to be said.
    """
    now = require_at_epoch(feed, item, request)
    policy = feed.rules
    if now.state is not State.IN_PROGRESS:
        state = now.state.value if now.state else "unreadable"
        raise Refused(f"{item} is {state}: nobody is to be evicted from it")
    if policy.is_steward(request.seat) and not force:
        message = f"{request.seat} is a steward, whose word takes {item} from a living"
        todo = f"say --force, or ask {printable(now.holder)}"
        raise Refused(f"{message} seat, too; {todo}")
    return (request.post(feed, now, State.AWAITING_CLAIM, **_taken_from(now, request)),)


def _taken_from(now: Item, request: Request) -> dict[str, str]:
    """What a post says in its text, if in nothing else: whom it takes the item from."""
    taken = now.state is State.IN_PROGRESS and not acts_as(request.seat, now.holder)
    if not taken or "BODY" in request.fields:
        return {}
    return {"BODY": f"taken over from {now.holder}, at epoch {now.epoch}"}


def hand_over(feed: Snapshot, item: str, to: str, request: Request) -> Drafts:
    """Give `item` to the seat `to`: in progress, it holds it; else, it may claim it."""
    now = require_at_epoch(feed, item, request)
    if now.state and now.state.terminal:
        todo = f"`fleetfeed claim {item} --reason …` reopens it"
        raise Refused(f"{item} is {now.state.value}, so there is no work in it; {todo}")
    running = now.state is State.IN_PROGRESS
    if running and same_seat(now.holder, to):
        who = printable(now.holder)
        raise Refused(f"{item} is {who}'s already; nothing was written")
    state = State.IN_PROGRESS if running else State.AWAITING_CLAIM
    return (request.post(feed, now, state, OWNER=to),)


def yield_to(
    feed: Snapshot, item: str, request: Request, *, to: str, state: State, token: str
) -> Drafts:
    """End `item` (or rest it: `state`) in favour of `to`, which gets a note of it."""
    now, other = require_at_epoch(feed, item, request), require_item(feed, to)
    if now.id == other.id:
        raise Refused(f"{item} cannot yield to itself; name the item that goes on")
    if now.state and (now.state.terminal or now.state is state):
        message = f"{item} is {now.state.value} already, by post {now.newest} of"
        raise Refused(f"{message} {printable(now.seat)}, so there is nothing to yield")
    if other.state is State.CANCELLED:
        # Two duplicates that yield to each other would end both.
        message = f"{to} is CANCELLED, so nobody goes on with it"
        raise Refused(f"{message}; go on with {item}, or `fleetfeed cancel {item}`")
    # A steward's act is owed a reason of its own.
    own = acts_as(request.seat, now.holder) or acts_as(request.seat, now.filer)
    why = {"REASON": f"yields to {to}"} if own else {}
    fields = {**why, **request.fields, "STATE": state.value}
    post = request.draft(feed, now, fields)
    about = f"{item} of {request.seat} yields to this: {now.subject}"
    branch = request.fields.get("BRANCH") or now.value("BRANCH")
    about += f" (its work is on {branch})" if branch else ""
    kept = {name: request.fields[name] for name in ("SEAT", "OP")}
    at = noted_at(feed, to, str(request.fields["AT"]))
    return (post, note({**kept, "AT": at, "ITEM": to, "BODY": about}, token))


def parked(feed: Snapshot, items: tuple[str, ...], request: Request) -> Drafts:
    """Park `items`, so that their surfaces are free in this commit.

    Another seat's with the reason that is given: its lease has lapsed, or the judge
    refuses.
    """
    made = []
    feed.expect(items)
    for item in items:
        now = require_at_epoch(feed, item, request)
        taken = _taken_from(now, request) if request.reason else {}
        fields = {**request.signed, **taken, "STATE": State.PARKED.value}
        made.append(request.draft(feed, now, fields))
    return tuple(made)


def append(
    feed: Snapshot, item: str, state: State, request: Request, *, new: bool
) -> Drafts:
    """Any post. `new` says that the item must not be there yet."""
    now = feed.item(item)
    if new and now.newest:
        filer = printable(now.filer) or "an unreadable post"
        message = f"{item} was taken by {filer}: {printable(now.subject)}"
        todo = f"`fleetfeed reserve {item.partition('-')[0]} --subject …`"
        raise Refused(f"{message}; {todo} finds a number of your own")
    if not new:
        now = require_at_epoch(feed, item, request)
    return (request.post(feed, now, state),)


def first_post(feed: Snapshot, prefix: str, state: State, request: Request) -> Drafts:
    """The first post of the next item of `prefix`."""
    item = next_number(feed, prefix, feed.rules.max_gap)
    return (request.post(feed, Item(str(item)), state),)


def known_prefix(text: str) -> str:
    """`text` where it can be a prefix; Usage otherwise."""
    if PREFIX.fullmatch(text):
        return text
    raise Usage(f"{printable(text)} is no ticket prefix; write one such as CMB")


def several(
    feed: Snapshot, posts: Sequence[Mapping[str, Value]], request: Request
) -> Drafts:
    """`posts` by their fields, ITEM and STATE among them, all of them or none.

    Who asks is the SEAT where a post names none. A post of an item that is not there
    says what the item is about.
    """
    op, now = {"OP": request.op}, str(request.fields["AT"])
    feed.expect(str(given["ITEM"]) for given in posts)
    rows = list[tuple[str, Mapping[str, Value]]]()
    for given in posts:
        item = str(given["ITEM"])
        at = {"AT": posted_at(feed, item, now)}
        rows.append((item, {**request.fields, **at, **given, **op}))
    made = []
    for item in {item for item, _ in rows if feed.item(item).newest}:
        require_at_epoch(feed, item, request)
    for (before, post), (_, given) in zip(chain(feed.item, rows), rows, strict=True):
        if not before.newest and "SUBJECT" not in given:
            todo = "give it a SUBJECT, or see `fleetfeed active`"
            raise Refused(f"there is no {before.id} on the feed; {todo}")
        made.append(post)
    return tuple(made)
