"""How a claim is kept, by a clock and a command that do what a test says."""

import threading

import pytest

from fleetfeed.hold.beat_loop import HeartbeatLoop
from fleetfeed.model.errors import CannotTell, NoLongerYours, Refused

LOST = NoLongerYours("CMB-0001", 2, "CAMBER-07")
FOR_EVER = 10.0**9


class Play:
    """A clock, a command that ends at `ends`, and beats that are answered in turn.

    Waiting for the command moves the clock. `beaten` are the times of the beats.
    """

    def __init__(self, *answers, ends=FOR_EVER, step=FOR_EVER):
        self.time, self.ends, self.step = 0.0, ends, step
        self.answers, self.beaten, self.promised = list(answers), [], []
        self.stopped = self.tidied = None
        self.told = []
        self.say = self.told.append
        self.hang = threading.Event()

    def clock(self):
        return self.time

    def beat(self, seconds):
        assert 0 < seconds <= 60
        self.beaten.append(self.time)
        answer = self.answers.pop(0) if self.answers else None
        if answer == "hangs":
            self.hang.wait(60)
        elif isinstance(answer, Exception):
            raise answer
        return answer or ""

    def wait(self, seconds):
        for thread in threading.enumerate():  # a beat that can end does so at once
            if "_run" in thread.name and not self.hung:
                thread.join()
        self.time = min(self.time + min(max(seconds, 0.0), self.step), self.ends)
        return 0 if self.time >= self.ends else None

    @property
    def hung(self):
        return len(self.beaten) > 0 and self.hanging

    hanging = False

    def good_until(self, over):
        self.promised.append(over)

    def stop(self):
        self.stopped = self.time

    def over(self):
        self.tidied = self.time

    def kept(self, good, *, sent=0.0, keep_going=False):
        """How it ends under a lease on which a holder counts for `good` seconds."""
        lease = None if good is None else good + 1.0  # a second for a slow clock
        keeping = HeartbeatLoop(self.beat, lease, keep_going, self.clock, self.say)
        try:
            return keeping.until_end(self, sent)
        finally:
            self.hang.set()


def test_three_beats_a_lease():
    play = Play(ends=100.0)
    assert play.kept(30.0) == 0
    assert [round(at / 10, 1) for at in play.beaten] == list(range(1, 10))
    assert play.promised == [30.0, *(at + 30.0 for at in play.beaten)]
    assert play.tidied == 100.0
    assert play.stopped is None


def test_a_lease_counts_from_when_the_claim_was_sent():
    play = Play(CannotTell("away"), *[CannotTell("away")] * 99)
    with pytest.raises(CannotTell, match="counts as lost"):
        play.kept(30.0, sent=-12.0)
    assert play.stopped == pytest.approx(18.0)


def test_what_is_not_heard_is_tried_again_soon():
    play = Play(CannotTell("away"), Refused("no"), ValueError("a bug"), ends=25.0)
    assert play.kept(30.0) == 0
    assert play.beaten == pytest.approx([10.0, 13.0, 16.0, 19.0], abs=0.3)


def test_one_answer_begins_the_lease_anew():
    play = Play(CannotTell("away"), None, *[CannotTell("away")] * 99)
    with pytest.raises(CannotTell):
        play.kept(30.0)
    assert play.stopped == pytest.approx(play.beaten[1] + 30.0)


def test_a_known_loss_ends_the_command_at_once():
    play = Play(None, LOST)
    with pytest.raises(NoLongerYours):
        play.kept(30.0)
    assert play.stopped == pytest.approx(20.0, abs=0.3)


def test_a_beat_that_hangs_does_not_keep_the_end_away():
    play = Play("hangs")
    play.hanging = True
    with pytest.raises(CannotTell):
        play.kept(30.0)
    assert play.beaten == [10.0]
    assert play.stopped == pytest.approx(30.0)


def test_keep_going_lets_it_end_by_itself():
    play = Play(*[LOST] * 99, ends=500.0)
    with pytest.raises(NoLongerYours):
        play.kept(30.0, keep_going=True)
    assert play.stopped == 500.0
    assert not play.promised


def test_keep_going_goes_on_beating_when_nothing_is_heard():
    """A lease that is over may still be renewed, by a post, if nobody took over."""
    play = Play(*[CannotTell("away")] * 20, *[None] * 99, ends=200.0)
    assert play.kept(30.0, keep_going=True) == 0
    assert play.beaten[-1] > 150.0
    assert not play.promised


def test_a_lease_without_end_is_asked_about_all_the_same():
    play = Play(CannotTell("away"), None, LOST)
    with pytest.raises(NoLongerYours):
        play.kept(None)
    assert play.beaten[0] == 600.0
    assert not play.promised


def test_who_slept_through_the_lease_does_not_beat_first():
    play = Play(ends=FOR_EVER)
    play.wait = lambda _: setattr(play, "time", 1000.0)
    with pytest.raises(CannotTell):
        play.kept(30.0)
    assert not play.beaten
    assert play.stopped == 1000.0


def test_what_is_said_is_told_once():
    away, no = CannotTell("the remote is away"), Refused("no beats on Sundays")
    play = Play(away, away, no, "a post renewed it", "a post renewed it", None)
    play.ends = 60.0
    assert play.kept(30.0) == 0
    failed = "no sign of life was acknowledged: "
    assert play.told == [f"{failed}{away}", f"{failed}{no}", "a post renewed it"]


def test_a_loss_is_told_at_once_also_where_the_command_goes_on():
    for goes_on, ends in ((False, "ends"), (True, "goes on")):
        play = Play(LOST, ends=100.0)
        with pytest.raises(NoLongerYours):
            play.kept(30.0, keep_going=goes_on)
        assert play.told == [f"{LOST}; the command {ends}"]


def test_what_breaks_in_us_ends_the_command_in_order():
    play = Play("a word", ends=100.0)

    def say(_):
        raise RuntimeError

    play.say = say
    with pytest.raises(RuntimeError):
        play.kept(30.0)
    assert play.stopped is not None
