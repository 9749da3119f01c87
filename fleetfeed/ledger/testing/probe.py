"""The probe, which runs first: whether the store can tell who was first at all.

What fails here can keep no promise, whatever stands upon it, so it ends the run. It
asks each thing both ways: a store that turns everything down would pass a race.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Protocol

import pytest

from fleetfeed.ledger.base import Accepted, Ledger, RaceLost
from fleetfeed.ledger.contract import NotFound
from fleetfeed.ledger.testing.feeds import Feed, Meet, Opener, closed
from fleetfeed.ledger.testing.interleaved import Swap, interleaved
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.ledger.testing.racers import race
from fleetfeed.model.item import Item
from fleetfeed.model.post import Value
from fleetfeed.model.post_writer import draft

_SECONDS = 60.0

_OVER = "the probe failed, so no other test would say anything"

Fields = dict[str, Value]


class Cell(Protocol):
    """One value that a store replaces on a condition: what a ledger may stand on."""

    def read(self) -> tuple[str, str]:
        """The value, and its version."""

    def replace(self, value: str, version: str | None) -> bool:
        """Replace the value, if it is still of this `version` (None: in any case).

        False where it is not.
        """

    def missing(self) -> bool:
        """Whether a value that is not there is read, or replaced, as not found."""


class _Probe:
    """A test that fails here ends the run."""

    @staticmethod
    def must(request: pytest.FixtureRequest, holds: object, sentence: str) -> None:
        """Fail, and say why nothing more is run, where something does not hold."""
        if not holds:
            request.session.shouldfail = f"{_OVER}: {sentence}"
            pytest.fail(sentence, pytrace=False)


class TestProbe(_Probe):
    """What a ledger must do before anything is asked of a store upon it."""

    def test_without_the_condition_all_win(
        self, feed: Feed, request: pytest.FixtureRequest
    ) -> None:
        """Each writes what nobody else does, and tries again until it is there."""
        jobs = [
            partial(_until_accepted, feed.opener(), f"CMB-{n:04d}", f"CAMBER:probe:{n}")
            for n in range(1, feed.racers + 1)
        ]
        won = Counter(race(jobs, processes=feed.processes))
        sentence = f"of {feed.racers} unrelated writes not all landed: {dict(won)}"
        self.must(request, won == {"Accepted": feed.racers}, sentence)
        there = feed.posts()
        sentence = f"of {feed.racers} writes that were accepted {there} are there"
        self.must(request, there == feed.racers, sentence)

    def test_who_is_stopped_on_the_way_writes_over_nobody(
        self, feed: Feed, request: pytest.FixtureRequest
    ) -> None:
        """Another writes the same post while a swap is at any of its lines."""
        for ended in interleaved(feed.opener(), _two_swaps, feed.stops):
            kinds = type(ended.ours), type(ended.others)
            sentence = f"stopped before line {ended.stop} of a swap, while another"
            sentence += f" wrote the same post, it ended as {ended.ours}, and the other"
            sentence += f" as {ended.others}: one of them is accepted, and not both"
            self.must(request, kinds.count(Accepted) == 1, sentence)
            seat = "CAMBER-06" if kinds[0] is Accepted else "ORA-01"
            (text,) = feed.item(f"CMB-{ended.stop + 1:04d}")
            sentence = f"{seat} was accepted, and the feed has:\n{text}"
            self.must(request, f"SEAT: {seat}\n" in text, sentence)

    def test_with_the_condition_one_wins(
        self, feed: Feed, request: pytest.FixtureRequest
    ) -> None:
        """All have read one tip, and write the first post of one item."""
        for n in range(1, feed.rounds + 1):
            item = f"CMB-{n:04d}"
            jobs = [
                partial(_once, feed.opener(), item, f"CAMBER:probe:{n}", f"CAMBER-{s}")
                for s in range(10, 10 + feed.racers)
            ]
            ended = race(jobs, processes=feed.processes)
            won = [s for s, how in enumerate(ended, 10) if how == "Accepted"]
            sentence = f"of {feed.racers} writes upon one tip {len(won)} were accepted"
            self.must(request, len(won) == 1, f"{sentence}, and not one: {ended}")
            (text,) = feed.item(item)
            sentence = f"CAMBER-{won[0]} was accepted, and the feed has:\n{text}"
            self.must(request, f"SEAT: CAMBER-{won[0]}\n" in text, sentence)

    def test_what_is_stale_is_a_lost_race_and_no_write(
        self, feed: Feed, request: pytest.FixtureRequest
    ) -> None:
        """A tip that was read before another wrote there."""
        ledger, other = feed.ledger(), feed.ledger()
        stale = ledger.read(_SECONDS)
        assert not stale.feed.item("CMB-0001").newest
        wrote = _swapped(other, "CMB-0001", first(seat="ORA-01"))
        self.must(request, wrote == "Accepted", f"a first write ended as {wrote}")
        path, text = _post("CMB-0001", first())
        ended = ledger.swap(stale, {path: text}, "stale\n", _SECONDS)
        sentence = f"a write upon a stale tip ended as {ended}, and not as RaceLost"
        self.must(request, isinstance(ended, RaceLost), sentence)
        (there,) = feed.item("CMB-0001")
        sentence = f"a write that lost the race is on the feed:\n{there}"
        self.must(request, "SEAT: ORA-01\n" in there, sentence)

    def test_what_is_missing_is_not_found(
        self, feed: Feed, request: pytest.FixtureRequest
    ) -> None:
        """Neither an item that is not there, nor its post."""
        tip = feed.ledger().read(_SECONDS)
        found = tip.feed.item("CMB-0404").newest, tip.feed.post("CMB-0404", 1)
        self.must(request, found == (0, None), f"a missing item was found: {found}")
        ended = feed.store().append_if_match("CMB-0404", 1, then("DONE"))
        sentence = f"a post of a missing item ended as {ended}, and not as NotFound"
        self.must(request, isinstance(ended, NotFound), sentence)


class TestConditionalWrite(_Probe):
    """The same of the write alone that a ledger stands on, where it is a service's.

    The fixture `cell` gives what opens a fresh `Cell`, in other processes too.
    """

    racers, rounds = 4, 5

    def test_without_the_condition_all_win(
        self, cell: Callable[[], Cell], request: pytest.FixtureRequest
    ) -> None:
        """Whoever does not ask is never turned down."""
        jobs = [partial(_replaced, cell, None, str(n)) for n in range(self.racers)]
        won = sum(race(jobs, processes=True))
        sentence = f"of {self.racers} writes without a condition {won} were made"
        self.must(request, won == self.racers, sentence)

    def test_with_the_condition_one_wins(
        self, cell: Callable[[], Cell], request: pytest.FixtureRequest
    ) -> None:
        """Of all that have read one version."""
        for n in range(self.rounds):
            _, seen = cell().read()
            jobs = [
                partial(_replaced, cell, seen, f"{n} {racer}")
                for racer in range(self.racers)
            ]
            won = race(jobs, processes=True)
            sentence = f"of {self.racers} writes on one condition {sum(won)} were made"
            self.must(request, sum(won) == 1, sentence)
            value = cell().read()[0]
            sentence = f"{won.index(True)} was told that it wrote, and {value} is there"
            self.must(request, value == f"{n} {won.index(True)}", sentence)

    def test_what_is_stale_is_a_conflict_and_no_write(
        self, cell: Callable[[], Cell], request: pytest.FixtureRequest
    ) -> None:
        """A version that another has replaced."""
        one = cell()
        _, seen = one.read()
        sentence = "a write on the condition that was read was turned down"
        self.must(request, one.replace("new", seen), sentence)
        self.must(request, not one.replace("stale", seen), "a stale write was made")
        value = one.read()[0]
        sentence = f"a write that was turned down was made: {value}"
        self.must(request, value == "new", sentence)

    def test_what_is_missing_is_not_found(
        self, cell: Callable[[], Cell], request: pytest.FixtureRequest
    ) -> None:
        """Neither read nor replaced."""
        sentence = "what is not there is not answered as not found"
        self.must(request, cell().missing(), sentence)


def _replaced(
    open_: Callable[[], Cell], seen: str | None, value: str, meet: Meet
) -> bool:
    one = open_()
    meet()
    return one.replace(value, seen)


def _post(item: str, fields: Fields) -> tuple[str, bytes]:
    # Each write has an OP of its own, which a store may hold it to.
    made = draft(Item(item), {**fields, "OP": f"{item}-{fields['SEAT']}"})
    return made.path, made.text.encode()


def _swapped(ledger: Ledger, item: str, fields: Fields, meet: Meet = int) -> str:
    """How one swap ends that writes the first post of `item`, upon a tip read now."""
    tip = ledger.read(_SECONDS)
    assert not tip.feed.item(item).newest
    path, text = _post(item, fields)
    meet()
    return type(ledger.swap(tip, {path: text}, f"{item}\n", _SECONDS)).__name__


def _two_swaps(number: int) -> tuple[Swap, Swap]:
    """Both write the first post of one item."""
    item, key = f"CMB-{number + 1:04d}", f"CAMBER:probe:{number}"

    def swap(seat: str) -> Swap:
        path, text = _post(item, first(key, seat))
        return lambda ledger, tip: ledger.swap(tip, {path: text}, "one\n", _SECONDS)

    return swap("CAMBER-06"), swap("ORA-01")


def _once(open_: Opener, item: str, key: str, seat: str, meet: Meet) -> str:
    ledger = open_()
    try:
        return _swapped(ledger, item, first(key, seat), meet)
    finally:
        closed(ledger)


def _until_accepted(open_: Opener, item: str, key: str, meet: Meet) -> str:
    ledger = open_()
    try:
        ended = _swapped(ledger, item, first(key), meet)
        while ended == RaceLost.__name__:
            ended = _swapped(ledger, item, first(key))
        return ended
    finally:
        closed(ledger)
