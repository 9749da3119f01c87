"""What attackers found: each a way in which two worked at once, or the dead held on."""

import sqlite3
from itertools import pairwise

import pytest
from harness import Repo
from harness.answers import document
from harness.rows import of_each_kind
from hold.held import ITEM, NEW
from judge.gen_feeds import ITEM as ONE
from judge.gen_feeds import life, policy_of, snapshot

from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.lease.estimate import utc
from fleetfeed.lease.stamps import Clock, Stamps
from fleetfeed.model.errors import NoLongerYours
from fleetfeed.model.liveness import Lapse
from fleetfeed.repo.repository import Repo as Seen
from fleetfeed.writing.beat_objects import TurningBeats
from fleetfeed.writing.ended_beats import clear
from fleetfeed.writing.heartbeat import Heartbeat

LONG = 60.0


class Beating:
    """The holder's side of the leased item."""

    def __init__(self, scene, item):
        scene.me.git("fetch", "-q")
        self.repo = Seen(Git(scene.me.folder))
        tip = scene.me.git("rev-parse", "--verify", "-q", "origin/main", ok=None)
        feed = self.repo.snapshot(
            tip.stdout.strip() or scene.me.line("rev-parse", "main")
        )
        self.server, self.ref = scene.server, f"refs/fleetfeed/beats/{item}"
        self.heart = Heartbeat(
            self.repo,
            feed.item(item),
            TurningBeats(feed.item(item)),
            lambda: {"SEAT": "CAMBER-06"},
        )

    def value(self, where=None):
        return (where or self.server).line("rev-parse", self.ref)

    def beat(self):
        self.heart.beat(LONG)


def test_a_beat_that_the_server_did_not_see_is_none(scene, leased):
    """The ref may have the very value already, and then git pushes nothing."""
    one, same = Beating(scene, leased), Beating(scene, leased)
    one.beat()
    before = one.value()
    same.beat()
    assert same.value() != before


def test_two_who_beat_for_one_holder_by_turns_are_seen(scene, leased):
    """Two objects would be back at the same one after each pair of beats."""
    one, other = Beating(scene, leased), Beating(scene, leased)
    seen = [""]
    for _ in range(3):
        one.beat()
        other.beat()
        seen.append(one.value())
    assert all(before != after for before, after in pairwise(seen))


def test_a_parent_that_takes_its_sub_seats_work_ends_its_beats(scene):
    """Between the two the epoch stays, and their beats are not the same."""
    new = ("claim", "--new", "CMB", "--subject", "s", "--seat", "CAMBER-06/task")
    item = scene.me.fleetfeed(*new).stdout.split()[0]
    sub = Beating(scene, item)
    sub.beat()
    over = ("append", item, "--state", "IN_PROGRESS", "--owner", "CAMBER-06")
    scene.me.fleetfeed(*over)
    with pytest.raises(NoLongerYours, match="held by CAMBER-06"):
        sub.beat()


def test_a_hold_of_what_rests_begins_an_epoch_of_its_own(scene, leased):
    """Another hold may still be at work on it, and would beat for both."""
    old = Beating(scene, leased)
    scene.me.fleetfeed("park", leased)
    run = ("sh", "-c", 'echo "$FLEETFEED_EPOCH"')
    said = scene.me.fleetfeed("hold", leased, "--then", "park", "--", *run)
    assert said.stdout == "2\n"
    with pytest.raises(NoLongerYours):
        old.beat()


def test_without_a_remote_beats_are_there_too(scene, leased):
    me = scene.me
    me.git("pull", "-q", "--ff-only")
    me.alone()
    alone = Beating(scene, leased)
    alone.beat()
    first = alone.value(me)
    alone.beat()
    assert alone.value(me) != first
    me.fleetfeed("done", leased)
    clear(alone.repo, alone.repo.snapshot(me.line("rev-parse", "main")), LONG)
    assert not me.git("for-each-ref", alone.ref).stdout


@pytest.mark.parametrize("name", ["server", "beats/CMB-0001"])
def test_nothing_hides_the_servers_refs(scene, name):
    hidden = f"HEAD:refs/heads/refs/FleetFeed/{name}"
    assert scene.me.git("push", "origin", hidden, ok=False).refusals == {"FF407"}


def history(seat):
    shown = document(seat.fleetfeed("show", ITEM, "--json").stdout)
    fields = (post["fields"].items() for post in shown["posts"])
    return [{name: value for name, (value,) in each} for each in fields]


def test_what_hold_writes_is_dated_when_it_is_written(scene):
    scene.me.fleetfeed("hold", *NEW, "--", "sleep", "2")
    claim, done = history(scene.me)
    assert utc(done["AT"]) >= utc(claim["AT"]) + 2


def test_the_lease_that_hold_counts_on_is_written_down(scene):
    scene.me.fleetfeed("hold", *NEW, "--", "true")
    assert history(scene.me)[0]["LEASE"] == "1d"


@pytest.mark.parametrize(
    ("then", "state"),
    of_each_kind(
        [("done", "PARKED"), ("park", "PARKED"), ("release", "AWAITING_CLAIM")],
        ("done", "PARKED").__eq__,
    ),
)
def test_what_never_ran_is_not_done(scene, then, state):
    bad = scene.me.write("bad", "#!/no/such/interpreter\n")
    bad.chmod(0o755)
    said = scene.me.fleetfeed("hold", "--then", then, *NEW, "--", "./bad", ok=False)
    assert said.returncode == 2
    assert history(scene.me)[-1]["STATE"] == state


def test_a_claim_that_took_longer_than_its_lease_begins_nothing(scene):
    hook = scene.server.folder / "hooks/post-receive"
    hook.write_text("#!/bin/sh\nsleep 3\n")
    hook.chmod(0o755)
    held = ("hold", "--lease", "2s", *NEW, "--", "touch", "begun")
    said = scene.me.fleetfeed(*held, ok=False)
    assert said.returncode == 3
    assert "longer than its lease" in said.stderr
    assert not (scene.me.folder / "begun").exists()
    assert history(scene.me)[-1]["STATE"] == "PARKED"


HELD = {"state": "IN_PROGRESS", "seat": "CAMBER-06"}


def test_posts_of_the_same_text_shorten_nothing(tmp_path):
    """They are one object: the longer of their leases counts."""
    posts = ({**HELD, "lease": "16s"}, HELD, {**HELD, "lease": "1s"}, HELD)
    repo, time = Repo.init(tmp_path), [0.0]
    clock = Clock("this boot", lambda: time[0])
    leases = ServerLeases(Seen(Git(repo.folder)), lambda: clock)
    feed, policy = snapshot(life(*posts)), policy_of("leases: {grace: 1s}\n")
    leases.stamp_posts(snapshot({}), feed)
    time[0] = 15.0
    assert leases.signs_of(feed, policy)(ONE) is not Lapse.LAPSED
    time[0] = 18.0
    assert leases.signs_of(feed, policy)(ONE) is Lapse.LAPSED


@pytest.mark.parametrize("column", ["object", "at", "seal", "boot"])
def test_a_stamp_of_another_type_is_a_damaged_one(tmp_path, column):
    (tmp_path / "objects").mkdir()
    time = [100.0]
    stamps = Stamps(tmp_path / "fleetfeed/stamps.sqlite", Clock("b", lambda: time[0]))
    stamps.stamp([("CMB-0001", 1, "a" * 40)])
    with sqlite3.connect(tmp_path / "fleetfeed/stamps.sqlite") as db:
        damage = f"UPDATE stamp SET {column}=CAST({column} AS BLOB)"  # noqa: S608
        db.execute(damage)
    time[0] = 150.0
    assert stamps.seen("CMB-0001", 1, ["a" * 40]).at["a" * 40] == 150.0
