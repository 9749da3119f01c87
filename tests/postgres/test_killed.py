"""The server dies, as if the power failed: what was said agrees with what is there.

At each of a write's questions, by SIGKILL of the whole server; and under many writers,
again and again. Behind it each call is made once more, with the OP that it had.
"""

import json
import re
import threading
import time
from collections import Counter
from itertools import count

import psycopg
import pytest
from harness import Repo
from ledger.gen_worlds import listed
from ledger.oracle_feed import holders, shared
from postgres.gen_ledgers import InTables, made

from fleetfeed.ledger.contract import Append, Conflict, Ok
from fleetfeed.ledger.postgres import connection
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.testing.posts import first, then
from fleetfeed.model.errors import (
    CannotTell,
    FleetfeedError,
    NoLongerYours,
    Refused,
    Unknown,
)
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

SURELY = 6
"""Questions that a write asks, and posts that land between crashes, at the least."""

BY_COMMAND = 5
"""Of what was found again, how much a command finds, too: of what nobody was told first."""

SAFE = "ALTER SYSTEM SET fsync = on"


@pytest.fixture
def postgres_to_kill(own_postgres):
    """One whose commits are on the disk when it says so."""
    with own_postgres.connect() as admin:
        admin.execute(SAFE)
        admin.execute("SELECT pg_reload_conf()")
    made(own_postgres.url())
    return own_postgres


def wrote(store, op="one"):
    try:
        return store.append_all(
            [Append("CMB-0001", 0, first(OP=op, DEPENDS_ON="CMB-0002"))]
        )
    except FleetfeedError as error:
        return error


class Killing(psycopg.Connection):
    """Connections of which one kills the server at its question `step`."""

    kill, step, behind, asked = None, 0, False, 0

    def execute(self, *args, **more):
        kind = type(self)
        kind.asked += 1
        now = kind.asked == kind.step
        if now and not kind.behind:
            kind.kill()
        answer = super().execute(*args, **more)
        if now and kind.behind:
            kind.kill()
        return answer


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("behind", [False, True])
def test_at_each_question(postgres_to_kill, monkeypatch, behind):
    """Before it is sent; and once it is answered, before anybody looks at that."""
    postgres, steps = postgres_to_kill, []
    for step in count(1):
        more = {"kill": postgres.kill, "step": step, "behind": behind, "asked": 0}
        plain = connection.Connection
        kind = type("Killing", (Killing, plain), more)
        monkeypatch.setattr(connection, "Connection", kind)
        ledger, op = PostgresLedger(postgres.url()), f"op-{step}"
        told = wrote(FeedStore(ledger, RetryPolicy(1)), op)
        monkeypatch.setattr(connection, "Connection", plain)
        ledger.close()
        if kind.asked < step:
            break
        steps.append(type(told).__name__)
        assert isinstance(told, Ok | CannotTell), told
        postgres.start()
        with postgres.connect() as admin:
            feed = InTables.there(postgres.url(), admin)
            landed = len(feed.files())
            assert landed == 1 if isinstance(told, Ok) else landed <= 1
            ended = wrote(FeedStore(feed.ledger(), RetryPolicy(60)), op)
            assert isinstance(ended, Ok), ended
            assert ended.again is bool(landed)
            assert len(feed.files()) == 1
            feed.close()
            InTables(postgres.url(), admin).close()  # empty again
    print(steps)
    assert len(steps) >= SURELY
    assert "Unknown" in steps


class Seat:
    """Claims, ends, and claims; and remembers what it was told of each last.

    Every other one has no patience: it is told that nobody knows, and asks again.
    """

    def __init__(self, url, number, over):
        self.told, self.number, self._over = {}, number, over
        self.said, self._patience = Counter(), 0.3 if number % 2 else 3
        self.ledger = PostgresLedger(url)
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self):
        done = 0  # a number far beyond the highest is refused
        for turn in count():
            if self._over.wait(0.01):
                return
            item = f"CMB-{(self.number + 1) * 100_000 + done}"
            key = f"CAMBER:load:{(self.number + turn) % 5}"
            seat, op = f"CAMBER-{self.number:02d}", f"{item}-{turn}"
            ended = self._until_told(Append(item, 0, first(key, seat, OP=op)))
            done += isinstance(ended, Ok | Conflict)
            if isinstance(ended, Ok):
                self._until_told(Append(item, 1, then("DONE", seat, OP=f"{op}-done")))

    def _until_told(self, append):
        while True:
            ended = self._told(append)
            if not isinstance(ended, CannotTell) or self._over.is_set():
                return ended

    def _told(self, append):
        store = FeedStore(self.ledger, RetryPolicy(self._patience))
        try:
            ended = store.append_all([append])
        except FleetfeedError as error:
            ended = error
        self.told[append.post["OP"]] = append, ended
        self.said[kind(ended)] += 1
        return ended


def test_in_the_middle_of_load(postgres_to_kill, stress, tmp_path):
    postgres = postgres_to_kill
    over = threading.Event()
    seats = [Seat(postgres.url(), number, over) for number in range(8)]
    for _ in range(20 if stress else 1):
        more_land(seats)
        postgres.kill()
        postgres.start()
    more_land(seats)
    over.set()
    for seat in seats:
        seat.thread.join()
        seat.ledger.close()
    print(sum((seat.said for seat in seats), Counter()))
    rows = [row for seat in seats for row in seat.told.values()]
    in_tables(postgres, rows)
    in_git(postgres, Repo.init(tmp_path / "log"), rows)


def kind(ended):
    """An answer's name."""
    return "Ok again" if getattr(ended, "again", False) else type(ended).__name__


def more_land(seats):
    """Until some more posts have landed, and others are on their way."""
    enough = sum(seat.said["Ok"] for seat in seats) + SURELY
    while sum(seat.said["Ok"] for seat in seats) < enough:
        assert all(seat.thread.is_alive() for seat in seats)
        time.sleep(0.01)


def ops_in(files):
    """How often each OP is in `files`."""
    said = (re.search("^OP: (.*)$", text, re.MULTILINE) for text in files.values())
    return Counter(op[1].strip("'\"") for op in said if op)


def agreed(rows, files):
    """What each was told, counted by whether it is in `files`, where it may not differ."""
    there = ops_in(files)
    assert max(there.values()) == 1, "something landed twice"
    assert not shared(holders(files)), "a surface is shared"
    seen = Counter()
    for append, ended in rows:
        landed = there.pop(append.post["OP"], 0)
        seen[kind(ended), landed] += 1
        if isinstance(ended, Ok):
            assert landed, (append, ended)
        elif type(ended) in (CannotTell, NoLongerYours) or isinstance(ended, Refused):
            assert not landed, (append, ended)
    assert not there, "something landed that nobody has sent"
    return seen


def in_tables(postgres, rows):
    """What each was told, and what there is."""
    with postgres.connect() as admin:
        feed = InTables.there(postgres.url(), admin)
        seen = agreed(rows, feed.files())
        assert seen["Ok", 1] > SURELY
        derived(feed)
        feed.close()


def in_git(postgres, repo, rows):
    """The same in the exported feed, read by git: one commit for each append."""
    repo.git("commit", "-q", "--allow-empty", "-m", "some code")
    repo.fleetfeed("ledger", "init", "--here", postgres.url())
    repo.fleetfeed("ledger", "export", "--ref", "refs/heads/log")
    repo.fleetfeed("ledger", "verify", "log")
    files = dict(listed(repo, "log"))
    seen = agreed(rows, files)
    print(dict(seen), f"{len(files)} posts")
    with postgres.connect() as admin:
        feed = InTables.there(postgres.url(), admin)
        assert files == feed.files()
        ((appends,),) = feed.rows("SELECT count(DISTINCT append) FROM post")
        found(repo, feed, rows, ops_in(files))
        assert files == feed.files()
        feed.close()
    assert int(repo.line("rev-list", "--count", "log", "--", "feed")) == appends


def found(repo, feed, rows, there):
    """Whoever was not told asks again, and finds it where it is: by `--op`, too."""
    store = FeedStore(feed.ledger(), RetryPolicy(60))
    landed = [row for row in rows if row[0].post["OP"] in there]
    for append, ended in landed:
        if isinstance(ended, CannotTell):
            assert store.append_all([append]).again
    ends = [append for append, _ in landed if append.post["STATE"] == "DONE"]
    unknown = {
        append.post["OP"] for append, ended in landed if isinstance(ended, Unknown)
    }
    ends.sort(key=lambda append: append.post["OP"] not in unknown)
    for append in ends[:BY_COMMAND]:
        op, seat = append.post["OP"], append.post["SEAT"]
        told = repo.fleetfeed("done", append.item, "--op", op, "--seat", seat, "--json")
        assert json.loads(told.stdout)["again"], told


def derived(feed):
    """The rows that follow from posts are those of a fold anew."""
    newest = feed.rows("SELECT item, max(number), count(*) FROM post GROUP BY item")
    assert all(number == count for _, number, count in newest)
    items = feed.rows("SELECT id, newest FROM item")
    assert sorted(items) == sorted((item, number) for item, number, _ in newest)
    held = {item for _, item in holders(feed.files())}
    assert {
        item for (item,) in feed.rows("SELECT item FROM surface WHERE held")
    } == held
