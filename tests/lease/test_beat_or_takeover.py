"""A beat and a takeover never both win, however they meet around the lease's end."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from harness import Repo
from judge.gen_feeds import ITEM, life, policy_of, snapshot
from lease import fake_no_grace_hook

from fleetfeed.checks import server_leases
from fleetfeed.feed.objects import object_id
from fleetfeed.git.process import Git
from fleetfeed.lease import stamps
from fleetfeed.lease.heartbeat import beats
from fleetfeed.lease.lease import standing
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.liveness import Lapse
from fleetfeed.repo.repository import Repo as Seen
from fleetfeed.util.sqlitefile import SQLiteFile

POLICY = policy_of("leases: {default: 10s, max: 7d, grace: 2s}\n")
BEFORE = snapshot({"feed/policy.yaml": "leases: {default: 10s, max: 7d, grace: 2s}\n"})
FEED = snapshot(
    {
        "feed/policy.yaml": "leases: {default: 10s, max: 7d, grace: 2s}\n",
        **life({"state": "IN_PROGRESS", "seat": "CAMBER-06"}),
    }
)
BEAT = object_id("blob", beats(FEED.item(ITEM))[1])


class Meeting:
    """A beat and a takeover of one item, one in the middle of the other.

    At the look numbered `at` that the first takes at the clock, it is stopped for
    `pause` seconds, before it looks or behind, and the second goes all its way.
    """

    def __init__(self, repo, start):
        self.repo, self.time, self.looks = repo, 0.0, -1
        self.at, self.pause, self.behind, self.second = 0, 0.0, False, None
        SQLiteFile(str(repo.git.at / ".git" / stamps.FILE)).remove()
        self.leases.stamp_posts(BEFORE, FEED)
        self.time = start

    @property
    def leases(self):
        clock = stamps.Clock("this boot", self.now)
        return server_leases.ServerLeases(self.repo, lambda: clock)

    def now(self):
        self.looks += 1
        read = self.time
        if self.looks == self.at and self.second:
            self.time += self.pause
            second, self.second = self.second, None
            second()
        return read if self.behind else self.time

    def beat(self):
        try:
            return self.leases.stamp_beat(FEED, FEED.item(ITEM), BEAT)
        except (CannotTell, stamps.StampsUnusable):
            return False

    def take(self):
        return self.leases.signs_of(FEED, POLICY)(ITEM) is Lapse.LAPSED

    def both_win(self, first, second, at, pause, *, behind):
        won = []
        self.at, self.pause, self.behind = self.looks + at, pause, behind
        self.second = lambda: won.append(second())
        won.append(first())
        if self.second:
            self.second()
        return all(won)


# Around the end of the lease (10) and of the grace (12).
STARTS = (9.0, 9.9, 10.0, 11.0, 12.0)
# Never as long as a lease: after another lease and grace a takeover is lawful again.
PAUSES = (0.0, 0.2, 1.5, 3.0, 5.0)


def meetings(folder):
    """Whether both win, for each way in which the two can meet."""
    repo = Seen(Git(Repo.init(folder).folder))
    ways = itertools.product(STARTS, PAUSES, range(1, 4), (False, True), (False, True))
    for start, pause, at, behind, beat_first in ways:
        met = Meeting(repo, start)
        order = (met.beat, met.take) if beat_first else (met.take, met.beat)
        yield met.both_win(*order, at, pause, behind=behind)


@pytest.fixture
def hasty(monkeypatch):
    """Who meets a lock held by one that is stopped does not wait for it."""
    monkeypatch.setattr(stamps, "_BUSY", 0.0)


@pytest.mark.usefixtures("hasty")
def test_no_pause_lets_both_win(tmp_path):
    assert not any(meetings(tmp_path))


@pytest.mark.usefixtures("hasty")
def test_without_the_rule_some_let_both_win(tmp_path, monkeypatch):
    monkeypatch.setattr(
        server_leases.ServerLeases, "stamp_beat", fake_no_grace_hook.beat
    )
    monkeypatch.setattr(server_leases, "standing", lambda o, n, _: standing(o, n, 0))
    both = list(meetings(tmp_path))
    print(f"both won in {sum(both)} of {len(both)} meetings")
    assert any(both)


LEASE, GRACE = 600, 1
POLICED = "ref: refs/heads/main\nleases: {grace: 1s}\n"


class Round:
    """A claim of CAMBER-06 on a real server, and two pushes that are ready to go."""

    def __init__(self, scene, ahead, op):
        self.me, self.other, self.ahead = scene.me, scene.other, ahead
        claim = ("--new", "CMB", "--subject", "raced for", "--op", op)
        said = self.me.fleetfeed("claim", *claim, "--lease", f"{LEASE}s").stdout
        self.item = said.split()[0]
        text = f"ITEM: {self.item}\nEPOCH: 1\nOP: {op}\nBEAT: 0\n"
        self.blob = self.me.git("hash-object", "-w", "--stdin", stdin=text)
        self.other.git("pull", "-q", "--ff-only")
        post = f"ITEM: {self.item}\nSTATE: IN_PROGRESS\nSEAT: CAMBER-07\n"
        name = f"feed/CMB/000/{self.item}/0002.yaml"
        self.other.write(name, f"{post}EPOCH: 2\nREASON: it is silent\n")
        self.other.git("add", "-A")
        self.other.git("commit", "-q", "--no-verify", "-m", "take over")

    def play(self, seconds):
        """Both pushes, started together: what each was told; None where it won."""
        beat = f"+{self.blob.stdout.strip()}:refs/fleetfeed/beats/{self.item}"
        pushes = [(self.me, beat), (self.other, "HEAD:refs/heads/main")]
        under_way = [
            subprocess.Popen(
                (*self.ahead(seconds), "git", "push", "--no-verify", "origin", spec),
                cwd=seat.folder,
                env=seat.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for seat, spec in pushes
        ]
        said = [each.communicate()[1] for each in under_way]
        ended = zip(under_way, said, strict=True)
        return [text if each.returncode else None for each, text in ended]

    def settle(self):
        """Back to what is on the server."""
        self.other.git("reset", "-q", "--hard", "origin/main")


def rounds(scene, ahead, number):
    seat = scene.me
    seat.git("pull", "-q", "--ff-only")
    seat.write("feed/policy.yaml", POLICED)
    seat.commit("a grace of a second")
    seat.push()
    for count in range(number):
        played = Round(scene, ahead, f"round-{count}")
        # Where the claim took some time, that is nearer to the end, or behind it.
        yield played.play(LEASE - 2 + count % 4), played.item
        played.settle()


@pytest.mark.stress
def test_pushes_at_one_time(scene, ahead, stress):
    wins = []
    for (beat, taken), item in rounds(scene, ahead, 100 if stress else 5):
        assert beat or taken
        holder = scene.other.fleetfeed("show", item).stdout.split()[2]
        assert holder == ("owner=CAMBER-06" if taken else "owner=CAMBER-07")
        assert taken is None or "FF502" in taken
        assert beat is None or "FF504" in beat or "FF304" in beat
        wins.append(
            "takeover"
            if beat and not taken
            else "beat"
            if taken and not beat
            else "nobody"
        )
    print("(beat, takeover):", {who: wins.count(who) for who in wins})


@pytest.mark.stress
@pytest.mark.timeout(900)
def test_without_the_rule_both_pushes_win(scene, ahead, stress):
    hook = Path(scene.server.folder, "hooks/pre-receive")
    hook.unlink()
    hook.write_text(
        f"#!/bin/sh\nexec {sys.executable} -P {fake_no_grace_hook.__file__}\n"
    )
    hook.chmod(0o755)
    both = played = 0
    # A busy machine may let one end before the other begins, many times: the small form
    # goes on until they meet.
    for (beat, taken), _ in rounds(scene, ahead, 100):
        both, played = both + (beat is taken is None), played + 1
        if both and not stress:
            break
    print(f"both won in {both} of {played} rounds")
    assert both
