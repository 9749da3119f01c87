"""What the loop of a write asks and says beside the post that it lands."""

import pytest
from harness import path, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import NEXT_FREE
from fleetfeed.ledger.base import RaceLost
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.faults import Scripted, Wrapped
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import Refused
from fleetfeed.model.post import State
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.transaction import commit_message, rehearse, write
from fleetfeed.writing.verbs import first_post

NOTES = "notes/2026/11/20261120T155200Z-CAMBER-06"


@pytest.mark.parametrize(
    ("about", "subject"),
    [(["CMB-0001"], "note on CMB-0001"), ([None], "note"),
     (["CMB-0001", None], "note on CMB-0001, note")],
)  # fmt: skip
def test_a_commit_says_what_it_brings(about, subject):
    files = {path("CMB-0001").removeprefix("feed/"): post(op="x", state="DONE")}
    for number, item in enumerate(about):
        text = f"ITEM: {item}\n" if item else ""
        text += "SEAT: CAMBER-06\nOP: x\nBODY: hello\n"
        files[f"{NOTES}-{number}a3f.yaml"] = text
    feed = Snapshot(from_files({name: text.encode() for name, text in files.items()}))
    found = feed.posts_by_op("x")
    said = commit_message(found, "x")
    assert said == f"CMB-0001 DONE, {subject} by CAMBER-06\n\nOP: x\n"


def test_a_refusal_says_of_which_feed_it_is():
    ledger = MemoryLedger()
    FeedStore(ledger).append_if_match("CMB-0001", 0, first())
    with pytest.raises(Refused) as refused:
        FeedStore(ledger).append_if_match("CMB-0002", 0, first(seat="ORA-01"))
    question = refused.value.question
    tip = ledger.read(9)
    assert (question.basis.commit, question.basis.ref) == (tip.commit, ledger.where.ref)
    assert question.basis.snapshot.item("CMB-0001").holder == "CAMBER-06"
    assert (question.seat, question.items) == ("ORA-01", ("CMB-0002",))


class Asked(Wrapped):
    """Notes how its server was asked who it is."""

    def __init__(self):
        super().__init__(MemoryLedger())
        self.asked = []

    def require_server(self, tip, seconds, *, afresh=False):
        del tip
        self.asked.append((seconds, afresh))


def test_a_dry_run_asks_for_the_server_as_the_write_would():
    """Of what is there already it does not believe what was said before."""
    ledger, fields = Asked(), {"SEAT": "CAMBER-06", "SUBJECT": "x", "OP": "one"}

    def plan(feed):
        return first_post(feed, "CMB", State.AWAITING_CLAIM, Request(fields))

    again = WriteRequest("one", plan, fresh=False)
    assert rehearse(ledger, again, 9.0).posts[0].item == "CMB-0001"
    assert ledger.asked == [(9.0, False)]
    write(ledger, again, RetryPolicy())
    ledger.asked.clear()
    assert rehearse(ledger, again, 9.0) is None
    assert ledger.asked == [(9.0, False), (9.0, True)]


def test_who_was_told_a_number_takes_that_and_no_other():
    """Nobody else is told it; the next one by the feed is what all others try for."""

    def told(*_):
        words = (f"CMB-0001 is taken; {NEXT_FREE}CMB-0007",)
        return RaceLost("another has that number", words, number=True)

    store = FeedStore(Scripted(MemoryLedger(), told))
    ended = store.reserve("CMB", {"SEAT": "CAMBER-06", "SUBJECT": "x"})
    assert (ended.post.item, ended.tries) == ("CMB-0007", 2)
