"""`beat`: a sign of life now, from who has nothing that beats meanwhile."""

import json
import os
import re
import time

import pytest
from harness import Seat
from harness.answers import document
from harness.signing import SignedFleet
from hold.connections import Connections
from hold.forward_only import forward_only

from fleetfeed.git.process import Git
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.beat_own import beat_for
from fleetfeed.writing.beats_in_mind import BeatsInMind

TAKE = ("--reason", "it is silent")
SILENT = 3670
"""Seconds after which a lease of an hour, and the grace, are over."""


def new(number, *more, lease="1h"):
    surface = f"CAMBER:page:beat-{number}"
    said = ("--subject", f"work {number}", "--surface", surface, "--proof", "new work")
    return ("claim", "--new", "CMB", *said, "--lease", lease, *more)


def claimed(seat, number, *more, **options):
    said = seat.fleetfeed(*new(number, *more, **options))
    return said.stdout.split()[0]


def parts(seat):
    """What the clone has in mind of its seat's beats, and where."""
    (file,) = seat.folder.glob(".git/fleetfeed/beaten-*.json")
    return file, json.loads(file.read_text())


def earlier(seat, seconds, **more):
    """Have the clone believe that all was so many seconds ago."""
    file, known = parts(seat)
    for beat in known["beats"].values():
        times = {name: beat[name] - seconds for name in ("at", "tried", "moved")}
        beat.update(times, **more)
    known["asked"] -= seconds
    file.write_text(json.dumps(known))


@pytest.fixture(params=["fleet", "pushers", "signed"])
def seats(request):
    """A holder and another seat, in a fleet with each kind of identity."""
    made = request.getfixturevalue(request.param)
    pairs = (("CAMBER-06", "alice"), ("CAMBER-07", "bob"))
    known = [(made.seat(name), login) for name, login in pairs]
    return [
        Seat(seat.folder, {**seat.environment, "REMOTE_USER": login})
        for seat, login in known
    ]


def test_it_keeps_a_claim_alive_in_each_kind_of_fleet(seats, asks):
    me, other = seats
    one, two = claimed(me, 1), claimed(me, 2)
    said = asks(me, 3000, "beat", "--mine")
    assert said.stdout.split("\n")[:2] == [f"{i} (epoch 1): heard" for i in (one, two)]
    assert "FF502" in asks(other, SILENT, "claim", one, *TAKE, ok=False).stderr
    earlier(me, 3000)
    asks(me, 6000, "beat", two)
    asks(other, 3000 + SILENT, "claim", one, *TAKE)
    assert "FF502" in asks(other, 3000 + SILENT, "claim", two, *TAKE, ok=False).stderr
    for _ in range(2):  # the same beat twice would be no news
        earlier(me, 3000)
        lost = me.fleetfeed("beat", one, two, ok=False)
        assert lost.returncode == 4
        assert f"{one} is at epoch 2, held by CAMBER-07" in lost.stderr


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "forward-only"])
def test_all_go_in_one_connection(scene, strict):
    if strict:
        forward_only(scene.server)
    for number in range(3):
        claimed(scene.me, number)
    asked = Connections(scene.me)
    for count in (1, 2, 3):
        said = scene.me.fleetfeed("beat", "--mine")
        assert said.stdout.count(": heard") == 4  # CMB-0002 is of this seat, too
        assert len(asked) == count
    stamped = scene.server.git("for-each-ref", "refs/fleetfeed/beats").stdout
    assert stamped.count("refs/fleetfeed/beats") == 4


def test_of_several_one_is_lost_and_the_others_are_heard(scene, asks):
    lost, kept = claimed(scene.me, 1), claimed(scene.me, 2)
    asks(scene.me, 2000, "beat", kept)
    earlier(scene.me, 2000)
    asks(scene.other, SILENT, "claim", lost, *TAKE)
    said = asks(scene.me, SILENT, "beat", lost, kept, ok=False)
    assert said.returncode == 4
    assert f"{kept} (epoch 1): heard" in said.stderr
    assert f"{lost} is at epoch 2, held by CAMBER-07" in said.stderr
    assert (
        "FF502"
        in asks(scene.other, 2000 + SILENT, "claim", kept, *TAKE, ok=False).stderr
    )


def test_a_loss_is_told_once_also_where_a_fetch_has_shown_it(scene, asks):
    item = claimed(scene.me, 1)
    scene.me.fleetfeed("beat", "--mine")
    asks(scene.other, SILENT, "claim", item, *TAKE)
    scene.me.git("fetch", "-q")
    said = scene.me.fleetfeed("beat", "--mine", "--json", ok=False)
    found = document(said.stdout)
    assert (said.returncode, found["answer"]) == (4, "no longer yours")
    assert found["items"][0]["holder"] == "CAMBER-07"
    assert said.stderr == ""
    assert scene.me.fleetfeed("beat", "--mine").ok


def test_what_the_seat_has_ended_itself_is_not_lost(scene):
    item = claimed(scene.me, 1)
    scene.me.fleetfeed("beat", "--mine")
    elsewhere = Seat.clone(scene.server, scene.folder / "elsewhere", install=False)
    elsewhere.fleetfeed("done", item, "--seat", "CAMBER-06")
    said = scene.me.fleetfeed("beat", "--mine")
    assert item not in said.said
    assert "CMB-0002 (epoch 1): heard" in said.stdout
    assert scene.me.fleetfeed("beat", item, ok=False).returncode == 4


def test_a_late_beat_is_a_post(scene, asks):
    item = claimed(scene.me, 1)
    said = asks(scene.me, SILENT, "beat", item)
    assert f"so a post renewed {item}" in said.stdout
    assert f"{item}/0002" in scene.server.git("ls-tree", "-r", "main").stdout


def test_a_place_in_line_is_kept(scene, asks):
    held = claimed(scene.other, 1)
    words = new(1, "--wait", "--at-most", "1s")
    scene.me.fleetfeed(*words, ok=False)
    said = asks(scene.me, 3000, "beat", "--mine")
    place = "CMB-0004 (in line, TURN 1): heard"
    assert place in said.stdout
    asks(scene.other, 3000, "done", held)
    third = scene.seat("CAMBER-08")
    # Its lease is over by now, had it not beaten: nobody else gets in before it.
    assert "FF507" in asks(third, 3010, *new(1), ok=False).said


@pytest.fixture
def place(scene):
    """CAMBER-06 is in line with what CAMBER-07 has filed, and has beaten for that."""
    claimed(scene.other, 1)
    scene.other.fleetfeed("reserve", "CMB", "--subject", "more of it")
    held = ("--surface", "CAMBER:page:beat-1", "--proof", "in turn")
    waits = ("--wait", "--at-most", "1s")
    scene.me.fleetfeed("claim", "CMB-0004", *held, *waits, ok=False)
    assert "CMB-0004 (in line" in scene.me.fleetfeed("beat", "--mine").stdout
    return "CMB-0004"


SHOWN = {
    "by a fetch": lambda seat: seat.git("fetch", "-q"),
    "by the push": lambda seat: earlier(seat, 24 * 3600 / 9),
    "as it rests": lambda _: None,
}
"""What shows a loss: the feed as fetched, a beat, or a question where none is due."""


@pytest.mark.parametrize("shown", SHOWN)
def test_a_place_that_another_has_given_up_is_lost_and_told_once(scene, place, shown):
    scene.other.fleetfeed("release", place, "--reason", "out")
    SHOWN[shown](scene.me)
    said = scene.me.fleetfeed("beat", "--mine", ok=False)
    assert said.returncode == 4
    assert (
        f"{place} is at epoch 0, held by nobody; the place is given up" in said.stderr
    )
    again = scene.me.fleetfeed("beat", "--mine")
    assert place not in again.said


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("verb", ["release", "claim"])
def test_a_place_that_the_seat_has_ended_itself_is_not_lost(scene, place, verb, shown):
    elsewhere = Seat.clone(scene.server, scene.folder / "elsewhere", install=False)
    proof = ()
    if verb == "claim":
        scene.other.fleetfeed("done", "CMB-0003")
        proof = ("--proof", "it is my turn")
    elsewhere.fleetfeed(verb, place, "--seat", "CAMBER-06", *proof)
    SHOWN[shown](scene.me)
    assert scene.me.fleetfeed("beat", "--mine").ok


def test_sub_seats_are_others_for_mine_and_are_beaten_for_by_name(scene):
    item = claimed(scene.me, 1, "--seat", "CAMBER-06/task")
    assert item not in scene.me.fleetfeed("beat", "--mine").stdout
    assert f"{item} (epoch 1): heard" in scene.me.fleetfeed("beat", item).stdout
    mine = scene.me.fleetfeed("beat", "--mine", "--seat", "CAMBER-06/task")
    assert mine.stdout == f"{item} (epoch 1): heard\n"


NOW = ("beat", "--mine", "--at-most-every", "5m")


def test_where_none_is_due_nobody_is_asked(scene):
    item = claimed(scene.me, 1)
    asked = Connections(scene.me)
    first = scene.me.fleetfeed(*NOW).stdout
    assert "CMB-0002 (epoch 1): heard" in first  # that is of some days ago
    assert item not in first
    count = len(asked)
    scene.me.git("config", "remote.origin.url", "/nowhere")
    for _ in range(2):
        assert "no beat is due" in scene.me.fleetfeed(*NOW).stderr
    assert len(asked) == count
    earlier(scene.me, 200)
    assert scene.me.fleetfeed(*NOW).ok
    earlier(scene.me, 3 * 3600)
    unheard = scene.me.fleetfeed(*NOW, ok=False)
    assert unheard.returncode == 3
    assert "the lease runs on; type this again before it ends" in unheard.stderr
    # It was tried, and is not tried again with each of an agent's steps.
    assert "no beat is due" in scene.me.fleetfeed(*NOW).stderr


def test_a_clock_that_was_set_back_tells_nothing(scene):
    scene.me.fleetfeed("beat", "--mine")
    asked = Connections(scene.me)
    earlier(scene.me, -1000)
    assert "CMB-0002 (epoch 1): heard" in scene.me.fleetfeed(*NOW).stdout
    assert len(asked) == 1


def test_a_file_that_says_nothing_useful_is_written_anew(scene):
    scene.me.fleetfeed("beat", "--mine")
    file, _ = parts(scene.me)
    for text in ("", "[]", '{"beats": {"CMB-0002": 7}, "asked": 0}', "\0"):
        file.write_text(text)
        os.utime(file)
        assert scene.me.fleetfeed(*NOW).ok
        assert parts(scene.me)[1]["beats"].keys() == {"CMB-0002"}


def test_a_beat_that_would_hide_the_last_is_not_sent(scene, asks):
    """Whose the item is, is asked all the same."""
    item = claimed(scene.me, 1)

    def value():
        return scene.server.line("rev-parse", f"refs/fleetfeed/beats/{item}")

    scene.me.fleetfeed("beat", item)
    first = value()
    for words in ((item,), ("--mine",)):
        said = scene.me.fleetfeed("beat", *words).stdout
        assert f"{item} (epoch 1): heard " in said
        assert "ago; beats again in" in said
    assert value() == first
    earlier(scene.me, 3600 / 9)
    assert f"{item} (epoch 1): heard\n" in scene.me.fleetfeed("beat", item).stdout
    assert value() != first
    asks(scene.other, 2 * SILENT, "claim", item, *TAKE)
    assert scene.me.fleetfeed("beat", item, ok=False).returncode == 4
    assert scene.me.fleetfeed("beat", "--mine").ok


def test_a_short_lease_needs_more(scene):
    """Also one that was claimed since, which no earlier beat could know."""
    scene.me.fleetfeed("beat", "--mine")
    item = claimed(scene.me, 1, lease="9s")
    end, heard = time.monotonic() + 60, 0
    while heard < 3:
        heard += scene.me.fleetfeed(*NOW).stdout.count(f"{item} (epoch 1): heard")
        assert time.monotonic() < end
        time.sleep(0.2)
    taken = scene.other.fleetfeed("claim", item, *TAKE, ok=False)
    assert "FF502" in taken.stderr


def test_a_beat_by_name_hides_nothing_that_was_claimed_since(scene):
    scene.me.fleetfeed("beat", "--mine")
    item = claimed(scene.me, 1, lease="9s")
    scene.me.fleetfeed("beat", "CMB-0002")
    time.sleep(4)
    assert item in scene.me.fleetfeed(*NOW).stdout


@pytest.mark.parametrize("before", [0, 1], ids=["fresh", "stale"])
def test_a_claim_made_while_beats_are_under_way_is_not_forgotten(scene, before):
    """The process that beats then writes down what it has read before the claim."""
    scene.me.fleetfeed("beat", "--mine")
    for number in range(before):
        claimed(scene.me, number)
    mind = BeatsInMind(Repo(Git(str(scene.me.folder))), "CAMBER-06")
    item = claimed(scene.me, before)
    mind.keep()
    scene.me.fleetfeed(*NOW)
    assert item in parts(scene.me)[1]["beats"]


def test_of_what_rests_the_age_of_its_last_beat_is_told(scene):
    item = claimed(scene.me, 1)
    scene.me.fleetfeed("beat", "CMB-0002")
    earlier(scene.me, 300)
    repo = Repo(Git(str(scene.me.folder), {**scene.me.environment}))
    beats = beat_for(repo, "CAMBER-06", (item, "CMB-0002"), 30)
    assert [each.id for each, _ in beats.heard] == [item, "CMB-0002"]
    assert beats.ages.keys() == {"CMB-0002"}
    assert beats.ages["CMB-0002"] >= 300


def test_who_holds_nothing_asks_now_and_then(scene):
    seat = scene.seat("CAMBER-08")
    asked = Connections(seat)
    for _ in range(3):
        said = seat.fleetfeed(*NOW)
    assert len(asked) == 1
    assert said.ok
    claimed(seat, 1)
    before = len(asked)
    assert "no beat is due" in seat.fleetfeed(*NOW).stderr
    earlier(seat, 400)
    assert len(asked) == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--mine", "CMB-0002"),
        ("CMB-0002", "--at-most-every", "5m"),
        ("CMB-0002", "cmb-2"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant(scene, words):
    assert scene.me.fleetfeed("beat", *words, ok=False).returncode == 2


def test_a_session_beats_by_the_certificate_of_its_seat(signed):
    """Through a server that judges signatures: it is good for one level below."""
    assert isinstance(signed, SignedFleet)
    seat = signed.seat("CAMBER-06")
    certificate = signed.certificate("CAMBER-06", "CAMBER-06/*")
    seat.git("config", "fleetfeed.signingKey", str(certificate.file))
    one, two = ({"FLEETFEED_SESSION": name} for name in ("one", "two"))
    item = seat.fleetfeed(*new(1), env=one).stdout.split()[0]
    assert (
        f"{item} (epoch 1): heard" in seat.fleetfeed("beat", "--mine", env=one).stdout
    )
    assert seat.fleetfeed("beat", "--mine", env=two).stdout == ""
    assert seat.fleetfeed("beat", item, ok=False, env=two).returncode == 4
    assert seat.fleetfeed("done", item, ok=False, env=two).returncode == 1
    assert seat.fleetfeed("done", item, env=one).ok


def test_a_session_beats_by_the_login_of_its_seat(pushers):
    """The policy's logins name it by a pattern, `CAMBER-06/*`."""
    seat, one = pushers.seat("CAMBER-06"), {"FLEETFEED_SESSION": "one"}
    alice, bob = ({**one, "REMOTE_USER": login} for login in ("alice", "bob"))
    item = seat.fleetfeed(*new(1), env=alice).stdout.split()[0]
    assert (
        f"{item} (epoch 1): heard" in seat.fleetfeed("beat", "--mine", env=alice).stdout
    )
    earlier(seat, 3600)
    said = seat.fleetfeed("beat", "--mine", env=bob, ok=False)
    assert said.returncode == 3
    assert "FF614" in said.stderr


def test_a_loss_is_heard_also_while_beats_rest(scene):
    """Under a long lease none is sent for hours; others may end a claim at any time."""
    me, other = scene.me, scene.other
    policy = scene.server.holds("feed/policy.yaml", "main")
    scene.server.rewrite(re.sub("(?m)^stewards: .*", "stewards: [FLEET-01]", policy))
    item = claimed(me, 1, lease="24h")
    assert "heard" in me.fleetfeed("beat", "--mine").said
    earlier(me, 600)
    assert "beats again in" in me.fleetfeed(*NOW).said
    assert "no beat is due" in me.fleetfeed(*NOW).said  # nor is it asked again so soon
    other.fleetfeed("park", item, "--seat", "FLEET-01", "--reason", "out")
    assert "no beat is due" in me.fleetfeed(*NOW).said
    earlier(me, 600)
    lost = me.fleetfeed(*NOW, ok=None)
    assert (lost.returncode, item in lost.said) == (4, True), lost
