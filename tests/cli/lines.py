"""Lines of real processes before one surface, on any ledger, and who began when.

What happened is read by plain git, or plain SQL.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from harness import Repo, clean, command

from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.schema import migrate

KEY = "CAMBER:file:src/map.ts"
NEW = ("--new", "CMB", "--subject", "the map", "--surface", KEY, "--proof", "in turn")
WAITS = ("claim", *NEW, "--wait")
PATIENT = ("--timeout", "15m")
"""Who comes first is asked, not how soon: nobody gives up on a busy machine."""


class GitLine:
    """Seats of a fleet, whose server is as `kind` makes it; a turn is so long."""

    def __init__(self, fleet, kind, turn="60s", grace="60s"):
        kind(fleet.server)
        self._fleet = fleet
        policy = fleet.server.holds("feed/policy.yaml", "main")
        policy = policy.replace("turn: 60s", f"turn: {turn}")
        fleet.server.rewrite(policy.replace("grace: 60s", f"grace: {grace}"))

    def seat(self, number):
        """A clone of its own."""
        return self._fleet.seat(f"CAMBER-{number:02d}")

    def passed(self, item):
        """Whether the server has noted that somebody passed the item's place."""
        file = self._fleet.server.folder / "fleetfeed/stamps.sqlite"
        with closing(sqlite3.connect(file)) as stamps:
            asked = (
                "SELECT count(*) FROM stamp WHERE item = ? AND object GLOB 'passed *'"
            )
            return stamps.execute(asked, (item,)).fetchone() == (1,)

    def posts(self):
        """Item, state and time of each post that has landed, in that order."""
        server = self._fleet.server
        log = ("log", "--first-parent", "-m", "--reverse", "-p", "--format=@%ct")
        said = server.git(*log, "main", "--", "feed/CMB").stdout
        for line in said.splitlines():
            found = re.fullmatch(r"(@|\+ITEM: |\+STATE: )(\S+)", line)
            kind = found and found[1]
            if kind == "@":
                at = float(found[2])
            elif kind == "+ITEM: ":
                item = found[2]
            elif kind:
                yield item, found[2], at


class TableLine:
    """Clones of seats whose posts are in a database."""

    POLICY = """\
ref: refs/heads/main
prefixes: {CMB: CAMBER}
stewards: [FLEET-01]
leases: {turn: TURN, grace: GRACE}
"""

    def __init__(self, postgres, folder, turn="60s", grace="60s"):
        self._postgres, self._folder = postgres, folder
        database = Database(postgres.url())
        migrate(database, "feed", "refs/heads/main", 60)
        database.close()
        first = self.seat(0)
        policy = self.POLICY.replace("TURN", turn).replace("GRACE", grace)
        first.write("policy.yaml", policy)
        first.fleetfeed("ledger", "policy", "policy.yaml")

    def seat(self, number):
        name = f"CAMBER-{number:02d}"
        folder = self._folder / name
        if folder.exists():
            return Repo(folder, clean(FLEETFEED_SEAT=name))
        repo = Repo.init(folder, FLEETFEED_SEAT=name)
        repo.git("config", "fleetfeed.ledger", self._postgres.url())
        return repo

    def passed(self, item):
        asked = "SELECT passed_since IS NOT NULL FROM fleetfeed.item WHERE id = %s"
        return self._postgres.connect().execute(asked, (item,)).fetchone() == (True,)

    def posts(self):
        rows = self._postgres.connect().execute(
            "SELECT item, substring(convert_from(data, 'utf8') FROM 'STATE: (\\w+)'),"
            " extract(epoch FROM at)::float FROM fleetfeed.post"
            " JOIN fleetfeed.append ON append = id ORDER BY id, number"
        )
        yield from rows


def queued(server):
    """The server has a queue."""


def direct(server):
    server.install("--no-queue")


def unguarded(server):
    server.disarm()


def inbox(server):
    server.disarm()
    policy = server.holds("feed/policy.yaml", "main")
    server.rewrite(policy + "queue: inbox\n")


KINDS = (queued, direct, unguarded, inbox)


def began(line, items):
    """`items` in the order in which they began to hold the surface."""
    return [i for i, state, _ in line.posts() if state == "IN_PROGRESS" and i in items]


def places(seat, item):
    """The turns of who is in line for what `item` holds."""
    said = json.loads(seat.fleetfeed("show", item, "--json").stdout)
    return {each["item"]: each["turn"] for each in said["items"][0]["in_line"]}


def holds(seat):
    """The seat has the surface: its item."""
    return seat.fleetfeed("claim", *NEW, *PATIENT).stdout.split()[0]


def waits_and_works(seat, moment=0.0, run=None):
    """Claim the map when it is one's turn, and be done with it: the item."""
    words = (*WAITS, *PATIENT, "--at-most", "2h", "--json")
    said = (run or Repo.fleetfeed)(seat, *words)
    item = json.loads(said.stdout)["items"][0]["item"]
    time.sleep(moment)
    seat.fleetfeed("done", item, *PATIENT)
    return item


def without_turns(seat, *args, ok=True):
    """A command for which there are no turns."""
    words = (sys.executable, "-P", "-m", "cli.fake_no_turn", *args)
    tests = str(Path(__file__).resolve().parent.parent)
    return seat.run(words, ok=ok, env={"PYTHONPATH": tests})


@contextmanager
def waiting(seat):
    """A process that waits in line; killed at the latest when the block ends."""
    child = subprocess.Popen(
        command(*WAITS, *PATIENT, "--json"),
        cwd=seat.folder,
        env=seat.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
