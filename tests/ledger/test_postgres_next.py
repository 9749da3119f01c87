"""`next` on PostgreSQL: the same item as on any feed, and each one once."""

import random
import threading
from contextlib import suppress

import pytest
from ledger.postgres_feed import made

from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.model.errors import CannotTell, FleetfeedError, NothingReady, Unknown
from fleetfeed.writing.api import Append, FeedStore, RetryPolicy

POLICY = """\
lanes: {CAMBER: {seats: ["CAMBER-*"]}, ORA: {}, RAE: {}}
pools: {BUILDERS: ["ORA-01", "CAMBER-01"]}
stewards: [FLEET-01]
"""
SEATS = ("CAMBER-01", "CAMBER-02", "ORA-01", "ORA-02", "FLEET-01")


@pytest.fixture
def store(postgres):
    """Opens the feed for one more worker."""
    url, opened = made(postgres.url(), POLICY), []

    def open_(seconds=30):
        opened.append(PostgresLedger(url))
        return FeedStore(opened[-1], RetryPolicy(seconds))

    yield open_
    for ledger in opened:
        ledger.close()


def filed(surface, number=0, **more):
    proof = {"NO_OVERLAP_PROOF": "nothing else is about it"}
    post = {"STATE": "AWAITING_CLAIM", "SEAT": "FLEET-01", "SUBJECT": "what it is"}
    at = f"2026-05-04T03:02:{number % 60:02d}Z"
    more = {"REASON": "it is to be done there", **more}  # in whatever lane
    return {**post, **proof, "SURFACE_KEY": surface, "AT": at, **more}


def fill(store, *posts):
    rows = [Append(f"CMB-{n:04d}", 0, post) for n, post in enumerate(posts, 1)]
    for at in range(0, len(rows), 50):
        store.append_all(rows[at : at + 50])


def some_world(dice, items):
    """Items of three lanes, some for one seat or a pool, near others, or that wait."""
    for number in range(1, items + 1):
        lane, name = dice.choice(("CAMBER", "ORA", "RAE")), dice.choice("abc")
        more = {"PRIORITY": str(dice.randrange(4))} if dice.random() < 0.7 else {}
        if dice.random() < 0.3:
            more["OWNER"] = dice.choice(("ORA-02", "BUILDERS", "CAMBER-02"))
        if lane == "CAMBER" and more.get("OWNER") != "CAMBER-02":
            more.pop("OWNER", None)
        if number > 3 and dice.random() < 0.3:
            more["DEPENDS_ON"] = (f"CMB-{dice.randrange(1, number):04d}",)
        # `data:NAME-1` is near `data:NAME-1s`, by its spelling.
        plural = "s" * (number % 2)
        yield filed(f"{lane}:data:{name}-{number // 2}{plural}", number, **more)


def played(store, seed):
    """What each of many `next` and `DONE` has been answered."""
    dice, held = random.Random(seed), []  # noqa: S311
    for _ in range(60):
        seat, lane = dice.choice(SEATS), dice.choice((None, None, "ORA", "RAE"))
        post = {"SEAT": seat, "AT": "2026-05-05T00:00:00Z"}
        if dice.random() < 0.2:
            post["REASON"] = "it has waited long"
        if held and dice.random() < 0.5:
            item, who = held.pop(dice.randrange(len(held)))
            done = {"SEAT": who, "STATE": "DONE", "AT": post["AT"]}
            store.append_if_match(item, 2, done)
        try:
            taken = store.next(post, lane).post
        except FleetfeedError as error:
            yield str(error)
        else:
            held.append((taken.item, seat))
            yield f"{seat} {taken.item}"


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_as_in_memory(store, seed):
    dice = random.Random(seed)  # noqa: S311
    world = list(some_world(dice, 60))
    memory = FeedStore(MemoryLedger(POLICY.encode()))
    for each in (memory, store()):
        fill(each, *world)
    there, here = list(played(store(), seed)), list(played(memory, seed))
    assert there == here
    assert len({answer for answer in here if "CMB-" in answer}) > 20


def test_each_is_taken_once_and_nobody_is_sent_away_before_all_are(store, stress):
    items, workers = (1000, 64) if stress else (60, 12)
    surfaces = (f"ORA:data:job-{n}" for n in range(items))
    fill(store(), *(filed(surface, n) for n, surface in enumerate(surfaces)))
    taken, wrong = [], []

    def work(number):
        own = store(120)
        with suppress(NothingReady):
            while True:
                taken.append(own.next({"SEAT": f"ORA-{number:02d}"}).post.item)
        left = [i for i in own.open() if i.state.value == "AWAITING_CLAIM"]
        wrong.extend(left)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"CMB-{n:04d}" for n in range(1, items + 1)]
    assert not wrong


def test_what_another_is_at_is_passed_over_and_waited_for_where_it_is_all(
    store, postgres
):
    fill(store(), filed("ORA:data:a", 1), filed("ORA:data:b", 2))
    other = postgres.connect(options="-c search_path=fleetfeed")
    other.execute("BEGIN")
    assert other.execute("SELECT id FROM offered(NULL)").fetchone() == ("CMB-0001",)
    assert store().next({"SEAT": "ORA-01"}).post.item == "CMB-0002"
    found = []

    def wait():
        found.append(store().next({"SEAT": "ORA-02"}).post.item)

    waiting = threading.Thread(target=wait)
    waiting.start()
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while postgres.connect().execute(query).fetchone() == (0,):
        assert waiting.is_alive()
    other.execute("ROLLBACK")
    waiting.join()
    assert found == ["CMB-0001"]


def test_who_waits_in_vain_is_told_that_nothing_was_written(store, postgres):
    fill(store(), filed("ORA:data:a", 1))
    other = postgres.connect(options="-c search_path=fleetfeed")
    other.execute("BEGIN")
    other.execute("SELECT id FROM offered(NULL)")
    with pytest.raises(CannotTell, match="nothing was written") as told:
        store(1).next({"SEAT": "ORA-01"})
    assert not isinstance(told.value, Unknown)
    other.execute("ROLLBACK")
    assert store().read().item("CMB-0001").newest == 1


def test_who_takes_nothing_keeps_nobody_from_anything(store):
    """Refused, or only tried: what was looked at is free again."""
    fill(store(), filed("CAMBER:data:a", 1, OWNER="CAMBER-01"))
    asking = store()
    with pytest.raises(NothingReady):
        asking.next({"SEAT": "ORA-01"})
    assert store().next({"SEAT": "CAMBER-01"}).post.item == "CMB-0001"


def test_many_that_are_others_cost_a_page_and_no_lock(store, postgres):
    surfaces = [filed(f"CAMBER:data:job-{n}", n) for n in range(30)]
    fill(store(), *surfaces, filed("ORA:data:mine", 59))
    asking = store()
    assert asking.next({"SEAT": "ORA-01"}).post.item == "CMB-0031"
    other = store()
    other.ledger.database.connection(30).execute("SET lock_timeout = '1ms'")
    with pytest.raises(NothingReady):
        asking.next({"SEAT": "ORA-01"})
    assert other.next({"SEAT": "CAMBER-01"}).post.item == "CMB-0001"
