"""Claiming in turn: a claim where it may be made now; else a place and its turn.

The place has the OP of the command, the claim one that follows from it. So the same
command, run again under that OP, finds how far it has come, and goes on from there.
"""

from collections.abc import Callable
from hashlib import sha256

from fleetfeed.feed.question import Question
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.lease import lease_of
from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.fleet import FleetLedger
from fleetfeed.model.errors import CannotTell, Held, Refused, Unknown
from fleetfeed.model.fields import LONGEST_OP
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post, State
from fleetfeed.repo.repository import Repo
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace
from fleetfeed.writing.answering import answering
from fleetfeed.writing.idempotency import ExpectedPost, Plan, utc_now
from fleetfeed.writing.line import InLine, claim_or_wait
from fleetfeed.writing.looks import Looks, Terms
from fleetfeed.writing.place_beats import beating
from fleetfeed.writing.request import Drafts, Request, require_at_epoch
from fleetfeed.writing.turn import until_turn
from fleetfeed.writing.verbs import claim, first_post

_OF_TURN = ".turn"
"""What the OP of a claim in line ends with, behind that of the place."""

_FOR_A_READING = 30.0
"""Seconds that a ledger has to say what is on it."""

Send = Callable[[Request, Plan, ExpectedPost, frozenset[str]], Ok]
"""Writes what a plan makes for a request: one post; items were seen to lapse."""


def op_of_turn(op: str) -> str:
    """The OP of the claim for which the command `op` took a place in line."""
    longest = LONGEST_OP - len(_OF_TURN)
    kept = op if len(op) <= longest else sha256(op.encode()).hexdigest()[:longest]
    return f"{kept}{_OF_TURN}"


@record
class Sought:
    """What is to be claimed: `item`, or a new one of `prefix`; the other is empty."""

    item: str = ""
    prefix: str = ""
    resume: bool = False


class ClaimInTurn:
    """One command that claims in turn; `fresh`: none ran before under its OP."""

    def __init__(
        self,
        repo: Repo,
        ledger: FleetLedger,
        request: Request,
        sought: Sought,
        send: Send,
        *,
        fresh: bool,
    ) -> None:
        self._repo, self._ledger = repo, ledger
        self._request, self._sought, self._send = request, sought, send
        self._fresh = fresh
        self._place: Item | None = None
        self._lease: float | None = None
        self._at_its_turn = False

    @property
    def stands(self) -> str:
        """What is, and what to do, where the command is interrupted now."""
        again = f"the same command with --op {self._request.op}"
        place = self._place
        if place is None:
            return f"{again} finds its post, or writes it"
        if self._at_its_turn:
            return f"it was the turn of {place.id}: {again} tells if it is yours"
        kept = "until it is given up"
        if self._lease is not None:
            span = durations.in_words(self._lease)
            kept = f"until {span} after its last sign of life"
        what = f"{place.id} keeps its place in line, TURN {place.turn}, {kept}"
        return f"{what}; {again} goes on waiting, `fleetfeed park {place.id}` ends it"

    def run(self, terms: Terms, remark: Callable[[str], None]) -> Ok:
        """Claim it as soon as that may be; the claim.

        CannotTell where time is up: then a place that was taken is there still, and
        is what the error is about. `remark` gets what happens, in sentences.
        """
        made = None if self._fresh else self._made_earlier()
        if made:
            turn = self._turn_of(made.item, made.text("OP"))
            return self._claimed(turn, made.item, frozenset())
        ok = self._begun(terms, remark)
        if isinstance(ok, Ok) and not _is_place(ok):
            return ok
        item = ok if isinstance(ok, str) else ok.post.item
        view = self._ledger.view(offline=False)
        place = view.snapshot.item(item)
        if place.turn:
            self._lease = lease_of(place, view.snapshot.rules)
            self._place = place
            remark(f"{item} is in line, TURN {place.turn}")
        turn = self._turn_of(item, op_of_turn(self._request.op))

        def attempt(over: frozenset[str]) -> Ok:
            self._at_its_turn = True
            try:
                return self._claimed(turn.dated(utc_now()), item, over)
            except Unknown as unknown:
                # By the OP of the claim alone nobody would find the place.
                raise Unknown(unknown.why, self._request.op) from unknown
            except Refused:
                self._at_its_turn = False
                raise

        if place.turn:
            beat = beating(self._repo, view.snapshot, place, self._request.seat)
            terms = replace(terms, beat=beat)
        return until_turn(self._ledger, view, item, terms, attempt, repo=self._repo)

    def _made_earlier(self) -> Post | None:
        """The claim that an earlier run of this command has made."""
        feed = self._ledger.read(_FOR_A_READING).feed
        for op in (op_of_turn(self._request.op), self._request.op):
            for post in feed.posts_by_op(op):
                if isinstance(post, Post) and _is_claim(post):
                    return post
        return None

    def _begun(self, terms: Terms, remark: Callable[[str], None]) -> Ok | str:
        """The claim, or the place in line; the item, where that was in line before."""
        sought = self._sought
        known = {} if sought.prefix else {"ITEM": sought.item}
        while True:
            request = self._request
            expected = ExpectedPost.of(request, known, prefix=sought.prefix)
            plan = claim_or_wait(self._plan, self._stand, request)
            try:
                return self._send(request, plan, expected, frozenset())
            except InLine as error:
                return error.item
            except Held as held:
                own = acts_as(request.seat, held.holder)
                if not sought.item or held.surface or own:
                    raise
                remark(f"{held.item} is held by {printable(held.holder)}")
            self._until_let_go(terms)
            self._request = self._request.dated(utc_now())

    def _plan(self, feed: Snapshot) -> Drafts:
        sought, request = self._sought, self._request
        if sought.prefix:
            return first_post(feed, sought.prefix, State.IN_PROGRESS, request)
        return claim(feed, sought.item, request, resume=sought.resume)

    def _stand(self, feed: Snapshot, request: Request) -> Item:
        sought = self._sought
        if sought.item:
            return require_at_epoch(feed, sought.item, request)
        return Item(str(next_number(feed, sought.prefix, feed.rules.max_gap)))

    def _until_let_go(self, terms: Terms) -> None:
        item, ledger = self._sought.item, self._ledger
        looking = Looks(ledger, terms, ledger.view(offline=False))
        for view in looking:
            now = view.snapshot.item(item)
            if now.state is not State.IN_PROGRESS:
                return
            looking.sees(now.epoch, kept_by=(item,))
            terms.on_progress(f"{item} is held by {printable(now.holder)}")
        with answering(Question(looking.view.basis, self._request.seat, (item,))):
            raise CannotTell(f"{item} is still held, and time is up; run it again")

    def _turn_of(self, item: str, op: str) -> Request:
        """The request of the claim itself, for an item that is there by now."""
        kept = {n: v for n, v in self._request.fields.items() if n != "SUBJECT"}
        return replace(self._request, fields={**kept, "OP": op}, about=item)

    def _claimed(self, request: Request, item: str, over: frozenset[str]) -> Ok:
        resume = self._sought.resume
        expected = ExpectedPost.of(
            request, {"ITEM": item, "STATE": State.IN_PROGRESS.value}
        )
        return self._send(
            request,
            lambda feed: claim(feed, item, request, resume=resume),
            expected,
            over,
        )


def _is_place(ok: Ok) -> bool:
    return isinstance(ok.post, Post) and ok.post.state is State.PARKED


def _is_claim(post: Post) -> bool:
    """Whether it takes an item that was there: a new one is found as what it is."""
    return post.state is State.IN_PROGRESS and post.number > 1
