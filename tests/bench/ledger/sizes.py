"""One append to a ledger of so many posts: with its age grows what lies in its tables.

All sizes have the same claims. What is old is put into the tables as its own posts are,
but for the numbers: every item had the same life.
"""

import random
import statistics
from collections.abc import Iterator
from json import dumps
from time import monotonic

import psycopg
from harness.postgres import Postgres

from bench.ledger.places import made as tables_of
from bench.ledger.tasks import Writer, about
from bench.rounds import SEED
from fleetfeed.ledger.postgres.document import item_row
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.model.layout import post_path
from fleetfeed.writing.api import Append, FeedStore, MemoryLedger

HELD = 200
"""Claims at every size."""

_TOGETHER = 50
_LIFE = ("AWAITING_CLAIM", "IN_PROGRESS", "BLOCKED", "IN_PROGRESS", "DONE")
_ITEM = "OLD-0001"

_ITEMS = """
CREATE TEMPORARY TABLE old AS SELECT n, 'OLD-' || CASE WHEN n < 10000
    THEN lpad(n::text, 4, '0') ELSE n::text END AS id FROM generate_series(1, %s) n
"""
_APPENDS = """
INSERT INTO append (op, message)
SELECT '', id || ' by CAMBER-06' FROM old, generate_series(1, %s) ORDER BY n
"""
_POSTS = """
INSERT INTO post (path, item, number, op, append, data)
SELECT 'OLD/' || CASE WHEN n < 1000000 THEN lpad((n / 1000)::text, 3, '0')
        ELSE (n / 1000)::text END || '/' || id || '/' || lpad(k::text, 4, '0') || '.yaml',
    id, k, '', (n - 1) * %(life)s + k,
    convert_to(replace((%(texts)s::text[])[k], %(item)s, id), 'UTF8')
FROM old, generate_series(1, %(life)s) k
"""
_FOLDS = """
INSERT INTO item SELECT r.* FROM old, jsonb_populate_record(NULL::item,
    %(row)s::jsonb || jsonb_build_object('id', id, 'number', n,
        'fold', replace(%(row)s::jsonb ->> 'fold', %(item)s, id))) AS r
"""
_TAKEN = "INSERT INTO taken (prefix, first, last) VALUES ('OLD', 1, %s)"


def made(postgres: Postgres, posts: int) -> str:
    """A ledger with so many posts in a fresh database; its URL."""
    url = tables_of(postgres)
    _fill(url, max(posts - HELD, len(_LIFE)) // len(_LIFE))
    ledger = PostgresLedger(url)
    store = FeedStore(ledger)
    for at in range(0, HELD, _TOGETHER):
        store.append_all([_claim(n) for n in range(at + 1, at + _TOGETHER + 1)])
    ledger.close()
    return url


def _claim(number: int) -> Append:
    post = {"STATE": "IN_PROGRESS", "SEAT": "CAMBER-06", **about(f"held-{number}")}
    return Append(f"CMB-{number:04d}", 0, post)


def _fill(url: str, items: int) -> None:
    store = FeedStore(MemoryLedger())
    for number, state in enumerate(_LIFE):
        first = about("old") if number == 0 else {}
        post = {"STATE": state, "SEAT": "CAMBER-06", **first}
        store.append_if_match(_ITEM, number, post)
    feed = store.read()
    read = (feed.tree.read(post_path(_ITEM, n + 1)) for n in range(len(_LIFE)))
    item = feed.item(_ITEM)
    known = {
        "life": len(_LIFE),
        "texts": [(data or b"").decode() for data in read],
        "row": dumps(item_row(item, "")),
        "item": _ITEM,
    }
    options = "-c search_path=fleetfeed -c synchronous_commit=off"
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        connection.execute(_ITEMS, (items,))
        connection.execute(_APPENDS, (len(_LIFE),))
        connection.execute(_POSTS, known)
        connection.execute(_FOLDS, known)
        connection.execute(_TAKEN, (items,))
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def appends(urls: dict[int, str], rounds: int) -> Iterator[dict[int, float]]:
    """The seconds of a claim at each size, so many times, side by side."""
    writers = {size: Writer(url, "CAMBER-07") for size, url in urls.items()}
    shuffle = random.Random(SEED).shuffle  # noqa: S311 - the same order every time
    order = list(writers)
    for number in range(-_WARM, rounds):
        shuffle(order)
        found = {}
        for size in order:
            start = monotonic()
            writers[size].claim(f"size-{number}")
            found[size] = monotonic() - start
        if number >= 0:
            yield found
    for writer in writers.values():
        writer.ledger.close()


_WARM = 10
"""Claims of each that do not count: a connection learns what it is asked."""


def median_of(found: list[dict[int, float]]) -> dict[int, float]:
    """The median at each size."""
    return {size: statistics.median(row[size] for row in found) for size in found[0]}
