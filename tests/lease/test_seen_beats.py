"""Signed beats as those see them who only look on: where no server judges, or by a list."""

import json
import time

import pytest
from harness.signing import between
from lease.signing import BEATS, blob, signed_by, unsigned

from fleetfeed.checks.signed_beats import counting
from fleetfeed.git.process import Git
from fleetfeed.lease.stamps import Clock
from fleetfeed.repo.observed_beats import FILE, observed_beats
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.takeover import Watch, Watched

ITEM, REF = "CMB-0001", f"{BEATS}CMB-0001"
HOUR, GRACE, LOOK = 3600, 60, 60
CLAIM = ("claim", "--new", "CMB", "--subject", "s", "--lease", "1h", "--op", "acquired")


class Scene:
    """An item of CAMBER-06, and the clone of CAMBER-07, who looks on."""

    def __init__(self, signed):
        self.signed, self.server = signed, signed.fleet.server
        self.me, self.other = signed.seat("CAMBER-06"), signed.seat("CAMBER-07")
        self.me.fleetfeed(*CLAIM)
        self.other.git("pull", "-q", "--ff-only")

    def beat(self, number, key="CAMBER-06"):
        return signed_by(self.signed.key(key), ITEM, number)

    def puts(self, data):
        """Put an object at the ref, past every hook; its id."""
        self.server.git("update-ref", REF, blob(self.server, data))
        return self.value

    @property
    def value(self):
        return self.server.git(
            "rev-parse", "-q", "--verify", REF, ok=None
        ).stdout.strip()

    def repo(self):
        return Repo(Git(self.other.folder))

    def feed(self, repo):
        return repo.snapshot(self.other.tip("origin/main"))

    def counts(self, known="", since=None):
        """The value that counts for the one who looks on; empty where none does."""
        repo = self.repo()
        refs, before = ({REF: v} if v else {} for v in (self.value, known))
        found = counting(repo, "origin", self.feed(repo), refs, before, since=since)
        return found.get(REF, "")


@pytest.fixture
def scene(signed):
    return Scene(signed)


class Time:
    """A clock that only sleeping moves, and what happens at which moment of it."""

    def __init__(self, events):
        self.now, self.events = 0.0, events

    def sleep(self, seconds):
        self.now += seconds
        for at in sorted(at for at in self.events if at <= self.now):
            self.events.pop(at)()


def watched(scene, events):
    """The seconds that a watch took that saw nobody alive in the end."""
    scene.server.disarm()
    clock = Time(events)
    watch = Watch(scene.repo(), ITEM, lambda _: None, lambda: clock.now, clock.sleep)
    assert watch.until_lapsed() == Watched(1, lapsed=True)
    assert not events
    return clock.now


def test_a_watch_sees_the_holders_beats(scene):
    events = {1000.0: lambda: scene.puts(scene.beat(5)), 2000.0: lambda: None}
    took = watched(scene, events)
    assert 1000 + HOUR + GRACE <= took <= 1000 + HOUR + GRACE + 2 * LOOK


def test_a_watch_is_not_held_up_by_others(scene):
    old = scene.beat(1)
    events = {
        500.0: lambda: scene.puts(scene.beat(2)),
        1000.0: lambda: scene.puts(old),
        1500.0: lambda: scene.puts(scene.beat(7, "CAMBER-07")),
        2000.0: lambda: scene.puts(unsigned(ITEM)),
        2500.0: lambda: scene.server.git("update-ref", "-d", REF),
        3000.0: lambda: scene.puts(scene.beat(8, "stranger")),
    }
    assert watched(scene, events) <= 500 + HOUR + GRACE + 2 * LOOK


def test_which_beats_count(scene):
    assert scene.counts() == ""
    assert scene.counts("0" * 40) == ""
    first = scene.puts(scene.beat(5))
    assert scene.counts() == scene.counts("0" * 40) == scene.counts(first) == first
    for other in (scene.beat(4), scene.beat(9, "CAMBER-07"), unsigned(ITEM), b""):
        assert scene.puts(other) != first
        assert scene.counts(first) == first
        assert scene.counts() in {"", scene.value}
    second = scene.puts(scene.beat(6))
    assert scene.counts(first) == second
    scene.me.fleetfeed("claim", ITEM, "--resume")
    scene.other.git("fetch", "-q")
    assert scene.counts(second) == ""


def test_what_was_signed_before_its_certificate_ended(scene):
    """The beat came after the look before; then its certificate was good."""
    now = int(time.time())
    ended = scene.signed.certificate("CAMBER-06", valid=between(now - 3600, now - 60))
    value = scene.puts(signed_by(ended, ITEM, 5))
    assert scene.counts() == ""
    assert scene.counts(since=now - 30) == ""
    assert scene.counts(since=now - 90) == value


def test_the_listing_keeps_in_mind_what_the_holder_signed(scene):
    kept = scene.other.folder / ".git" / FILE
    scene.puts(scene.beat(3, "CAMBER-07"))
    scene.other.fleetfeed("active")
    assert json.loads(kept.read_text())["beats"] == {}
    mine = scene.puts(scene.beat(4))
    scene.other.fleetfeed("active")
    assert json.loads(kept.read_text())["beats"][REF][0] == mine


def test_a_signed_beat_is_observed_once(scene):
    """It has a value of its own: that one is there still, after however long."""
    repo, value = scene.repo(), scene.puts(scene.beat(5))

    def seen(at):
        def signed(known):
            return counting(repo, "origin", scene.feed(repo), {REF: value}, known)

        clock = Clock("this boot", lambda: at)
        refs = {REF: value}
        return observed_beats(repo, scene.feed(repo), refs, clock, signed)[ITEM]

    assert [seen(at) for at in (100.0, 130.0, 9000.0)] == [0, 30, 8900]
