"""Stamps that are damaged, unreadable or in nobody's reach: against a real server's hook.

No lease ends early by it, and none lasts for ever where the file can be begun anew. The
lease is 1 h, the grace 60 s. More damages, by the file alone, are in `test_stamps`.
"""

import os
import shutil
import subprocess
from contextlib import closing

import pytest
from harness import command
from lease import gen_damage
from lease.leased import beat

from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.lease import stamps
from fleetfeed.lease.stamps import Clock, Stamps, StampsUnusable
from fleetfeed.model.liveness import Lapse
from fleetfeed.repo.repository import Repo
from fleetfeed.util.sqlitefile import SQLiteFile

TAKE = ("--reason", "it is silent")
LEASE = 3600
OVER = LEASE + 60 + 10
"""Seconds after which a takeover is lawful for sure."""
SLOW = 300
"""Seconds that a test never takes."""


def _flipped(*bits):
    def flip(file):
        for bit in bits:
            gen_damage.flip(file, bit)

    return flip


def _letter(file):
    """A letter of the table's name is none any more."""
    gen_damage.flip(file, 8 * file.read_bytes().index(b"TABLE stamp") + 7)


# What is gone, or no database at all, is in `test_takeover`.
DAMAGES = {
    "emptied": lambda file: os.truncate(file, 0),
    "a letter": _letter,
    "that it may be written": _flipped(8 * 18 + 1),
}
MORE = {
    "cut within the header": lambda file: os.truncate(file, 50),
    "cut within the rows": lambda file: os.truncate(file, file.stat().st_size - 100),
    "the size of a page": _flipped(8 * 16),
    "the root of the rows": _flipped(8 * 4096),
    "some of the rows": _flipped(8 * 8190, 8 * 8000, 8 * 8100 + 3),
    "a time": lambda file: gen_damage.row_wrong(file, 0),
}
ROWS = [
    *(pytest.param(does, id=name) for name, does in DAMAGES.items()),
    *(pytest.param(d, id=n, marks=pytest.mark.large) for n, d in MORE.items()),
]


def server_stamps(scene):
    return scene.server.folder / stamps.FILE


@pytest.mark.parametrize("damage", ROWS)
def test_damaged_stamps_end_no_lease_early_and_are_mended(scene, leased, asks, damage):
    damage(server_stamps(scene))
    asks(scene.me, 3000, "renew", leased)
    first = 3000 + LEASE - SLOW
    for _ in range(2):  # The first question may find the damage deeper down.
        asks(scene.other, first, "claim", leased, *TAKE, ok=False)
    asks(scene.other, first + OVER, "claim", leased, *TAKE)


def test_a_folder_in_the_place_of_the_stamps(scene, leased, asks):
    file = server_stamps(scene)
    file.unlink()
    file.mkdir()
    for seconds in (LEASE - SLOW, 9000):
        said = asks(scene.other, seconds, "claim", leased, *TAKE, ok=False)
        assert "FF501" in said.stderr
    asks(scene.me, 9000, "renew", leased)
    file.rmdir()
    assert "FF502" in asks(scene.other, 9000, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 9000 + OVER, "claim", leased, *TAKE)


def test_where_there_are_no_stamps_and_can_be_none_a_beat_is_in_time(
    scene, leased, later
):
    """Nobody could take over, either."""
    folder = server_stamps(scene).parent
    shutil.rmtree(folder)
    folder.symlink_to("nowhere")
    beat(scene.me, leased, later, 1)
    beat(scene.me, leased, later, 9000, turn=1)
    said = later(scene.other, 9000, *command("claim", leased, *TAKE), ok=False)
    assert "FF501" in said.stderr


@pytest.mark.parametrize("looped", [False, True], ids=["a folder", "not to be seen"])
def test_stamps_that_may_be_there_and_are_of_no_use_end_beats(
    scene, leased, later, looped
):
    file = server_stamps(scene)
    file.unlink()
    if looped:
        shutil.rmtree(file.parent)
        file.parent.symlink_to(file.parent.name)
    else:
        file.mkdir()
    said = beat(scene.me, leased, later, 1, ok=False)
    assert "the server's stamps cannot be written now" in said.stderr
    assert "heard" not in said.stderr


def test_a_server_without_a_clock_hears_every_beat_and_tells_no_lapse(scene, leased):
    repo = Repo(Git(scene.server.folder))
    with closing(repo.objects):
        feed, leases = (
            repo.snapshot(scene.server.tip("main")),
            ServerLeases(repo, no_clock),
        )
        assert leases.stamp_beat(feed, feed.item(leased), "a" * 40)
        assert leases.signs_of(feed, feed.rules)(leased) is Lapse.UNKNOWN
        leases.stamp_posts(repo.snapshot(None), feed)


def no_clock():
    """As where there is no CLOCK_BOOTTIME."""


@pytest.fixture
def read_only(scene, ahead):
    """The prefix of a command for which the server's stamps can be read alone."""
    folder = server_stamps(scene).parent
    bound = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    alone = ("unshare", "--mount", "sh", "-c", bound, str(folder))
    tried = ("sh", "-c", f"touch {folder}/x && exit 1; exit 0")
    if subprocess.run((*alone, *tried), check=False, capture_output=True).returncode:
        pytest.skip("a folder cannot be mounted to be read alone here")
    return lambda seconds: (*ahead(seconds), *alone)


def test_stamps_that_can_only_be_read(scene, leased, asks, read_only):
    early = read_only(LEASE - SLOW)
    taking = command("claim", leased, *TAKE)
    assert "FF502" in scene.other.run((*early, *taking), ok=False).stderr
    scene.me.run((*read_only(3500), *command("renew", leased)))
    late = read_only(9000)
    assert "FF501" in scene.other.run((*late, *taking), ok=False).stderr
    # Nobody could stamp the renewal: it counts from when it is asked about.
    assert "FF502" in asks(scene.other, 9000, "claim", leased, *TAKE, ok=False).stderr
    asks(scene.other, 9000 + OVER, "claim", leased, *TAKE)


def _bits(file):
    """The bits of all bytes that say something, and of the file's header."""
    data = file.read_bytes()
    told = (at for at, byte in enumerate(data) if byte or at < 100)
    return [8 * at + bit for at in told for bit in range(8)]


def _asked(kept, item, post):
    """When a post was seen, by the third question at the latest; None: not told."""
    for _ in range(3):
        try:
            kept.stamp([(item, 2, "another")])
            return kept.seen(item, 1, [post]).at[post]
        except StampsUnusable:
            continue
    return None


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_whichever_bit_is_damaged(tmp_path, stress):
    """No stamp counts from before it, and each question finds the way back."""
    moment = [100.0]
    (tmp_path / "objects").mkdir()
    file = tmp_path / stamps.FILE
    kept = Stamps(file, Clock("a boot", lambda: moment[0]))
    rows = [("CMB-0001", 1, letter * 40) for letter in "abc"]
    kept.stamp(rows)
    good, seen = file.read_bytes(), {}
    bits = _bits(file)
    for bit in bits if stress else bits[::7]:
        SQLiteFile(str(file)).remove()
        file.write_bytes(good)
        gen_damage.flip(file, bit)
        moment[0] = 150.0
        at = _asked(kept, *rows[0][::2])
        seen.setdefault(at, []).append(divmod(bit, 8))
    print({at: len(where) for at, where in seen.items()})
    assert seen.keys() <= {100.0, 150.0}, seen
