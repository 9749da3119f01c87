"""How often a verb asks the database: as often in a large feed as in a small one."""

import psycopg
import pytest
from ledger.postgres_feed import made

from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.writing.api import Append, FeedStore


def about(name, **more):
    proof = {"NO_OVERLAP_PROOF": "nothing else is about it"}
    subject = {"SUBJECT": "what it is", "SEAT": "CAMBER-01"}
    return {**subject, **proof, "SURFACE_KEY": f"CAMBER:data:{name}", **more}


def claim(store, name):
    store.append_if_match(f"CLM-{name:04d}", 0, about(f"c-{name}", STATE="IN_PROGRESS"))


def post_again(store, name):
    post = {"STATE": "IN_PROGRESS", "SEAT": "CAMBER-01"}
    store.append_if_match(f"OLD-{name:04d}", 1, post)


def reserve(store, name):
    store.reserve("NEW", about(f"r-{name}"))


def upon_another(store, name):
    later = {"STATE": "AWAITING_CLAIM", "PRIORITY": "99"}
    post = about(f"d-{name}", DEPENDS_ON=(f"OLD-{name:04d}",), **later)
    store.append_if_match(f"DEP-{name:04d}", 0, post)


def several(store, name):
    rows = [
        Append(
            f"SEV-{name * 30 + n:04d}", 0, about(f"s-{name}-{n}", STATE="IN_PROGRESS")
        )
        for n in range(30)
    ]
    store.append_all(rows)


def take_next(store, name):
    del name
    store.next({"SEAT": "CAMBER-02"})


def beat(store, name):
    item = store.read().item(f"OLD-{name:04d}")
    with counted() as asked:
        assert store.ledger.beat(item, 30)
    return len(asked)


def decide(store, name):
    """Whether what was read is what counts."""
    del name
    tip = store.ledger.read(30)
    with counted() as asked:
        store.ledger.require_server(tip, 30, afresh=True)
    return len(asked)


_OF = psycopg.Connection

# Of a verb: its round trips.
COSTS = {
    claim: 6,
    post_again: 4,
    reserve: 7,
    upon_another: 8,
    several: 6,
    take_next: 3,
    beat: 2,
    decide: 1,
}


class counted:  # noqa: N801 - it is used as a statement
    """What the block sends: statements, and of those in a pipeline all together."""

    def __enter__(self):
        self._execute, self._pipeline = _OF.execute, _OF.pipeline
        asked = []

        def execute(connection, query, *values, **more):
            if connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF:
                asked.append(query)
            return self._execute(connection, query, *values, **more)

        def pipeline(connection):
            asked.append("several")
            return self._pipeline(connection)

        _OF.execute, _OF.pipeline = execute, pipeline
        return asked

    def __exit__(self, *_):
        _OF.execute, _OF.pipeline = self._execute, self._pipeline


@pytest.fixture
def store(postgres):
    ledger = PostgresLedger(made(postgres.url()))
    yield FeedStore(ledger)
    ledger.close()


def grow(store, first, last):
    """Items in progress, and as many that await their claim."""
    rows = [
        Append(f"{prefix}-{n:04d}", 0, about(f"{prefix}-{n}", STATE=state))
        for n in range(first, last)
        for prefix, state in (("OLD", "IN_PROGRESS"), ("WAI", "AWAITING_CLAIM"))
    ]
    for at in range(0, len(rows), 100):
        store.append_all(rows[at : at + 100])


def test_a_verb_asks_as_often_whatever_the_size(store, stress):
    found = []
    for size, more in ((1, 9), (2, 2000 if stress else 200)):
        grow(store, 1 if size == 1 else 10, more)
        costs = {}
        for verb in COSTS:
            with counted() as asked:
                own = verb(store, size)
            costs[verb.__name__] = own or len(asked)
        found.append(costs)
    assert found[0] == {verb.__name__: cost for verb, cost in COSTS.items()}
    assert found[1] == found[0]
