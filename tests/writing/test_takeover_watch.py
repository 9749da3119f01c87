"""`claim --watch`: a takeover where nobody but the taker keeps time, and where one does.

The watcher's clock moves by its sleeps, so a watch of an hour takes no time; what
happens in between is done at a set moment of that clock, on a real server.
"""

import json
import subprocess

import pytest
from harness import command
from harness.answers import document

from fleetfeed.git.process import Git
from fleetfeed.lease.estimate import utc
from fleetfeed.lease.heartbeat import VALUES, beats
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.idempotency import WriteRequest, utc_now
from fleetfeed.writing.request import Request
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.takeover import Watch, Watched, take_over
from fleetfeed.writing.transaction import write
from fleetfeed.writing.verbs import claim

HOUR, GRACE = 3600, 60
TAKE = ("--watch", "--reason", "it is silent")


class Time:
    """A clock that only sleeping moves, and what happens at which moment of it."""

    def __init__(self):
        self.now, self.events, self.said = 0.0, {}, []

    def sleep(self, seconds):
        self.now += seconds
        for at in sorted(at for at in self.events if at <= self.now):
            self.events.pop(at)()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def until_lapsed(scene, leased, time):
    """Watches the leased item from CAMBER-07's clone: the newest post, and how long."""
    scene.server.disarm()
    repo = Repo(Git(scene.other.folder))
    watch = Watch(repo, leased, time.said.append, lambda: time.now, time.sleep)
    return watch.until_lapsed


@pytest.fixture
def beat(scene, leased):
    """Pushes a beat of the holder, by the object whose turn it is."""
    repo = Repo(Git(scene.me.folder))
    scene.me.git("fetch", "-q")
    feed = repo.snapshot(scene.me.line("rev-parse", "origin/main"))
    ref = f"refs/fleetfeed/beats/{leased}"

    def push(turn):
        text = beats(feed.item(leased))[turn].decode()
        blob = scene.me.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
        scene.me.git("push", "-q", "--no-verify", "origin", f"+{blob}:{ref}")

    return push


def test_a_silent_holder_is_watched_for_lease_and_grace(until_lapsed, time):
    assert until_lapsed() == Watched(1, lapsed=True)
    assert time.now == pytest.approx(HOUR + GRACE)
    assert "no sign of life of CAMBER-06" in time.said[0]


def test_each_sign_of_life_begins_the_watch_anew(until_lapsed, time, beat):
    time.events = {1000.0: lambda: beat(0), 4000.0: lambda: beat(1)}
    until_lapsed()
    assert 4000 + HOUR + GRACE <= time.now <= 4000 + HOUR + GRACE + 2 * 60


def test_so_does_a_beat_after_each_of_an_agents_steps(
    until_lapsed, time, scene, leased
):
    """However many are asked for between two looks, they are not taken for none."""
    scene.me.git("pull", "-q", "--rebase", "origin", "main")
    scene.me.write("feed/policy.yaml", "ref: refs/heads/main\n")
    scene.me.commit("a fleet that names no server")
    scene.me.push()

    def steps():
        for file in scene.me.folder.glob(".git/fleetfeed/beaten-*.json"):
            known = json.loads(file.read_text())
            for beat in known["beats"].values():
                beat.update(at=0.0, tried=0.0, moved=0.0)  # a while ago
            file.write_text(json.dumps(known))
        for _ in range(VALUES):
            assert ": heard" in scene.me.fleetfeed("beat", leased).stdout

    time.events = {1000.0: steps, 2000.0: steps}
    until_lapsed()
    assert time.now >= 2000 + HOUR + GRACE


def test_a_post_of_the_holder_does_too(until_lapsed, time, scene, leased):
    time.events = {1000.0: lambda: scene.me.fleetfeed("renew", leased)}
    assert until_lapsed() == Watched(2, lapsed=True)
    assert time.now >= 1000 + HOUR + GRACE


def test_a_look_that_came_too_late_proves_nothing(until_lapsed, time):
    """While the machine slept, all beats may have come: the value is the same."""

    def sleep():
        time.now += 900

    time.events = {1000.0: sleep}
    until_lapsed()
    assert time.now >= 1900 + HOUR + GRACE


def test_a_remote_that_is_away_for_a_while(until_lapsed, time, scene):
    away = scene.server.folder.with_name("away")
    time.events = {
        1000.0: lambda: scene.server.folder.rename(away),
        1300.0: lambda: away.rename(scene.server.folder),
    }
    until_lapsed()
    assert time.now >= 1300 + HOUR + GRACE


def test_a_remote_that_stays_away(until_lapsed, time, scene):
    away = scene.server.folder.with_name("away")
    time.events = {1000.0: lambda: scene.server.folder.rename(away)}
    with pytest.raises(CannotTell):
        until_lapsed()
    assert time.now >= 1000 + HOUR


@pytest.mark.parametrize(
    "verb", [("done",), ("park",), ("handoff", "--to", "ORA-01")], ids=" ".join
)
def test_what_goes_another_way_is_not_taken(until_lapsed, time, scene, leased, verb):
    name, *how = verb
    time.events = {1000.0: lambda: scene.me.fleetfeed(name, leased, *how)}
    with pytest.raises(Refused, match="has gone on while it was watched"):
        until_lapsed()


def test_what_is_released_need_not_be_watched(until_lapsed, time, scene, leased):
    time.events = {1000.0: lambda: scene.me.fleetfeed("release", leased)}
    assert until_lapsed() == Watched(2, lapsed=False)
    assert time.now < HOUR


def test_a_post_between_the_watch_and_the_takeover_is_a_sign_of_life(scene, time):
    scene.server.disarm()
    new = ("claim", "--new", "CMB", "--subject", "x", "--lease", "2m")
    item = scene.me.fleetfeed(*new).stdout.split()[0]
    repo, lapses = Repo(Git(scene.other.folder)), []
    fields = {"SEAT": "CAMBER-07", "OP": "taking", "REASON": "it is silent"}

    def plan_of(request):
        return lambda feed: claim(feed, item, request, resume=False)

    def land(plan, lapsed):
        if lapsed and lapsed not in lapses:
            scene.me.fleetfeed("renew", item)
        lapses.append(lapsed)
        taking = WriteRequest("taking", plan, watched=lapsed)
        write(GitLedger(repo), taking, RetryPolicy(30))

    watch = Watch(repo, item, time.said.append, lambda: time.now, time.sleep)
    take_over(watch, Request(fields), plan_of, land)
    # Nobody can tell, so it is watched; it lives, so it is watched anew; and taken.
    assert lapses == ["", item, "", item]
    assert time.now >= 2 * (120 + GRACE)


@pytest.fixture
def short(scene):
    """CAMBER-06 holds an item for two seconds, grace one: the item."""
    seat = scene.me
    seat.write("feed/policy.yaml", "ref: refs/heads/main\nleases: {grace: 1s}\n")
    seat.commit("a grace of a second")
    seat.push()
    new = ("claim", "--new", "CMB", "--subject", "short", "--lease", "2s")
    return seat.fleetfeed(*new).stdout.split()[0]


@pytest.mark.parametrize("guarded", [True, False])
def test_the_command_waits_and_takes_over(scene, short, guarded):
    if not guarded:
        scene.server.disarm()
        said = scene.other.fleetfeed("claim", short, *TAKE[1:], ok=False)
        assert "FF501" in said.stderr
    said = scene.other.fleetfeed("claim", short, *TAKE)
    assert f"item={short} state=IN_PROGRESS owner=CAMBER-07" in said.stdout
    late = scene.me.fleetfeed("done", short, "--epoch", "1", ok=False)
    assert late.returncode == 4


def test_a_server_that_can_never_tell_is_not_watched_for_ever(scene, short):
    """What the watcher has seen binds no server whose stamps are of no use."""
    stamps = scene.server.folder / "fleetfeed/stamps.sqlite"
    stamps.unlink()
    stamps.mkdir()
    said = scene.other.fleetfeed("claim", short, *TAKE, ok=False)
    assert said.returncode == 1, said
    assert "FF501" in said.stderr


def test_a_copy_of_a_server_does_not_keep_time(scene, short):
    """A mirror has the ref by which the server says so, and not its hook."""
    (scene.server.folder / "hooks/pre-receive").unlink()
    said = scene.other.fleetfeed("claim", short, *TAKE[1:], ok=False)
    assert "FF501" in said.stderr
    refs = scene.server.git("for-each-ref", "refs/fleetfeed/server").stdout
    assert refs == ""


def test_what_is_released_to_somebody_else_is_watched_anew(scene, short):
    """It was let go, and it has not lapsed."""
    scene.server.disarm()
    taker = subprocess.Popen(
        command("claim", short, *TAKE),
        cwd=scene.other.folder, env=scene.other.environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    scene.me.fleetfeed("release", short, "--owner", "ORA-01", "--lease", "1h")
    with pytest.raises(subprocess.TimeoutExpired):
        taker.wait(6)
    taker.terminate()
    taker.communicate()
    assert "owner=ORA-01" in scene.me.fleetfeed("show", short).stdout


def test_a_takeover_is_dated_when_it_is_written(scene, short):
    began = utc(utc_now())
    scene.other.fleetfeed("claim", short, *TAKE)
    shown = document(scene.me.fleetfeed("show", short, "--json").stdout)
    assert utc(shown["posts"][1]["at"]) >= began + 2


def test_whom_nobody_holds_is_claimed_at_once(scene):
    scene.me.fleetfeed("release", "CMB-0002")
    said = scene.other.fleetfeed("claim", "CMB-0002", *TAKE).stdout
    assert "item=CMB-0002 state=IN_PROGRESS owner=CAMBER-07" in said


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("CMB-0001", "--watch"), "give --reason"),
        (("--new", "CMB", *TAKE), "with --new there is none"),
        (("CMB-0001", "--dry-run", *TAKE), "leave --watch out"),
        (("CMB-0001", "--park", "CMB-0002", *TAKE), "leave --park out"),
    ],
)
def test_what_cannot_be_watched(scene, args, why):
    said = scene.me.run(command("claim", *args), ok=False)
    assert said.returncode == 2
    assert why in said.stderr
