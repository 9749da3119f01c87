"""The servers that the tests run on: they answer, come back, and outlive nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from harness.postgres import SECONDS


def test_a_database_is_empty_and_a_tests_alone(postgres):
    with postgres.connect() as client:
        client.execute("create table mine (one int)")
        found = client.execute("select relname from pg_class where relname = 'mine'")
        assert found.fetchall() == [("mine",)]
        encoding = client.execute("show server_encoding").fetchone()
        assert encoding == ("UTF8",)


def test_a_server_is_killed_and_comes_back(own_postgres):
    client = own_postgres.connect()
    client.execute("create table kept (one int)")
    client.execute("insert into kept values (1)")
    before = own_postgres.server.process()
    own_postgres.kill()
    assert own_postgres.server.process() is None
    with pytest.raises(psycopg.OperationalError):
        client.execute("select 1")
    own_postgres.start()
    assert own_postgres.server.process() != before
    again = own_postgres.connect()
    assert again.execute("select one from kept").fetchall() == [(1,)]
    own_postgres.stop()
    own_postgres.start()
    again = own_postgres.connect()
    assert again.execute("select one from kept").fetchall() == [(1,)]


_RUN = """
import os, sys, time
from harness.postgres import PostgresServer
server = PostgresServer.make(sys.argv[1], os.getpid())
server.start()
print(server.folder, server.process().pid, flush=True)
time.sleep(600)
"""


def test_a_run_that_is_killed_leaves_no_server(postgres_kind):
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        (sys.executable, "-c", _RUN, postgres_kind),
        env=here,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        line = run.stdout.readline().split()
        if not line:
            pytest.skip(f"there is no {postgres_kind} here")
        folder, server = Path(line[0]), psutil.Process(int(line[1]))
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + SECONDS
    while folder.exists() or server.is_running():
        assert time.monotonic() < until, "it outlives its run"
        time.sleep(0.02)
