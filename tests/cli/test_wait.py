"""`claim --wait` and `wait`, as they are typed: real commands, clones and a server."""

import json
import signal
import subprocess
import sys
import time

import pytest
from cli.lines import TableLine

from fleetfeed.cli.commands import COMMANDS

SIX, SEVEN, EIGHT, NINE = "CAMBER-06", "CAMBER-07", "CAMBER-08", "CAMBER-09"
KEY = "CAMBER:file:src/map.ts"
NEW = ("--new", "CMB", "--subject", "the map", "--surface", KEY, "--proof", "in turn")
WAITS = ("claim", *NEW, "--wait")


class Started:
    """A command under way, and how it ended."""

    def __init__(self, seat, *args):
        self.child = subprocess.Popen(
            (sys.executable, "-m", "fleetfeed", *args),
            cwd=seat.folder,
            env=seat.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, code=0, seconds=60):
        out, err = self.child.communicate(timeout=seconds)
        assert self.child.returncode == code, out + err
        return out + err

    def close(self):
        self.child.kill()
        self.child.communicate()


@pytest.fixture
def start():
    under_way = []

    def started(seat, *args):
        under_way.append(Started(seat, *args))
        return under_way[-1]

    yield started
    for each in under_way:
        each.close()


@pytest.fixture
def seats(fleet):
    """Four seats on one guarded server; CMB-0001 of the first has the surface."""
    policy = fleet.server.holds("feed/policy.yaml", "main")
    fleet.server.rewrite(policy.replace("turn: 60s", "turn: 4s"))
    found = [fleet.seat(name) for name in (SIX, SEVEN, EIGHT, NINE)]
    found[0].fleetfeed("claim", *NEW)
    return found


def item(seat, name):
    said = seat.fleetfeed("show", name, "--json").stdout
    return json.loads(said)["items"][0]


def until(seat, name, **facts):
    """Wait until the item is so; how it is then."""
    end = time.monotonic() + 60
    while True:
        said = seat.fleetfeed("show", name, "--json", ok=None)
        if said.ok:
            now = json.loads(said.stdout)["items"][0]
            if all(now[fact] == value for fact, value in facts.items()):
                return now
        assert time.monotonic() < end, said
        time.sleep(0.2)


def test_who_waits_is_next_and_in_order(seats, start):
    six, seven, eight, _ = seats
    one = start(seven, *WAITS)
    until(six, "CMB-0002", turn=1)
    two = start(eight, *WAITS)
    until(six, "CMB-0003", turn=2)
    told = six.fleetfeed("show", "CMB-0001").stdout
    assert (
        "in line for it: CMB-0002 of CAMBER-07 (TURN 1), CMB-0003 of CAMBER-08" in told
    )
    behind = six.fleetfeed("show", "CMB-0003").stdout
    assert "in line with TURN 2, behind CMB-0002 of CAMBER-07 (TURN 1)" in behind
    six.fleetfeed("done", "CMB-0001")
    assert "item=CMB-0002 state=IN_PROGRESS" in one.ended()
    assert two.child.poll() is None
    seven.fleetfeed("done", "CMB-0002")
    assert "item=CMB-0003 state=IN_PROGRESS" in two.ended()


def test_what_is_free_is_claimed_at_once(fleet, start):
    seat = fleet.seat()
    assert "item=CMB-0001 state=IN_PROGRESS" in start(seat, *WAITS).ended()


def test_nobody_comes_between(seats, start):
    six, seven, eight, _ = seats
    start(seven, *WAITS)
    until(six, "CMB-0002", turn=1)
    six.fleetfeed("done", "CMB-0001")
    refused = eight.fleetfeed("claim", *NEW, ok=None)
    held = {"FF507"} if "FF507" in refused.said else {"FF401"}
    assert (refused.ok, held <= {"FF401", "FF507"}) == (False, True), refused
    until(six, "CMB-0002", state="IN_PROGRESS")


def test_who_is_killed_in_line_holds_nobody_up_for_longer_than_a_turn(seats, start):
    six, seven, eight, nine = seats
    start(seven, *WAITS)
    until(six, "CMB-0002", turn=1)
    dead = start(eight, *WAITS)
    until(six, "CMB-0003", turn=2)
    last = start(nine, *WAITS)
    until(six, "CMB-0004", turn=3)
    dead.child.send_signal(signal.SIGKILL)
    six.fleetfeed("done", "CMB-0001")
    until(six, "CMB-0002", state="IN_PROGRESS")
    seven.fleetfeed("done", "CMB-0002")
    assert "item=CMB-0004 state=IN_PROGRESS" in last.ended()
    assert item(six, "CMB-0003")["turn"] == 2


def test_time_is_up_and_the_place_stays(seats, start):
    six, seven, _, _ = seats
    said = seven.fleetfeed(*WAITS, "--at-most", "2s", ok=None)
    assert "CMB-0002 is still in line, and time is up" in said.said, said
    assert "`fleetfeed claim CMB-0002 --wait --proof …` goes on waiting" in said.said
    goes_on = ("claim", "CMB-0002", "--wait", "--proof", "in turn")
    told = seven.fleetfeed(*goes_on, "--at-most", "1s", "--json", ok=None)
    (place,) = json.loads(told.stdout)["items"]
    assert (told.returncode, place["item"], place["turn"]) == (3, "CMB-0002", 1)
    assert place["in_line"] == item(six, "CMB-0002")["in_line"] == []
    again = start(seven, *goes_on)
    time.sleep(1)
    six.fleetfeed("done", "CMB-0001")
    assert "item=CMB-0002 state=IN_PROGRESS" in again.ended()


@pytest.mark.parametrize("verb", ["park", "cancel", "release"])
def test_a_place_is_given_up(seats, verb):
    six, seven, eight, _ = seats
    seven.fleetfeed(*WAITS, "--at-most", "1s", ok=None)
    assert item(six, "CMB-0002")["turn"] == 1
    seven.fleetfeed(verb, "CMB-0002")
    assert item(six, "CMB-0002")["turn"] is None
    six.fleetfeed("done", "CMB-0001")
    proof = ("--proof", "apart from CMB-0002 which has not begun")
    eight.fleetfeed("claim", *NEW[:-2], *proof)


def test_waiting_for_oneself_is_refused(seats):
    said = seats[0].fleetfeed(*WAITS, ok=None)
    assert not said.ok
    assert "CMB-0001 of your own seat holds it" in said.said


def test_of_two_that_close_a_circle_at_once_one_is_told(seats, start):
    """Each holds what the other one waits for, and takes its place at one moment."""
    six, seven, *_ = seats
    other = ("--surface", "CAMBER:file:src/key.ts", "--proof", "in turn")
    seven.fleetfeed("claim", *NEW[:4], *other)
    both = {
        SIX: start(six, "claim", *NEW[:4], *other, "--wait"),
        SEVEN: start(seven, *WAITS),
    }
    held = {SIX: "CMB-0001", SEVEN: "CMB-0002"}
    while all(each.child.poll() is None for each in both.values()):
        time.sleep(0.1)
    (one,) = [name for name in both if both[name].child.poll() is not None]
    said = both.pop(one).ended(1)
    assert "nobody would ever go on: " in said
    assert f"`fleetfeed park {held[one]}` lets that go" in said
    (six if one == SIX else seven).fleetfeed("park", held[one])
    (waiting,) = both.values()
    assert "state=IN_PROGRESS" in waiting.ended()


def test_an_item_of_another_is_waited_for(seats, start):
    six, seven, _, _ = seats
    waiting = start(seven, "claim", "CMB-0001", "--wait")
    time.sleep(2)
    assert waiting.child.poll() is None
    six.fleetfeed("release", "CMB-0001")
    assert "item=CMB-0001 state=IN_PROGRESS owner=CAMBER-07" in waiting.ended()


def test_wait_ends_when_it_is_free(seats, start):
    six, seven, eight, _ = seats
    key, one = start(seven, "wait", KEY), start(eight, "wait", "CMB-0001")
    time.sleep(1.5)
    assert (key.child.poll(), one.child.poll()) == (None, None)
    six.fleetfeed("park", "CMB-0001")
    assert f"{KEY} is free" in key.ended()
    time.sleep(1)
    assert one.child.poll() is None  # what one has parked, no other may claim
    six.fleetfeed("release", "CMB-0001")
    assert "CMB-0001 is AWAITING_CLAIM, and nobody is at work on it" in one.ended()


def test_wait_says_yes_to_nothing_that_a_claim_would_be_refused(seats, start):
    """An item whose surface another one holds, or is in line for, is not to be had."""
    six, seven, eight, nine = seats
    for seat in (seven, eight):
        seat.fleetfeed(*WAITS, "--at-most", "1s", ok=None)
    for what in ("CMB-0002", "CMB-0003"):
        said = nine.fleetfeed("wait", what, "--at-most", "1s", ok=None)
        assert "is not to be had yet" in said.said, said
    own = start(seven, "wait", KEY)
    time.sleep(1)
    assert own.child.poll() is None
    six.fleetfeed("done", "CMB-0001")
    assert f"{KEY} is free" in own.ended()  # for who is first in line


@pytest.mark.parametrize(
    ("how", "code", "lets"),
    [
        (("park",), "FF301", [SIX]),
        (("block", "--reason", "stuck"), "FF301", [SIX]),
        (("release", "--owner", NINE), "FF301", [NINE]),
        (("release", "--depends-on", "CMB-0002"), "FF312", []),
    ],
)
def test_wait_says_yes_to_no_item_whose_claim_would_be_refused(seats, how, code, lets):
    """Who says yes of that sends whoever waits and claims round and round."""
    six, seven, _, _ = seats
    seven.fleetfeed("reserve", "CMB", "--subject", "the ink")
    verb, *rest = how
    six.fleetfeed(verb, "CMB-0001", *rest)
    assert code in seven.fleetfeed("claim", "CMB-0001", ok=None).said
    said = seven.fleetfeed("wait", "CMB-0001", "--at-most", "1s", ok=None)
    assert (said.returncode, f"`fleetfeed rule {code}`" in said.said) == (3, True), said
    for seat in lets:
        six.fleetfeed("wait", "CMB-0001", "--seat", seat)


def test_nothing_is_free_by_rules_that_nobody_can_read(seats, fleet):
    six, seven, _, _ = seats
    six.fleetfeed("done", "CMB-0001")
    assert f"{KEY} is free" in seven.fleetfeed("wait", KEY).stdout
    seven.fleetfeed("reserve", "CMB", "--subject", "the ink")
    fleet.server.rewrite("leases: [\n")
    for what in (KEY, "CMB-0002"):
        said = seven.fleetfeed("wait", what, "--at-most", "1s", ok=None)
        assert (said.returncode, "so nothing is free" in said.said) == (3, True), said


def test_wait_for_what_never_will_be(seats):
    six, seven, _, _ = seats
    six.fleetfeed("done", "CMB-0001")
    said = seven.fleetfeed("wait", "CMB-0001", ok=None)
    assert (
        "CMB-0001 is DONE: it is over; `fleetfeed claim CMB-0001 --reason …`"
        in said.said
    )


@pytest.mark.parametrize("what", [KEY, "CMB-0001"])
def test_wait_in_vain(seats, what):
    said = seats[1].fleetfeed("wait", what, "--at-most", "1s", "--json", ok=None)
    answer = json.loads(said.stdout)
    assert (said.returncode, "time is up" in answer["message"]) == (3, True), said
    assert [each["item"] for each in answer["items"]] == ["CMB-0001"]


@pytest.mark.parametrize(
    "args",
    [
        ("claim", "CMB-0001", "--wait", "--watch"),
        ("claim", "CMB-0001", "--at-most", "1m"),
        ("claim", "CMB-0001", "--wait", "--park", "CMB-0002"),
        ("claim", "CMB-0001", "--wait", "--dry-run"),
        ("claim", "CMB-0001", "--wait", "--at-most", "soon"),
        ("wait", "what is this"),
        ("wait", "CMB-0001", "--at-most", "soon"),
    ],
)
def test_what_cannot_be_meant(seats, args):
    said = seats[1].fleetfeed(*args, ok=None)
    assert not said.ok
    assert "fleetfeed: " in said.said


def test_there_is_such_a_command():
    assert "wait" in COMMANDS


ADVICE = "unless it beats, `fleetfeed claim CMB-0001 --watch --reason …`"
IN_TURN = ("claim", "CMB-0001", "--proof", "in turn", "--wait")


@pytest.fixture
def lease(request, fleet):
    """Two seats under leases of so many seconds, and two of grace; one holds KEY."""
    policy = fleet.server.holds("feed/policy.yaml", "main")
    brief = policy.replace("default: 24h", f"default: {request.param}s")
    fleet.server.rewrite(brief.replace("grace: 60s", "grace: 2s"))
    found = fleet.seat(SIX), fleet.seat(SEVEN)
    found[0].fleetfeed("claim", *NEW)
    return found


@pytest.mark.parametrize("lease", [2], indirect=True)
@pytest.mark.parametrize("words", [WAITS, IN_TURN, ("wait", KEY), ("wait", "CMB-0001")])
def test_who_waits_for_a_dead_seat_is_told_so_once(lease, start, words):
    waits = start(lease[1], *words, "--at-most", "60s")
    told = next(line for line in waits.child.stderr if ADVICE in line)
    assert "CMB-0001 is held by CAMBER-06, its lease over since about" in told
    time.sleep(2)
    waits.child.send_signal(signal.SIGINT)
    assert ADVICE not in waits.ended(130)


def test_in_a_database_its_own_clock_tells_who_seems_dead(postgres, tmp_path, start):
    six, seven = map(TableLine(postgres, tmp_path / "seats", grace="1s").seat, (6, 7))
    six.fleetfeed("claim", *NEW, "--lease", "2s")
    waits = start(seven, "wait", KEY, "--at-most", "60s")
    told = next(line for line in waits.child.stderr if ADVICE in line)
    assert "its lease over since about" in told
    assert "estimate" not in told


def test_in_a_database_what_is_offered_is_watched_in_quiet(postgres, tmp_path, start):
    """One session listens; whoever asks again at once begins a new one each time."""
    six, seven = map(TableLine(postgres, tmp_path / "seats").seat, (6, 7))
    six.fleetfeed("claim", *NEW)
    six.fleetfeed("release", "CMB-0001", "--owner", NINE)
    start(seven, "claim", "CMB-0001", "--watch", "--reason", "gone", "--proof", "mine")
    listens = (
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND"
        " query LIKE '%item WHERE id%' AND query_start < now() - interval '2 s'"
    )
    end = time.monotonic() + 60
    with postgres.connect() as database:
        while database.execute(listens).fetchone() != (1,):
            database.rollback()
            assert time.monotonic() < end
            time.sleep(0.2)


@pytest.mark.parametrize("lease", [6], indirect=True)
def test_who_beats_is_said_to_be_dead_when_the_beats_end(lease, start):
    six, seven = lease
    waits = start(seven, "wait", KEY, "--at-most", "60s")
    end = time.monotonic() + 12
    while time.monotonic() < end:
        six.fleetfeed("beat", "CMB-0001")
        time.sleep(0.5)
    last = time.monotonic()
    assert any(ADVICE in line for line in waits.child.stderr)
    assert time.monotonic() - last > 6


IN_SLICES = [
    ("claim", "CMB-0002", "--proof", "CMB-0001 first", "--wait"),
    ("wait", "CMB-0002"),
]


@pytest.mark.parametrize("lease", [6], indirect=True)
@pytest.mark.parametrize("words", IN_SLICES)
def test_who_waits_in_slices_keeps_the_place(fleet, lease, words):
    """However short each of them is: what counts is how old the place is."""
    six, seven = lease
    seven.fleetfeed(*WAITS, "--at-most", "1s", ok=False)
    end = time.monotonic() + 6 + 2 + 2
    while time.monotonic() < end:
        assert seven.fleetfeed(*words, "--at-most", "1s", ok=False).returncode == 3
    six.fleetfeed("done", "CMB-0001")
    third = fleet.seat(EIGHT).fleetfeed("claim", *NEW, ok=False)
    assert "FF507" in third.stderr


@pytest.mark.parametrize("words", IN_SLICES)
def test_a_slice_sends_no_beat_that_is_not_due(seats, words):
    seven = seats[1]
    seven.fleetfeed(*WAITS, "--at-most", "1s", ok=False)
    server = seven.line("config", "remote.origin.url")
    for _ in range(2):
        seven.fleetfeed(*words, "--at-most", "1s", ok=False)
    assert seven.git("ls-remote", server, "refs/fleetfeed/beats/*").stdout == ""
