"""The line to the database breaks, or falls silent, at each place of a write.

Whoever wrote is told what there is, or that nobody can tell; the same call with the same
OP finds what is there, and writes it else. Nothing of it may land later.
"""

import signal
import threading
import time
from contextlib import contextmanager

import pytest
from postgres.gen_ledgers import InTables, made
from postgres.proxy import Fault, Proxy

from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import CannotTell, Unknown
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

SECONDS = 3.0
"""A writer's patience here; much less would be over before a busy machine answers."""


class Line:
    """A feed, and a way to it that can break."""

    def __init__(self, postgres, folder):
        self.postgres = postgres
        self.feed = InTables(made(postgres.url()), postgres.connect())
        (socket,) = postgres.server.folder.glob("socket/.s.PGSQL.*[0-9]")
        self.proxy = Proxy(socket, folder / "line")
        self.url = postgres.url(host=str(self.proxy.folder))
        self.ledgers = []

    def store(self, seconds=SECONDS):
        self.ledgers.append(PostgresLedger(self.url))
        return FeedStore(self.ledgers[-1], RetryPolicy(seconds))

    def close(self):
        for each in self.ledgers:
            each.close()
        self.feed.close()
        self.proxy.close()

    def there(self):
        """How often the post is on the feed."""
        return len(self.feed.rows("SELECT 1 FROM post"))

    def told_the_truth(self, told, landed):
        """An answer agrees with the tables; asked again, there is exactly one post."""
        assert isinstance(told, Ok | CannotTell), told
        if isinstance(told, Ok):
            assert self.there() == 1
        elif not isinstance(told, Unknown):
            assert self.there() == 0
        assert self.there() == landed
        again = wrote(self.store(60))
        assert isinstance(again, Ok)
        assert again.again is bool(landed)
        assert self.there() == 1


@pytest.fixture
def line(postgres, tmp_path_factory):
    # Where `nobody` needs not enter: the proxy alone goes to the server's socket.
    here = Line(postgres, tmp_path_factory.mktemp("l"))
    yield here
    here.close()


def wrote(store):
    try:
        return store.append_if_match("CMB-0001", 0, first(OP="one"))
    except CannotTell as error:
        return error


def wrote_into(line, fault, seconds):
    """What a writer is told whose write meets `fault`, with so many seconds' patience.

    On a busy machine they may be over before it writes; then it begins again.
    """
    line.proxy.fault = fault
    told = wrote(line.store(seconds))
    while not fault.done.is_set():
        assert type(told) is CannotTell, told
        told = wrote(line.store(seconds))
    return told


CUTS = {
    "before it is asked": (Fault(asked=False), False),
    "while it runs": (Fault(answered=False), None),
    "behind the commit": (Fault(), True),
    "behind the commit, and the server does not notice": (Fault(kept=True), True),
    "in the first byte of the answer": (Fault(after=1), True),
    "in the middle of the answer": (Fault(after=70), True),
    "one byte before the end": (Fault(after=-1), True),
}


@pytest.mark.parametrize("name", CUTS)
def test_the_line_is_cut(line, name):
    """The next try begins by ending what may be under way: then it knows."""
    fault, landed = CUTS[name]
    store = line.store(30)
    line.proxy.fault = fault = Fault(**{**vars(fault), "done": Fault().done})
    told = wrote(store)
    assert fault.done.is_set()
    assert isinstance(told, Ok), told
    if landed is not None:
        assert told.again is landed
    assert line.there() == 1


@pytest.mark.parametrize(
    ("fault", "landed"), [(Fault(asked=False, silent=True), 0), (Fault(silent=True), 1)]
)
def test_the_line_falls_silent(line, fault, landed):
    """Nobody waits for ever, whatever becomes of the line."""
    told = wrote_into(line, Fault(**{**vars(fault), "done": Fault().done}), SECONDS)
    line.told_the_truth(told, landed)


@contextmanager
def stopped(processes):
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            each.send_signal(signal.SIGCONT)


@pytest.mark.large
def test_a_server_that_has_stopped_keeps_nobody(own_postgres, tmp_path):
    """Neither one that was connected, nor one that comes."""
    line = Line(own_postgres, tmp_path)
    store = line.store()
    store.read()
    server = own_postgres.server.process()
    with stopped([server, *server.children(recursive=True)]):
        for each in (store, line.store()):
            assert isinstance(wrote(each), CannotTell)  # else it would wait for ever
    # A busy machine takes its time to go on.
    assert isinstance(wrote(FeedStore(store.ledger, RetryPolicy(60))), Ok)
    line.close()


def test_what_hangs_at_a_lock_is_ended_before_anything_is_said(line):
    """The server runs, and somebody else has locked a table for longer."""
    other = line.postgres.connect()
    with other.transaction():
        other.execute("LOCK fleetfeed.post IN SHARE MODE")
        told = wrote(line.store(2))
        assert isinstance(told, CannotTell)
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        assert line.feed.rows(waits) == [(0,)]
    line.told_the_truth(told, 0)


def test_what_comes_late_never_lands(line):
    """The tip has moved, time is up, and the write's question is still on its way."""
    late = threading.Event()
    fault = Fault(late=late)
    other, told = line.postgres.connect(), []
    writer = threading.Thread(target=lambda: told.append(wrote_into(line, fault, 4)))
    writer.start()
    assert fault.done.wait(60)
    other.execute("INSERT INTO fleetfeed.append (op, message) VALUES ('', 'x')")
    with other.transaction():
        other.execute("LOCK fleetfeed.post IN SHARE MODE")
        writer.join()
    assert isinstance(told[0], CannotTell)
    late.set()
    time.sleep(0.5)
    line.told_the_truth(told[0], 0)


def test_a_snapshot_that_is_thought_over_for_long_answers_all_the_same(
    own_postgres, tmp_path
):
    line = Line(own_postgres, tmp_path)
    line.url = own_postgres.url(options="-c idle_in_transaction_session_timeout=100")
    store = line.store(60)
    wrote(store)
    feed = store.read()
    time.sleep(0.5)
    assert [item.newest for item in feed.open] == [1]
    line.close()


@pytest.mark.parametrize(
    "idle",
    ["terminated", "timed out", pytest.param("restarted", marks=pytest.mark.large)],
)
def test_a_connection_that_has_gone_is_made_anew(own_postgres, tmp_path, idle):
    line = Line(own_postgres, tmp_path)
    url = own_postgres.url(
        options="-c idle_in_transaction_session_timeout=100"
        if idle == "timed out"
        else ""
    )
    line.url = url
    store = line.store(60)
    store.read()
    if idle == "terminated":
        line.feed.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'fleetfeed %'"
        )
    elif idle == "timed out":
        time.sleep(0.5)
    else:
        own_postgres.kill()
        own_postgres.start()
    told = wrote(store)
    assert isinstance(told, Ok)
    assert (told.again, told.tries) == (False, 1)
    line.close()
