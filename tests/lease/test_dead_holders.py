"""A dead holder is not kept alive by others: by plain git, by command, or by a replay."""

import sqlite3
from contextlib import closing

import pytest
from harness import Seat, path, post
from harness.logins import ask_who_pushes
from harness.raw_push import NOTHING, pack_of, push_raw
from harness.signing import signs
from harness.transport import FORCED_COMMAND
from lease.signing import BEATS, blob, push_beat, signed_by, unsigned

from fleetfeed.git.process import Git
from fleetfeed.lease.heartbeat import beat_number
from fleetfeed.lease.stamps import FILE, Clock, Stamps, numbered
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.signed import signed_text
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.beat_objects import beat_objects
from fleetfeed.writing.heartbeat import Heartbeat

ITEM, POSTS = "CMB-0001", "feed/CMB/000/CMB-0001/"
CLAIM = ("claim", "--new", "CMB", "--subject", "s", "--lease", "1h", "--op", "acquired")
TAKE = ("claim", ITEM, "--reason", "it is silent")


def as_login(seat, login):
    """The same clone, for whom a forced command says who pushes."""
    return Seat(seat.folder, {**seat.environment, "FLEETFEED_PUSHER": login})


class Held:
    """An item of CAMBER-06, and the clones of it and of CAMBER-07, in some mode."""

    def __init__(self, signed, mode):
        self.mode, self.keys, self.server = mode, signed, signed.fleet.server
        self.me, self.other = signed.seat("CAMBER-06"), signed.seat("CAMBER-07")
        if mode != "signed":
            steward = signed.seat("FLEET-01")
            self._asks(steward, mode)
            self.me = as_login(signs(self.me, None), "alice")
            self.other = as_login(signs(self.other, None), "bob")
        self.me.fleetfeed(*CLAIM)

    def _asks(self, steward, mode):
        if mode == "pusher":
            self.server.install("--pusher-from", "forced-command")
            ask_who_pushes(steward)
            return
        text = steward.holds("feed/policy.yaml").replace("mode: signed", "mode: none")
        steward.write("feed/policy.yaml", text)
        steward.commit("SEAT is trusted")
        steward.push()

    def beat(self, turn, key="CAMBER-06"):
        """The bytes of a beat, signed by that key where beats are signed."""
        if self.mode == "signed":
            return signed_by(self.keys.key(key), ITEM, turn)
        return unsigned(ITEM, turn % 2)

    def heart(self, seat):
        """What `hold` beats by, in that seat's clone."""
        seat.git("fetch", "-q")
        repo = Repo(Git(seat.folder, seat.environment))
        feed = repo.snapshot(seat.tip("origin/main"))
        objects = beat_objects(repo.git, feed, ITEM)
        fields = {"SEAT": seat.environment["FLEETFEED_SEAT"]}
        server = feed.rules.server
        return Heartbeat(repo, feed.item(ITEM), objects, lambda: fields, server)

    def number(self, where=None):
        """The number of the signed beat at the ref."""
        told = (where or self.server).git("cat-file", "blob", f"{BEATS}{ITEM}").stdout
        text = signed_text(told.encode()).payload
        return int(text.rpartition(b"BEAT: ")[2])


@pytest.fixture
def held(signed, request):
    return Held(signed, getattr(request, "param", "signed"))


in_each_mode = pytest.mark.parametrize(
    "held", ["none", "pusher", "signed"], indirect=True
)


@in_each_mode
def test_a_stranger_does_not_keep_a_claim_alive(held, later, asks):
    push = ("git", "push", "--no-verify", "origin")
    mine = blob(held.me, held.beat(1))
    later(held.me, 1000, *push, f"+{mine}:{BEATS}{ITEM}")
    data = held.beat(2, "CAMBER-07")
    theirs = later(
        held.other, 3000, *push, f"+{blob(held.other, data)}:{BEATS}{ITEM}", ok=None
    )
    taking = asks(held.other, 1000 + 3670, *TAKE, ok=None)
    if held.mode == "none":
        assert theirs.ok
        assert "FF502" in taking.said
    else:
        assert "FF614" in theirs.stderr
        assert taking.ok, taking


@pytest.mark.parametrize("held", ["pusher", "signed"], indirect=True)
def test_nor_by_the_holders_own_way_of_beating(held):
    assert held.heart(held.me).beat(60.0) == ""
    with pytest.raises(CannotTell, match="FF614"):
        held.heart(held.other).beat(60.0)
    posts = held.server.git("ls-tree", "--name-only", "main", POSTS).stdout
    assert posts.split() == [f"{POSTS}0001.yaml"]


def test_a_replayed_beat_is_none_be_the_ref_there_or_not(held):
    beats = [held.beat(number) for number in (1, 2)]
    for data in beats:
        push_beat(held.me, ITEM, data, ok=True)
    gone = ("push", "--no-verify", "origin", f":{BEATS}{ITEM}")
    assert "FF505" in held.other.git(*gone, ok=False).stderr
    assert "FF614" in push_beat(held.other, ITEM, beats[0]).stderr
    held.server.git("update-ref", "-d", f"{BEATS}{ITEM}")
    for data in beats:
        assert "FF614" in push_beat(held.other, ITEM, data).stderr
    # Nor after a restart of the machine, when no stamp tells the time.
    file, earlier = held.server.folder / FILE, Clock("another", lambda: 1.0)
    Stamps(file, earlier).stamp([(ITEM, 1, numbered(2))])
    assert "FF614" in push_beat(held.other, ITEM, beats[1]).stderr
    push_beat(held.me, ITEM, held.beat(3), ok=True)


def test_of_an_epoch_the_last_signed_beat_has_a_stamp(held):
    for number in (1, 2, 3):
        push_beat(held.me, ITEM, held.beat(number), ok=True)
    with closing(sqlite3.connect(held.server.folder / FILE)) as db:
        rows = db.execute("SELECT object FROM stamp WHERE item=?", (ITEM,)).fetchall()
    assert sorted(row for (row,) in rows if "beat" in row) == ["beat 3"]
    assert len(rows) == 2


@pytest.mark.parametrize("whose", ["CAMBER-06", "CAMBER-07"])
def test_where_its_stamp_is_lost_a_beat_at_the_ref_counts_if_it_verifies(
    held, whose, later, asks
):
    ref = f"{BEATS}{ITEM}"
    mine = blob(held.me, held.beat(1))
    later(held.me, 1000, "git", "push", "--no-verify", "origin", f"+{mine}:{ref}")
    theirs = blob(held.server, held.beat(2, whose))
    held.server.git("update-ref", ref, theirs)
    with closing(sqlite3.connect(held.server.folder / FILE)) as db, db:
        db.execute("DELETE FROM stamp WHERE object GLOB 'beat *'")
    assert asks(held.other, 4000, *TAKE, ok=None).ok is (whose == "CAMBER-07")


def test_a_holder_goes_on_above_what_was_heard(held):
    """Of a parent whose clock is ahead, or of itself before its clock was set back."""
    ahead = 4_000_000_000_000
    push_beat(held.me, ITEM, held.beat(ahead), ok=True)
    heart = held.heart(held.me)
    for number in (ahead + 1, ahead + 2):
        assert heart.beat(60.0) == ""
        assert held.number() == number


def test_numbers_go_by_the_clock(held):
    assert held.heart(held.me).beat(60.0) == ""
    first = held.number()
    assert held.heart(held.me).beat(60.0) == ""
    assert held.number() > first > 1_700_000_000_000
    item = Repo(Git(held.me.folder)).snapshot(held.me.tip("origin/main")).item(ITEM)
    said = held.server.git("cat-file", "blob", f"{BEATS}{ITEM}").stdout
    assert beat_number(item, signed_text(said.encode()).payload) == held.number()


AGAIN = {
    "the same value": ("{second} {second}",),
    "an earlier one": ("{second} {first}",),
    "as if nothing were there": ("{none} {second}",),
    "taken away and put back": ("{second} {none}", "{none} {second}"),
    "a stranger's": ("{second} {theirs}",),
}


def test_a_client_that_keeps_to_no_protocol_replays_nothing(held):
    beats = [held.beat(1), held.beat(2), held.beat(3, "CAMBER-07")]
    for data in beats[:2]:
        push_beat(held.me, ITEM, data, ok=True)
    names = ("first", "second", "theirs")
    ids = {n: blob(held.me, d) for n, d in zip(names, beats, strict=True)}
    pack = pack_of([(b"blob", data) for data in beats])
    for what, moves in AGAIN.items():
        lines = [f"{move} {BEATS}{ITEM}".format(**ids, none=NOTHING) for move in moves]
        with FORCED_COMMAND.open(held.server) as address:
            said = push_raw(address, lines, pack)
        assert "push refused" in said, what
        assert "FF614" in said or "FF505" in said, what
        assert f"heard {ITEM}" not in said, what
    assert held.number() == 2


@pytest.mark.parametrize("held", ["none"], indirect=True)
def test_who_held_before_the_fleet_signed_goes_on_by_posts(held):
    heart = held.heart(held.me)
    assert heart.beat(60.0) == ""
    policy = held.server.holds("feed/policy.yaml", "main")
    held.server.rewrite(policy.replace("mode: none", "mode: signed"))
    said = heart.beat(60.0)
    assert "FF602" in said
    assert f"a post renewed {ITEM}" in said


def test_beats_count_once_where_a_ref_may_not_be_moved_back(held):
    """As for a RW user of Gitolite, whose hook speaks after ours."""
    hook = held.server.folder / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $2 in *[1-9a-f]*) exit 1 ;; esac\n")
    hook.chmod(0o755)
    heart, beats = held.heart(held.me), []
    for _ in range(3):
        assert heart.beat(60.0) == ""
        beats.append(held.number())
    assert len(set(beats)) == 1
    assert "FF614" in push_beat(held.other, ITEM, held.beat(beats[0] + 1)).stderr


def test_where_no_server_judges_a_holder_beats_all_the_same(held):
    held.server.disarm()
    heart = held.heart(held.me)
    assert heart.beat(60.0) == ""
    first = held.number()
    assert heart.beat(60.0) == ""
    assert held.number() > first


def test_no_beat_of_before_a_pause_is_replayed_after_it(held):
    """By hand a seat goes on in its epoch, and without an OP all sounds the same."""
    me, item = held.me, "CMB-0002"
    key = f"CAMBER:file:src/{item}"

    def says(number, **fields):
        text = post(item=item, **fields)
        me.write(path(item, number), text)
        me.commit(f"{item} {number}")
        me.push()

    says(1, state="IN_PROGRESS", surface_key=key, no_overlap_proof="a file of its own")
    old = [signed_by(held.keys.key("CAMBER-06"), item, n, op="-") for n in (1, 2)]
    for data in old:
        push_beat(me, item, data, ok=True)
    says(2, state="PARKED", subject=None, reason="a pause")
    assert held.other.git("push", "origin", f":{BEATS}{item}", ok=True)
    me.git("pull", "-q", "--rebase")
    for number in range(3, 6):  # a push of posts sweeps what is over
        me.write(path(f"CMB-000{number}"), post(item=f"CMB-000{number}"))
        me.commit("another item")
        me.push()
    says(3, state="IN_PROGRESS", subject=None)
    for data in old:
        assert "FF614" in push_beat(held.other, item, data).stderr
    push_beat(me, item, signed_by(held.keys.key("CAMBER-06"), item, 3, op="-"), ok=True)
