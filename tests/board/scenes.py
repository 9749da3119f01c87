"""A feed in which everything is that the board shows, without a repository."""

from harness import claim, path, post

from fleetfeed.board.gather import gather
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import binding_lease, utc

NOON = utc("2026-11-30T12:00:00Z")
DAY = 24 * 3600
POLICY = "ref: refs/heads/main\nprefixes: {CMB: CAMBER, ORA: ORA}\n"
OLD, NEW = "2026-11-29T09:00:00Z", "2026-11-30T11:30:00Z"
RULER = {"accountable": "Ines Álvarez"}


def files():
    """Items 1 to 12: held, in line, blocked, stuck, over, running out, done."""
    app, api = "CAMBER:file:src/app.py", "CAMBER:file:src/api.py"
    rows = {
        "CMB-0001": [claim("CMB-0001", app, seat="CAMBER-07", subject="Sort", lease="4h", at=NEW, **RULER)],
        "CMB-0002": [post(item="CMB-0002", state="PARKED", seat="CAMBER-06", surface_key=app, turn="1", at=NEW)],
        "CMB-0003": [post(item="CMB-0003", state="PARKED", seat="ORA-02", surface_key=app, turn="2", at=NEW)],
        "CMB-0004": [post(item="CMB-0004", state="BLOCKED", seat="CAMBER-06", depends_on=["CMB-0001", "CMB-0009"], at=OLD)],
        "CMB-0005": [post(item="CMB-0005", state="BLOCKED", seat="CAMBER-06", depends_on="CMB-0006", at=OLD)],
        "CMB-0006": [post(item="CMB-0006", state="BLOCKED", seat="ORA-02", depends_on="CMB-0005", at=OLD)],
        "CMB-0007": [claim("CMB-0007", api, seat="CAMBER-08", lease="2h", at=OLD)],
        "CMB-0008": [claim("CMB-0008", "CAMBER:file:x", seat="CAMBER-08", lease="40m", at=NEW)],
        "CMB-0009": [post(item="CMB-0009", state="CANCELLED", at=OLD)],
        "CMB-0010": ["NO POST\n"],
        "ORA-0011": [post(item="ORA-0011", owner="ORA-02", at=OLD), ],
        "ORA-0012": [post(item="ORA-0012", state="PARKED", seat="ORA-02", surface_key="ORA:job:free", turn="1", at=NEW)],
        "ORA-0013": [claim("ORA-0013", "ORA:job:z", at=OLD), post(item="ORA-0013", state="DONE", at=NEW)],
    }  # fmt: skip
    made = {"policy.yaml": POLICY.encode()}
    for item, texts in rows.items():
        for number, text in enumerate(texts, 1):
            made[path(item, number).removeprefix("feed/")] = text.encode()
    note = post(
        item="CMB-0001", seat="ORA-02", state=None, subject=None, body="how far?"
    )
    made["notes/2026/11/20261130T115000Z-ORA-02-00ff.yaml"] = note.encode()
    return made


def snapshot(more=None):
    """The feed, and more files."""
    return Snapshot(from_files({**files(), **(more or {})}))


def board_of(feed, refused=None, now=NOON):
    """The board of a feed, as of noon; leases by posts alone."""
    return gather(
        feed, lambda item: binding_lease(feed, item, now), refused, 7 * DAY, now
    )


def landed_unasked(scene, named):
    """Files on the feed of a scene that no hook has judged, by the paths they are at."""
    seat = scene.seat("ORA-02")
    for name, data in named.items():
        seat.write(name, data)
    seat.git("add", "-A")
    seat.git("commit", "-qm", "unasked", "--no-verify")
    hook = scene.server.folder / "hooks/pre-receive"
    hook.rename(hook.with_name("away"))
    seat.push("--no-verify")
    hook.with_name("away").rename(hook)
