"""The races: many begin together, and each thing goes to exactly one.

All meet before their first swap, so that in every round all have judged one tip. What
they are told is compared with what is on the feed then.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import cast

from fleetfeed.ledger.base import Ledger, Outcome
from fleetfeed.ledger.contract import Append, Ok
from fleetfeed.ledger.testing.faults import Go, Scripted, answer_lost
from fleetfeed.ledger.testing.feeds import Enter, Feed, Meet, Opener, closed
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.ledger.testing.racers import Job, race
from fleetfeed.model.errors import NothingReady, Refused
from fleetfeed.model.post import Value
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

_SECONDS = 60.0
_PAIRS = 6
"""Writes that readers look on at."""

Claim = tuple[str, int, dict[str, Value]]
"""What a racer appends: the item, the number that it expects, and the post."""


class TestRaces:
    """What is promised of callers that are there at the same time."""

    def test_a_surface_goes_to_one(self, feed: Feed) -> None:
        """Each has an item of its own, and all want one surface."""
        for number in range(feed.rounds):
            claims = for_a_surface(feed, number)
            one_wins(feed, claims, claimed(feed, claims), "Refused")

    def test_an_item_goes_to_one(self, feed: Feed) -> None:
        """An item awaits its claim, and all want it."""
        for number in range(feed.rounds):
            claims = for_an_item(feed, number)
            one_wins(feed, claims, claimed(feed, claims), "Conflict")

    def test_who_is_not_answered_is_not_turned_down_by_itself(self, feed: Feed) -> None:
        """The first answer of each is lost: the winner finds its own post."""
        claims = for_a_surface(feed, 0)
        jobs = [partial(_unheard, feed.opener(), *claim) for claim in claims]
        one_wins(feed, claims, race(jobs, processes=feed.processes), "Refused")

    def test_a_number_goes_to_one(self, feed: Feed) -> None:
        """All file a new item at once."""
        jobs = [
            partial(_reserved, feed.racer(), f"CAMBER:number:{n}")
            for n in range(feed.racers)
        ]
        given = race(jobs, processes=feed.processes)
        assert sorted(given) == [f"CMB-{n:04d}" for n in range(1, feed.racers + 1)]
        assert [len(feed.item(item)) for item in given] == [1] * feed.racers

    def test_what_is_next_goes_to_one(self, feed: Feed) -> None:
        """Fewer items than seats are ready, and each takes until nothing is left."""
        ready = [f"CMB-{n:04d}" for n in range(1, feed.racers)]
        waiting = [
            Append(item, 0, first(f"CAMBER:next:{item}", "FLEET-01", "AWAITING_CLAIM"))
            for item in ready
        ]
        assert isinstance(feed.store().append_all(waiting), Ok)
        jobs = [
            partial(_took, feed.racer(), f"CAMBER-{n:02d}") for n in range(feed.racers)
        ]
        took = race(jobs, processes=feed.processes)
        assert sorted(item for each in took for item in each) == ready
        now = feed.store().read()
        for n, items in enumerate(took):
            assert {now.item(item).holder for item in items} <= {f"CAMBER-{n:02d}"}

    def test_readers_see_whole_writes_in_their_order(self, feed: Feed) -> None:
        """One writes two items at a time; nobody sees the half, or an earlier feed."""
        readers: list[Job] = [
            partial(_read, feed.opener()) for _ in range(max(1, feed.racers - 2))
        ]
        jobs: list[Job] = [partial(_wrote, feed.opener()), *readers]
        behind, *seen = race(jobs, processes=feed.processes)
        assert behind == []
        for rows in seen:
            assert [one for one, two in rows if one != two] == []
            numbers = [one for one, _ in rows]
            assert numbers == sorted(numbers)
            assert numbers[-1] == _PAIRS


def for_a_surface(feed: Feed, number: int) -> list[Claim]:
    """Claims of one surface, each with an item of its own."""
    key = f"CAMBER:race:round-{number}"
    begin = feed.racers * number + 1
    return [
        (f"CMB-{begin + n:04d}", 0, first(key, f"CAMBER-{n:02d}"))
        for n in range(feed.racers)
    ]


def for_an_item(feed: Feed, number: int) -> list[Claim]:
    """Claims of one item, which is there and awaits them."""
    item = f"ORA-{number + 1:04d}"
    waiting = first(f"ORA:race:round-{number}", "FLEET-01", "AWAITING_CLAIM")
    assert isinstance(feed.store().append_if_match(item, 0, waiting), Ok)
    seats = (f"CAMBER-{n:02d}" for n in range(feed.racers))
    return [(item, 1, then("IN_PROGRESS", seat)) for seat in seats]


def claimed(
    feed: Feed, claims: list[Claim], enter: Callable[[], Enter] | None = None
) -> list[str]:
    """How each of `claims` ended, that were made at once."""
    jobs = [partial(_claimed, (enter or feed.racer)(), *claim) for claim in claims]
    return race(jobs, processes=feed.processes)


def one_wins(feed: Feed, claims: list[Claim], answers: list[str], lost: str) -> None:
    """One was told Ok, all others `lost`, and the feed has that one's post alone."""
    assert sorted(answers) == sorted(["Ok"] + [lost] * (len(claims) - 1))
    assert there(feed, claims) == [claims[answers.index("Ok")]]


def there(feed: Feed, claims: list[Claim]) -> list[Claim]:
    """Those of `claims` whose post is on the feed."""
    files = "\n".join(feed.files().values())
    return [
        (item, number, post)
        for item, number, post in claims
        if f"ITEM: {item}\nSTATE: IN_PROGRESS\nSEAT: {post['SEAT']}\n" in files
    ]


def appended(ledger: Ledger, item: str, expected: int, post: dict[str, Value]) -> str:
    """How an append ends: the name of the answer."""
    try:
        ended = FeedStore(ledger, RetryPolicy(_SECONDS)).append_if_match(
            item, expected, post
        )
    except Refused:
        return Refused.__name__
    finally:
        closed(ledger)
    return type(ended).__name__


def _claimed(
    enter: Enter, item: str, expected: int, post: dict[str, Value], meet: Meet
) -> str:
    return appended(enter(meet), item, expected, post)


def _unheard(
    open_: Opener, item: str, expected: int, post: dict[str, Value], meet: Meet
) -> str:
    def lost(go: Go, under_way: list[Go]) -> Outcome:
        meet()
        return answer_lost(go, under_way)

    ledger = cast("Ledger", Scripted(open_(), lost))
    return appended(ledger, item, expected, post)


def _reserved(enter: Enter, key: str, meet: Meet) -> str:
    ledger = enter(meet)
    try:
        store = FeedStore(ledger, RetryPolicy(_SECONDS))
        return store.reserve("CMB", first(key, state="AWAITING_CLAIM")).post.item
    finally:
        closed(ledger)


def _took(enter: Enter, seat: str, meet: Meet) -> list[str]:
    ledger, took = enter(meet), list[str]()
    try:
        store = FeedStore(ledger, RetryPolicy(_SECONDS))
        while True:
            took.append(store.next({"SEAT": seat}).post.item)
    except NothingReady:
        return took
    finally:
        closed(ledger)


def _wrote(open_: Opener, meet: Meet) -> list[int]:
    """Write pairs; after which of them a reader did not see what was written."""
    ledger, other, behind = open_(), open_(), list[int]()
    store, beside = (FeedStore(each, RetryPolicy(_SECONDS)) for each in (ledger, other))
    meet()
    for n in range(_PAIRS):
        one, two = (
            then("IN_PROGRESS", BODY=f"word {n}")
            if n
            else first(f"CAMBER:pair:{which}")
            for which in ("one", "two")
        )
        pair = [Append("CMB-0001", n, one), Append("CMB-0002", n, two)]
        assert isinstance(store.append_all(pair), Ok)
        seen = {each.read().item("CMB-0001").newest for each in (store, beside)}
        if seen != {n + 1}:
            behind.append(n)
    closed(ledger)
    closed(other)
    return behind


def _read(open_: Opener, meet: Meet) -> list[tuple[int, int]]:
    """What a reader sees of the pairs, until the last is there."""
    ledger, seen = open_(), list[tuple[int, int]]()
    meet()
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and (not seen or seen[-1][0] < _PAIRS):
        now = ledger.read(_SECONDS).feed
        seen.append((now.item("CMB-0001").newest, now.item("CMB-0002").newest))
    closed(ledger)
    return seen
