"""The loop of a write when time is up: in whichever step, it ends, and truly."""

import pytest

from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.testing.faults import (
    Clock,
    Wrapped,
    answer_lost,
    locked,
    request_lost,
)
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import CannotTell, Unknown
from fleetfeed.writing.api import FeedStore

SECONDS = 30.0


class Slow(Wrapped):
    """A ledger whose n-th read takes the n-th of `reads`, in seconds.

    None: it does not answer, nor does any read after the last one. A swap is played by
    `step` (see `faults`) and takes `sending`. `given` are the seconds that each
    read was given.
    """

    def __init__(self, clock, *reads, step=None, sending=0.0):
        super().__init__(MemoryLedger())
        self.clock, self.reads = clock, list(reads)
        self.step, self.sending = step, sending
        self.given, self.swaps = [], 0

    def read(self, seconds):
        self.given.append(seconds)
        takes = self.reads.pop(0) if self.reads else None
        if takes is None:
            raise CannotTell("origin does not answer")
        self.clock.time += takes
        return super().read(seconds)

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        self.swaps += 1

        def go():
            return super(Slow, self).swap(
                tip, files, message, seconds, any_number, meanwhile
            )

        self.clock.time += self.sending
        return self.step(go, []) if self.step else go()


def written(ledger):
    retry = ledger.clock.retry(SECONDS)
    return FeedStore(ledger, retry).append_if_match("CMB-0001", 0, first())


def test_a_first_reading_that_fails_is_told_at_once():
    ledger = Slow(Clock())
    with pytest.raises(CannotTell, match=r"^origin does not answer") as raised:
        written(ledger)
    assert not isinstance(raised.value, Unknown)
    assert (ledger.clock.sleeps, ledger.swaps) == ([], 0)
    assert ledger.given == [SECONDS]


@pytest.mark.parametrize("takes", [SECONDS, SECONDS + 1])
def test_nothing_is_sent_when_the_reading_took_all_the_time(takes):
    ledger = Slow(Clock(), takes)
    with pytest.raises(CannotTell, match="nothing was written: time was up") as raised:
        written(ledger)
    assert not isinstance(raised.value, Unknown)
    assert ledger.swaps == 0


def test_what_is_read_just_in_time_is_sent():
    ended = written(Slow(Clock(), SECONDS - 0.1))
    assert ended.tries == 1


def made_twice(swap, noted):
    """The second time is answered: another was first, which is the first time."""
    swap()
    return locked(swap, noted)


@pytest.mark.parametrize("step", [locked, request_lost, answer_lost, made_twice])
def test_after_a_try_it_is_looked_until_time_is_up_and_once_more(step):
    """Whether that one landed would be good to know; but not for ever."""
    ledger = Slow(Clock(), 0.0, step=step)
    with pytest.raises(Unknown):
        written(ledger)
    assert ledger.swaps == 1
    assert ledger.clock.time == SECONDS
    # The last look is after the deadline, and has time of its own.
    assert len(ledger.given) > 2
    assert min(ledger.given) > 0


def test_a_post_that_landed_when_time_was_up_is_found_in_the_last_look():
    ledger = Slow(Clock(), 0.0, 0.0, step=answer_lost, sending=SECONDS)
    ended = written(ledger)
    assert ended.again
    assert (ledger.swaps, ledger.given[0]) == (1, SECONDS)
    assert ledger.given[1] > 0


def test_a_post_that_was_brought_twice_is_found():
    ended = written(Slow(Clock(), 0.0, 0.0, step=made_twice))
    assert (ended.again, ended.tries) == (True, 2)


@pytest.mark.parametrize(
    ("step", "error", "why"),
    [
        (locked, CannotTell, "nothing was written: somebody has the lock"),
        (request_lost, Unknown, "the line was cut"),
    ],
    ids=["lost the race", "unconfirmed"],
)
def test_no_second_try_is_sent_when_time_is_up(step, error, why):
    ledger = Slow(Clock(), *[0.0] * 9, step=step, sending=SECONDS)
    with pytest.raises(CannotTell) as raised:
        written(ledger)
    assert type(raised.value) is error
    assert str(raised.value).startswith(why)
    assert ("nothing was written" in str(raised.value)) is (error is CannotTell)
    assert (ledger.swaps, len(ledger.given)) == (1, 2)


class ServerGone(Slow):
    """From the second look on the fleet's server does not answer."""

    def require_server(self, tip, seconds):
        self.inner.require_server(tip, seconds)
        if len(self.given) > 1:
            raise CannotTell("origin is not the fleet's server")


@pytest.mark.parametrize(
    ("step", "error"), [(locked, CannotTell), (answer_lost, Unknown)]
)
def test_what_cannot_be_told_after_a_try_says_whether_that_may_have_landed(step, error):
    ledger = ServerGone(Clock(), 0.0, 0.0, step=step)
    with pytest.raises(CannotTell, match="not the fleet's server") as raised:
        written(ledger)
    assert type(raised.value) is error
    assert ledger.swaps == 1
