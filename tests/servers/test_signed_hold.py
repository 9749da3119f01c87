"""`hold` in a signed fleet on a real server: its beats keep it, and nobody else's."""

import signal
import time
from contextlib import closing

import pytest
from harness import Seat
from harness.starting import starter
from lease.signing import BEATS, blob, op_of, push_beat, signed_by
from servers.hold_there import Hold
from servers.race_there import HOLDER, SOURCES, ground

pytestmark = [pytest.mark.stress, pytest.mark.large]
STRANGER = "CAMBER-00"
LEASE, LONG = "10s", 60


@pytest.fixture(scope="module", params=SOURCES, ids=lambda kind: kind.__name__)
def there(request, account, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hold")
    with starter() as started, ground(request.param, account, folder, started, 1) as at:
        yield at


@pytest.fixture
def arena(there, tmp_path):
    (tmp_path / "arena").mkdir()
    with there.arena("signed", tmp_path / "arena") as made:
        yield made


def test_a_hold_of_a_minute_that_dies_is_kept_alive_by_nobody(there, arena, tmp_path):
    holder, stranger = arena.clone(HOLDER), arena.clone(STRANGER)
    holder = Seat(holder.folder, {**holder.environment, "FLEETFEED_SEAT": HOLDER})
    with closing(Hold(holder, "kept", tmp_path, "--lease", LEASE)) as kept:
        time.sleep(LONG)
        assert kept.process.poll() is None, kept.ended()
        posts = arena.server.git("ls-tree", "-r", "--name-only", "main", "feed/CMB")
        assert len(posts.stdout.split()) == 1
        kept.process.send_signal(signal.SIGKILL)
        kept.process.wait()
        died, op = time.monotonic(), op_of(holder, kept.item)
        last = arena.server.git("cat-file", "blob", f"{BEATS}{kept.item}").stdout
        codes = set()
        while time.monotonic() < died + 15:
            number = time.time_ns() // 1_000_000
            mine = signed_by(there.keys[STRANGER], kept.item, number, op=op)
            for data in (last.encode(), mine):
                codes |= push_beat(stranger, kept.item, data).refusals
        assert codes == {"FF614"}
        assert blob(stranger, last.encode()) in arena.server.git("for-each-ref").stdout
        take = ("claim", kept.item, "--seat", STRANGER, "--reason", "it is silent")
        assert f"owner={STRANGER}" in stranger.fleetfeed(*take).stdout
