"""The schema alone keeps the promise: clients that ignore fleetfeed never hold twice."""

import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from itertools import combinations
from pathlib import Path

import pytest
from postgres.raw_client import WAYS

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.schema import migrate
from fleetfeed.model.surface import SurfaceKey

CLIENTS, PROCESSES = 64, 8
LEVELS = ("READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE")

# What one path is called by those who do not ask; `{n}` is the round.
CONTAINING = ("camber:file:r{n}:",)
EQUAL = ("camber:file:r{n}:api-é:",)
CONTAINED = ("camber:file:r{n}:api-é:v1:", "camber:file:r{n}:api-é:v1:main.py:")
SPELLED = (
    "Camber:file:r{n}:api-é:", "camber:file:r{n}:api_é:", "camber:file:r{n}/api-é:", "camber:file:R{n}:",
    "camber:file:r{n}:api-e\u0301:v1:", "camber:file:r{n}:api-%c3%a9:", "camber:file:r{n}::api-é:",
    "camber:file:r{n}:.:api-é:", "camber:file:r{n}:api-é :", "camber:file:r{n}:%61pi-é:v1:",
    "camber:file:r{n}:api\u200b-é:", "camber:file:r{n}:api-É:",
)  # fmt: skip
BESIDE = ("camber:file:r{n}x:", "camber:file:r{n}-api-é:")
SHAPES = (*CONTAINING, *EQUAL * 4, *CONTAINED, *SPELLED, *BESIDE)
PLAINLY = ("plainly",)


@pytest.fixture
def ledger(postgres):
    database = Database(postgres.url())
    migrate(database, "feed", "refs/heads/main", 10)
    yield postgres
    database.close()


@contextmanager
def crowd(url):
    """The clients: a function that plays a round, what each wants to what it was told."""
    script = Path(__file__).with_name("raw_client.py")
    many = CLIENTS // PROCESSES
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    (sys.executable, str(script), url, str(number * many), str(many)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(PROCESSES)
        ]
        assert [each.stdout.readline() for each in processes] == ["ready\n"] * PROCESSES

        def play(wanted):
            for each in processes:
                each.stdin.write(json.dumps(wanted) + "\n")
            for each in processes:
                each.stdin.flush()
            return [
                told
                for each in processes
                for told in json.loads(each.stdout.readline())
            ]

        yield play


def race(postgres, play, prefix, rounds, ways):
    """Let the clients race; how often two hold what overlaps, and what they were told."""
    chance = random.Random(prefix)  # noqa: S311
    told, twice, held = Counter(), 0, 0
    for number in range(rounds):
        name = f"{prefix}{number}".lower()
        wanted = [
            {
                "item": f"{prefix}-{number * CLIENTS + client}",
                "line": chance.choice(SHAPES).format(n=name),
                "way": chance.choice(tuple(ways)),
                "level": chance.choice(LEVELS),
            }
            for client in range(CLIENTS)
        ]
        told.update(play(wanted))
        with postgres.connect() as looker:
            rows = looker.execute(
                "SELECT item, line FROM fleetfeed.surface WHERE held AND item = ANY (%s)",
                ([each["item"] for each in wanted],),
            ).fetchall()
        held += len(rows)
        twice += overlaps(rows)
    print(f"{prefix}: {rounds} rounds of {CLIENTS}: {twice} pairs of {held}; {told}")
    return twice, held, told


def overlaps(rows):
    """How many pairs of items hold one thing, in whatever spelling."""
    keys = [(item, SurfaceKey.of(line)) for item, line in rows]
    return sum(
        one != two and a.overlaps(b) for (one, a), (two, b) in combinations(keys, 2)
    )


def test_64_clients_never_hold_what_overlaps_and_without_the_constraint_some_do(
    ledger, stress
):
    # Who waits for another who waits for the first finds out sooner than usual.
    url = ledger.url(options="-csearch_path=fleetfeed,pg_temp -cdeadlock_timeout=10ms")
    with crowd(url) as play:
        rounds = 200 if stress else 3
        twice, held, told = race(ledger, play, "RAW", rounds, WAYS)
        assert twice == 0
        assert held >= rounds  # somebody has come through each time
        assert told["CheckViolation"]
        assert told["ExclusionViolation"]

        rounds = 40 if stress else 1
        alter(ledger, "DROP CONSTRAINT one_spelling_of_line")
        alter(ledger, "DROP CONSTRAINT one_spelling_of_parts")
        twice, _, _ = race(ledger, play, "SPELLED", rounds, PLAINLY)
        assert twice > 0
        alter(ledger, "DROP CONSTRAINT one_holder")
        twice, _, _ = race(ledger, play, "FREE", rounds, PLAINLY)
        assert twice > 0


def alter(postgres, how):
    with postgres.connect() as admin:
        admin.execute(f"ALTER TABLE fleetfeed.surface {how}")
