"""Two writes that were judged at one moment, and are in the database at once.

Each alone is lawful, and both together are not: one is taken, and the other is judged
anew. That they meet is forced: both have read before either writes, and the write that
is first stays in the middle of it until the other has had time to pass. Without the
locks, or the compare, both are taken: so this bites.
"""

import re
import threading
from contextlib import suppress
from dataclasses import dataclass

import pytest
from ledger.oracle_feed import holders, shared
from postgres.gen_ledgers import InTables, made

from fleetfeed.ledger.base import Accepted
from fleetfeed.ledger.contract import Append, Conflict, Ok
from fleetfeed.ledger.testing.faults import Scripted, after
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.model.errors import FleetfeedError, Held, Refused
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

STEWARDS = "stewards: [FLEET-01]\nproof: reject\n"
FAMILIES = (
    "families: {file: {lane: any}, page: {}}\naliases: {files: file, web: page}\n"
)
SLOW = """
CREATE FUNCTION fleetfeed.slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON fleetfeed.append
    FOR EACH ROW EXECUTE FUNCTION fleetfeed.slow()
"""
ONE, TWO, THREE = "CMB-0001", "CMB-0002", "CMB-0003"


def claim(item, key, seat="ORA-01", **more):
    return [Append(item, 0, first(key, seat, **more))]


def on(item, state, number=1, seat="CAMBER-06", **more):
    return [Append(item, number, then(state, seat, **more))]


HELD = claim(THREE, "CAMBER:file:x", "CAMBER-06")
FILED = claim(THREE, "CAMBER:file:x", "FLEET-01", state="AWAITING_CLAIM")


@dataclass(frozen=True)
class Pair:
    """What is there, and what two do at once; `codes` are of who comes too late."""

    name: str
    one: list
    two: list
    codes: set
    before: list = ()
    policy: str = STEWARDS


PAIRS = [
    Pair("one key", claim(ONE, "A:b:c"), claim(TWO, "a:B:C"), {"FF401"}),
    Pair("a part of it", claim(ONE, "A:b:c"), claim(TWO, "A:b:c:d/e"), {"FF401"}),
    Pair("the whole of it", claim(ONE, "A:b:c:d:e"), claim(TWO, "A:b:c:d"), {"FF401"}),
    Pair(
        "another lane of a family that has one",
        *(claim(ONE, "A:file:c"), claim(TWO, "B:files:c/d"), {"FF401"}),
        policy=STEWARDS + FAMILIES,
    ),
    Pair(
        "another name of a family",
        *(claim(ONE, "A:page:c"), claim(TWO, "A:web:c"), {"FF401"}),
        policy=STEWARDS + FAMILIES,
    ),
    Pair("a sibling", claim(ONE, "A:b:c:d"), claim(TWO, "A:b:c:e"), {"FF208"}),
    Pair("a plural", claim(ONE, "A:b:job"), claim(TWO, "A:b:jobs"), {"FF208"}),
    Pair("a spelling", claim(ONE, "A:b:a-b.py"), claim(TWO, "A:b:ab"), {"FF208"}),
    Pair("one artifact", claim(ONE, "A:b:c:d"), claim(TWO, "B:e:c:d"), {"FF208"}),
    Pair("a part of an artifact", claim(ONE, "A:b:c"), claim(TWO, "B:e:c:d"), {"FF208"}),
    Pair("what goes to rest", claim(ONE, "A:file:x"), on(THREE, "PARKED"), {"FF208"}, HELD),
    Pair("one item", on(THREE, "DONE"), on(THREE, "PARKED"), set(), HELD),
    Pair(
        "whoever takes it first",
        *(on(THREE, "IN_PROGRESS"), on(THREE, "IN_PROGRESS", seat="ORA-01"), set(), FILED),
    ),
    Pair(
        "a circle",
        claim(ONE, "A:b:c", DEPENDS_ON=(TWO,)),
        claim(TWO, "D:e:f", DEPENDS_ON=(ONE,)),
        {"FF311"},
    ),
    Pair("one new item", claim(ONE, "A:b:c"), claim(ONE, "D:e:f"), set()),
]  # fmt: skip


class World(InTables):
    """A feed on which two act at once; what goes wrong there is told."""

    def at_once(self, one, two):
        meet = threading.Barrier(2)
        answers = [None, None]

        def together():
            with suppress(threading.BrokenBarrierError):  # the other did not come
                meet.wait(20)

        def act(number, what):
            ledger = Scripted(self.ledger(), after(together))
            answers[number] = answer(FeedStore(ledger, RetryPolicy(60)), what)
            meet.abort()

        threads = [
            threading.Thread(target=act, args=row) for row in enumerate((one, two))
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.close()  # whose reading is under way stops a change of the tables
        return answers

    def played(self, pair):
        """How a pair ends, the winner first."""
        if pair.before:
            assert isinstance(FeedStore(self.ledger()).append_all(pair.before), Ok)
            self.close()
        self.rows_of(SLOW)
        try:
            told = self.at_once(pair.one, pair.two)
        finally:
            self.rows_of("DROP FUNCTION fleetfeed.slow CASCADE")
        return sorted(told, key=lambda each: not isinstance(each, Ok))

    def rows_of(self, sql):
        self._admin.execute(sql.encode())

    def without(self, *guards):
        """Take guards out of the database."""
        ((source,),) = self.rows("SELECT pg_get_functiondef('append_if'::regproc)")
        for guard in guards:
            source, found = re.subn(*GUARDS[guard], source, flags=re.DOTALL)
            assert found == 1, guard
        self.rows_of(source)


GUARDS = {
    "locks": (r"PERFORM CASE WHEN each.alone.*?;", ""),
    "compare": (r"write ->> 'digest' <> found", "false"),
}


def answer(store, what):
    try:
        return store.append_all(what) if isinstance(what, list) else what(store)
    except FleetfeedError as error:
        return error


@pytest.fixture
def there(postgres):
    return made(postgres.url()), postgres.connect()


@pytest.fixture
def world(there):
    def make(policy):
        return World(*there, policy)

    return make


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_one_is_taken_and_the_other_judged_anew(world, pair):
    here = world(pair.policy)
    won, lost = here.played(pair)
    assert isinstance(won, Ok)
    if pair.codes:
        assert isinstance(lost, Refused), lost
        assert {found.code for found in lost.findings if found.rejects} == pair.codes
    else:
        assert isinstance(lost, Conflict), lost
    assert not shared(
        holders({k: v for k, v in here.files().items() if "policy" not in k})
    )
    here.close()


BITES = [
    ("a sibling", ["locks"]),
    ("a sibling", ["compare"]),
    ("one artifact", ["locks"]),
    ("a part of an artifact", ["locks"]),
    ("a plural", ["locks"]),
    ("a circle", ["locks"]),
]


@pytest.mark.parametrize(("name", "guards"), BITES, ids=str)
def test_without_a_guard_both_are_taken(world, name, guards):
    (pair,) = (pair for pair in PAIRS if pair.name == name)
    here = world(pair.policy)
    here.without(*guards)
    assert [type(each) for each in here.played(pair)] == [Ok, Ok]
    here.close()


@pytest.mark.parametrize("name", ["one key", "a part of it"])
def test_the_constraint_stands_behind_all_of_it(world, name):
    """Without locks and compare one is taken all the same; without that, both are."""
    (pair,) = (pair for pair in PAIRS if pair.name == name)
    here = world(pair.policy)
    here.without("locks", "compare")
    assert [type(each) for each in here.played(pair)] == [Ok, Held]
    here.close()
    here = world(pair.policy)
    here.rows_of("ALTER TABLE surface DROP CONSTRAINT one_holder")
    assert [type(each) for each in here.played(pair)] == [Ok, Ok]
    here.close()


def test_rules_that_change_meanwhile_are_what_counts(world):
    """A claim, and rules by which it is none."""

    def legislate(store):
        ledger = store.ledger
        files = {"policy.yaml": f"{STEWARDS}lanes: [ORA]\n".encode()}
        ended = ledger.swap(ledger.read(60), files, "rules", 60)
        return ended if isinstance(ended, Accepted) else Refused(str(ended))

    for slow_first in (False, True):
        here = world(STEWARDS)
        if slow_first:
            here.rows_of(SLOW)
        told = here.at_once(claim(ONE, "A:b:c"), legislate)
        if slow_first:
            here.rows_of("DROP FUNCTION fleetfeed.slow CASCADE")
        claimed, ruled = told
        landed = here.rows("SELECT append FROM post")
        if isinstance(claimed, Ok) and isinstance(ruled, Accepted):
            assert int(claimed.commit) < int(ruled.commit)
        assert len(landed) == isinstance(claimed, Ok)
        here.close()


def test_one_op_is_written_once_and_both_are_told_so(world):
    """A command that is run twice at once."""
    here = world(STEWARDS)
    same = claim(ONE, "A:b:c", OP="one")
    won, again = here.played(Pair("one op", same, same, set()))
    assert isinstance(won, Ok)
    assert isinstance(again, Ok)
    assert {won.again, again.again} == {False, True}
    assert won.commit == again.commit
    assert len(here.rows("SELECT 1 FROM post")) == 1
    here.close()


def test_a_new_number_goes_to_one(world):
    """Both file what comes next, and neither is told of a race."""
    here = world(STEWARDS)

    def reserve(key):
        post = {**first(key, "FLEET-01"), "STATE": "AWAITING_CLAIM"}
        return lambda store: store.reserve("CMB", post)

    told = here.played(Pair("", reserve("A:b:c"), reserve("D:e:f"), set()))
    assert sorted(each.post.item for each in told) == [ONE, TWO]
    here.close()


def test_the_next_item_goes_to_one_and_near_ones_name_each_other(world):
    """Two take up what is next; what is near is not taken unnamed."""
    here = world(STEWARDS)
    store = FeedStore(here.ledger())
    for item, key in ((ONE, "A:b:c:d"), (TWO, "A:b:c:e")):
        more = {"NO_OVERLAP_PROOF": f"{ONE} and {TWO} are siblings"}
        filed = first(key, "FLEET-01", "AWAITING_CLAIM", **more)
        assert isinstance(store.append_if_match(item, 0, filed), Ok)
    here.close()
    told = here.at_once(
        lambda store: store.next({"SEAT": "ORA-01"}),
        lambda store: store.next({"SEAT": "ORA-02"}),
    )
    taken = [each.post.item for each in told if isinstance(each, Ok)]
    assert len(set(taken)) == len(taken)
    here.close()
