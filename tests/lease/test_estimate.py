"""What a clone makes of a lease: by AT, and by the beats that it has observed."""

import json
import math
import shlex
from itertools import accumulate

import pytest
from harness import command
from harness.answers import flat
from hypothesis import given
from hypothesis import strategies as st
from judge.gen_feeds import ITEM, life, snapshot

from fleetfeed.feed.objects import object_id
from fleetfeed.git.process import Git
from fleetfeed.lease.estimate import (
    Estimate,
    binding_lease,
    estimate,
    lease_in,
    utc,
)
from fleetfeed.lease.heartbeat import beats
from fleetfeed.lease.stamps import Clock
from fleetfeed.repo.observed_beats import FILE, observed_beats
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import replace
from fleetfeed.writing.beat_memory import LastBeat

NOON = "2026-11-20T12:00:00Z"
AT = utc(NOON)
POLICY = "leases: {default: 1h, max: 7d, indefinite: true}\n"
HELD = {"state": "IN_PROGRESS", "seat": "CAMBER-06"}


def left(*posts, now=0.0, beat=None):
    feed = snapshot({"feed/policy.yaml": POLICY, **life(*posts)})
    return estimate(feed.item(ITEM), feed.rules, AT + now, beat)


def test_it_runs_from_the_holders_newest_post():
    later = {**HELD, "at": "2026-11-20T12:30:00Z"}
    assert left({**HELD, "at": NOON}, now=600).left == 3000
    assert left({**HELD, "at": NOON}, later, now=2400).left == 3000
    assert left({**HELD, "at": NOON}, now=600).words == (
        "lease left about 50 min, by an estimate"
    )


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        (None, Estimate(3000, AT)),
        (1800.0, Estimate(1800, AT + 600 - 1800, exact=True)),
        # A beat has begun a longer lease than the item has now.
        (5000.0, Estimate(5000, AT, exact=True)),
    ],
)
def test_where_a_ledger_keeps_time_that_is_told(kept, found, monkeypatch):
    feed = snapshot({"feed/policy.yaml": POLICY, **life({**HELD, "at": NOON})})
    monkeypatch.setattr(type(feed), "lease_left", lambda *_: kept)
    assert lease_in(feed, feed.item(ITEM), AT + 600) == found


def test_of_what_nothing_tells_of_no_ledger_makes_more(monkeypatch):
    feed = snapshot(life({**HELD}))
    monkeypatch.setattr(type(feed), "lease_left", lambda *_: 60.0)
    assert lease_in(feed, feed.item(ITEM), AT) == Estimate()


FILED = {**HELD, "state": "AWAITING_CLAIM", "at": NOON}


@pytest.mark.parametrize(
    ("posts", "binds"),
    [
        ([{**HELD, "at": NOON}], True),
        ([{**FILED, "owner": "ORA-02"}], True),
        ([FILED], False),
        ([{**HELD, "at": NOON}, {**HELD, "state": "PARKED", "at": NOON}], False),
    ],
    ids=["held", "offered to one", "anyone's", "at rest"],
)
def test_a_lease_binds_while_it_is_in_somebodys_way(posts, binds):
    feed = snapshot({"feed/policy.yaml": POLICY, **life(*posts)})
    known = binding_lease(feed, feed.item(ITEM), AT)
    assert known == (Estimate(3600, AT) if binds else Estimate())


def test_it_is_over():
    found = left({**HELD, "at": NOON}, now=3 * 3600)
    assert found.over
    assert found.last == AT
    assert found.words == "lease over since about 2 h, by an estimate"


def test_a_lease_without_end():
    found = left({**HELD, "at": NOON, "lease": "none"}, now=1e9)
    assert math.isinf(found.left)
    assert found.words == "lease without end"


def test_a_post_from_the_future_counts_as_one_of_now():
    assert left({**HELD, "at": "2099-01-01T00:00:00Z"}).left == 3600


def test_a_beat_renews():
    found = left({**HELD, "at": NOON}, now=3 * 3600, beat=AT + 10000)
    assert (found.left, found.last) == (2800, AT + 10000)


@pytest.mark.parametrize("posts", [[HELD], [{**HELD, "at": NOON}, HELD]])
def test_without_at_nothing_is_known(posts):
    found = left(*posts, now=9e9)
    assert (found.left, found.last, found.over) == (None, None, False)
    assert found.words == "lease left not known here"


class Ear:
    """A clone that hears of beats at its own time."""

    def __init__(self, folder):
        self.repo, self.now, self.boot = Repo(Git(folder)), 0.0, "this boot"
        self.feed = snapshot({"feed/policy.yaml": POLICY, **life(HELD)})
        self.values = [object_id("blob", each) for each in beats(self.feed.item(ITEM))]

    def hears(self, value, *, at):
        self.now = at
        clock = Clock(self.boot, lambda: self.now)
        refs = {f"refs/fleetfeed/beats/{ITEM}": value}
        return observed_beats(self.repo, self.feed, refs, clock).get(ITEM)


@pytest.fixture
def ear(scene):
    return Ear(scene.me.folder)


def test_a_beat_counts_from_when_it_was_first_heard_of(ear):
    one, two, *_ = ear.values
    assert ear.hears(one, at=100.0) == 0
    assert ear.hears(one, at=130.0) == 30
    assert ear.hears(two, at=150.0) == 0
    assert ear.hears(one, at=190.0) == 0
    assert ear.hears(one, at=200.0) == 10


def test_after_a_look_of_long_ago_a_beat_is_heard_of_now(ear):
    """All may have come in between: the value is the same again."""
    one, *_ = ear.values
    ear.hears(one, at=100.0)
    assert ear.hears(one, at=100.0 + 3600 / 3 - 1) == 3600 / 3 - 1
    assert ear.hears(one, at=9000.0) == 0


@given(
    asked=st.lists(st.floats(1, 900), min_size=1, max_size=12),
    looks=st.lists(st.floats(1, 1199), min_size=1, max_size=6),
)
def test_however_often_beats_are_asked_for_a_look_hides_none(ear, asked, looks):
    """Of more beats than are sent, one would look like another of a while ago."""
    beats, turn, last = [], 0, LastBeat(1, 0.0, every=1200.0)
    for now in accumulate(asked, initial=10_000.0):
        if last.rests(now) <= 0:
            turn = (turn + 1) % len(ear.values)
            last = replace(last, at=now, moved=now)
            beats.append((now, ear.values[turn]))
    ear.boot += "."
    for now in accumulate(looks, initial=10_000.5):
        at, value = next(beat for beat in reversed(beats) if beat[0] <= now)
        assert ear.hears(value, at=now) <= now - at


def test_a_beat_of_another_epoch_does_not_count(ear):
    assert ear.hears("0" * 40, at=1.0) is None


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{",
        '{"boot": "this boot", "beats": {"x": 1}}',
        "[]",
        '{"boot": "this boot"}',
        "\x00",
    ],
)
def test_where_nothing_was_kept_it_is_heard_of_now(ear, kept):
    ear.hears(ear.values[0], at=1.0)
    file = ear.repo.git.folder / ".git" / FILE
    file.write_text(kept)
    assert ear.hears(ear.values[0], at=50.0) == 0
    assert json.loads(file.read_text())["boot"] == "this boot"


def test_after_a_reboot_it_is_heard_of_now(ear):
    ear.hears(ear.values[0], at=1000.0)
    ear.boot = "another boot"
    assert ear.hears(ear.values[0], at=10.0) == 0


def test_where_it_cannot_be_kept_nothing_else_is_lost(ear):
    (ear.repo.git.folder / ".git/fleetfeed").write_text("no folder can be made here")
    assert ear.hears(ear.values[0], at=1.0) == 0


AGED = "ITEM: {}\nSTATE: IN_PROGRESS\nSEAT: CAMBER-06\nAT: 2020-01-01T00:00:00Z\n"


def test_active_lists_what_seems_to_have_lapsed_first(scene, leased):
    scene.me.git("pull", "-q", "--ff-only")
    scene.me.write(f"feed/CMB/000/{leased}/0002.yaml", AGED.format(leased))
    scene.me.commit("a post of long ago")
    scene.me.push()
    # The claim itself, of a moment ago, still counts.
    said = scene.me.fleetfeed("active").stdout
    assert f"item={leased}" in said
    assert "lease_left=~59min" in said or "lease_left=~60min" in said


def test_a_lapsed_claim_comes_first_and_names_the_command(scene):
    me = scene.me
    old = (
        "SUBJECT: old\nSURFACE_KEY: CAMBER:job:old\nNO_OVERLAP_PROOF: it is the first\n"
    )
    me.write("feed/CMB/000/CMB-0003/0001.yaml", AGED.format("CMB-0003") + old)
    me.commit("a claim of long ago")
    me.push()
    said = me.fleetfeed("active")
    assert said.stdout.startswith("item=CMB-0003 ")
    assert "lease_left=over last_sign=2020-01-01T00:00:00Z" in said.stdout
    assert "`fleetfeed renew CMB-0003` goes on with it" in said.stderr
    told = scene.other.fleetfeed("active").stderr
    assert "`fleetfeed claim CMB-0003 --reason …` takes it over" in told
    rows = json.loads(me.fleetfeed("active", "--json").stdout)["items"]
    assert (rows[0]["item"], rows[0]["lease"]["over"]) == ("CMB-0003", True)
    assert "lease over since about" in me.fleetfeed("show", "CMB-0003").stdout
    asked = ("active", "--surface-claim", "CAMBER:job:old")
    free = scene.other.fleetfeed(*asked, ok=False).stdout
    assert free.startswith("COLLIDE-WITH-CMB-0003\n")
    assert "`fleetfeed claim CMB-0003 --reason …` takes it over" in free


def test_a_beat_shows_that_a_claim_is_alive(scene, leased):
    seat = scene.other
    before = flat(seat.fleetfeed("show", leased, "--json").stdout)
    script = shlex.join(command("show", leased, "--json"))
    held = ("hold", leased, "--resume", "--lease", "9s", "--", "sh", "-c")
    told = scene.me.fleetfeed(*held, f"sleep 4; {script}").stdout
    after = flat(told)
    assert after["lease"]["last_sign"] > before["lease"]["last_sign"]
