"""A fleet in the middle of its work, made up: for pictures, and for who builds a face."""

import random
import time

from harness import path, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.refused import Refused, RefusedRow

HOUR, DAY = 3600, 24 * 3600
LANES = {"CMB": "CAMBER", "HWD": "HEARTWOOD", "ORA": "ORA"}
PEOPLE = {"CAMBER": "Ines Álvarez", "HEARTWOOD": "Tomasz Nowak", "ORA": "Mei Tanaka"}
VERBS = "Sort Cache Split Rename Test Document Retry Trim Port Guard Merge".split()  # noqa: SIM905
THINGS = [
    "the page list", "the import of orders", "the ledger's rows", "the lexer",
    "the upload queue", "the price rounding", "the audit log", "the map tiles",
    "session cookies", "the nightly report", "the CSV export", "the search index",
]  # fmt: skip
PATHS = [
    "src/app.py", "src/pages/list.tsx", "src/orders/import.py", "src/ledger/rows.py",
    "lexer/scan", "queue/upload", "price/round", "audit/log", "map/tiles",
    "auth/session", "report/nightly", "export/csv", "net/retry", "search/index",
]  # fmt: skip


class Lively:
    """The posts of the fleet up to `now`."""

    def __init__(self, now, closed=260, open_=46, seed=11):
        self.chance, self.now = random.Random(seed), now  # noqa: S311
        self.files, self.held = {}, []
        self._numbers = dict.fromkeys(LANES, 0)
        for _ in range(closed):
            self._closed()
        for number in range(open_):
            self._open(number)
        for number in range(9):
            self._note(number)

    @property
    def feed(self):
        """The feed of it."""
        policy = "ref: refs/heads/main\nfields: {ACCOUNTABLE: {}}\n"
        data = {name: text.encode() for name, text in self.files.items()}
        return Snapshot(from_files({"policy.yaml": policy.encode(), **data}))

    @property
    def refused(self):
        """What its server has refused."""
        day = int(self.now // DAY)
        keys = [(key, self.chance.randint(1, 14)) for _, key in self.held[:7]]
        rows = (
            RefusedRow(day - n, key, "FF401", many)
            for n, (key, many) in enumerate(keys)
        )
        return Refused(self.now - 40, tuple(rows))

    def _post(self, item, number, at, **fields):
        if at <= self.now:
            told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
            self.files[path(item, number)[5:]] = post(item=item, at=told, **fields)

    def _new(self):
        prefix = self.chance.choice(list(LANES))
        self._numbers[prefix] += 1
        subject = f"{self.chance.choice(VERBS)} {self.chance.choice(THINGS)}"
        lane = LANES[prefix]
        seat = f"{lane}-{self.chance.randint(1, 7):02d}"
        return f"{prefix}-{self._numbers[prefix]:04d}", lane, seat, subject

    def _closed(self):
        item, lane, seat, subject = self._new()
        chance = self.chance
        at = self.now - chance.random() ** 0.8 * 45 * DAY - 2 * HOUR
        key = f"{lane}:file:{chance.choice(PATHS)}/{chance.randint(1, 9)}"
        self._post(item, 1, at, seat=f"{lane}-01", subject=subject, surface_key=key)
        at += chance.expovariate(1 / (2 * HOUR))
        self._post(
            item, 2, at, seat=seat, subject=None, state="IN_PROGRESS", lease="1d"
        )
        at += chance.expovariate(1 / (5 * HOUR))
        over = chance.choice(["DONE"] * 9 + ["CANCELLED"])
        self._post(item, 3, at, seat=seat, subject=None, state=over, reason="so it is")

    def _open(self, number):
        item, lane, seat, subject = self._new()
        chance, key = self.chance, f"{lane}:file:{PATHS[number % len(PATHS)]}/{number}"
        at = self.now - chance.random() ** 2 * 2 * DAY - 300
        person = {"accountable": PEOPLE[lane]} if chance.random() < 0.8 else {}
        known = {"subject": subject, **person}
        state = chance.choice(
            ["AT_WORK"] * 6
            + ["WAITS"] * 3
            + ["BLOCKED", "PARKED", "LINE", "LINE", "DEPENDS"]
        )
        if state == "LINE" and self.held:
            _, wanted = chance.choice(self.held[:4])
            turn = 1 + sum(
                "TURN" in text and wanted in text for text in self.files.values()
            )
            self._post(
                item,
                1,
                at,
                seat=seat,
                state="PARKED",
                surface_key=wanted,
                turn=str(turn),
                **known,
            )
        elif state == "DEPENDS" and self.held:
            depends = [
                chance.choice(self.held)[0],
                *(["CMB-9000"] if chance.random() < 0.4 else []),
            ]
            self._post(
                item, 1, at, seat=seat, state="BLOCKED", depends_on=depends, **known
            )
        elif state == "AT_WORK":
            self.held.append((item, key))
            self._post(item, 1, at - 4000, seat=f"{lane}-01", surface_key=key, **known)
            since = max(
                at, self.now - chance.choice([600, 3000, 6500, 5 * HOUR, 25 * HOUR])
            )
            lease = chance.choice(["2h", "8h", "8h", "1d", "1d", "none"])
            self._post(
                item,
                2,
                since,
                seat=seat,
                subject=None,
                state="IN_PROGRESS",
                lease=lease,
            )
        else:
            resting = state if state in ("BLOCKED", "PARKED") else "AWAITING_CLAIM"
            self._post(
                item, 1, at, seat=f"{lane}-01", state=resting, surface_key=key, **known
            )

    def _note(self, number):
        item, _ = self.chance.choice(self.held)
        at = time.gmtime(self.now - self.chance.random() * 8 * HOUR)
        name = (
            time.strftime("notes/%Y/%m/%Y%m%dT%H%M%SZ", at)
            + f"-ORA-02-{number:04x}.yaml"
        )
        self.files[name] = post(
            item=item, seat="ORA-02", state=None, subject=None, body="how far?"
        )
