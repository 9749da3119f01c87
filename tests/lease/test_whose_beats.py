"""Who may beat for whom: a dead holder is not kept alive by others.

The table is asked of the judge, in the server's own repository; what a client sees, and
what time makes of it, is played by real pushes.
"""

import time
from contextlib import closing

import pytest
from harness.logins import pusher_policy
from harness.signing import between, revoking
from lease.signing import BEATS, blob, signed_by, unsigned

from fleetfeed.checks.beats import judge_beat
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.repo.repository import Repo

NOW = int(time.time())
HOLDER = "CAMBER-06/task"
OPS = (("begun", 1), ("handed", 2))
LOGINS = (
    f"alice: [CAMBER-06], task: [{HOLDER}], more: [{HOLDER}/more],"
    " bob: [CAMBER-07], fleet: [FLEET-01]"
)


class Desk:
    """The server's judge of beats, over one feed under three policies.

    `HELD` is held by CAMBER-06/task; `LOST` was CAMBER-06's, and is CAMBER-07's now.
    """

    HELD, LOST = "CMB-0001", "CMB-0002"

    def __init__(self, signed):
        self.fleet, self.server = signed, signed.fleet.server
        self._revoke("serial: 13\n")
        seat = signed.seat("CAMBER-06")
        new = ("claim", "--new", "CMB", "--subject", "s", "--lease", "1h", "--op")
        seat.fleetfeed(*new, "acquired", "--seat", HOLDER)
        seat.fleetfeed(*new, "begun")
        seat.fleetfeed("handoff", self.LOST, "--to", "CAMBER-07", "--op", "handed")
        text = self.server.holds("feed/policy.yaml", "main")
        self._policies = {
            "signed": text,
            "pusher": pusher_policy(text, LOGINS),
            "none": text.replace("mode: signed", "mode: none"),
        }
        self.tips = {mode: self._tip(mode) for mode in self._policies}
        self._numbers = iter(range(1, 1000))
        self.keys = {
            "alice": signed.key("CAMBER-06"),
            "task": signed.certificate(HOLDER),
            "more": signed.certificate(f"{HOLDER}/more", f"{HOLDER}/more/*"),
            "bob": signed.key("CAMBER-07"),
            "fleet": signed.key("FLEET-01"),
            "mallory": signed.key("stranger"),
        }

    def _revoke(self, lines):
        steward, ca = self.fleet.seat("FLEET-01"), self.fleet.key("ca")
        krl = revoking(self.fleet.keys, authority=ca, lines=lines)
        steward.write("feed/revoked_keys", krl)
        steward.commit("a certificate is lost")
        steward.push()

    def _tip(self, mode):
        self.server.rewrite(self._policies[mode])
        return self.server.tip("main")

    def says(self, mode, item, data, login="mallory"):
        """The codes of what is said to a beat that is pushed with that login."""
        repo = Repo(Git(self.server.folder))
        with closing(repo.objects):
            verdict = judge_beat(
                repo,
                f"{BEATS}{item}",
                data if isinstance(data, str) else blob(self.server, data),
                self.tips[mode],
                ServerLeases(repo),
                by=lambda policy: pushed_by(Pusher(login), policy),
            )
        assert bool(verdict.remarks) is not verdict.refused
        return " ".join(found.code for found in verdict.findings)

    def beat(self, mode, who, item, **holding):
        """What is said to a beat by that login, or by its key."""
        if mode != "signed":
            return self.says(mode, item, unsigned(item, **holding), who)
        number = next(self._numbers)
        return self.says(mode, item, signed_by(self.keys[who], item, number, **holding))


@pytest.fixture(scope="module")
def desk(signed_template, tmp_path_factory):
    return Desk(signed_template.copy(tmp_path_factory.mktemp("beats") / "fleet"))


OURS = (Desk.HELD, {})
OLD, LOST = ((Desk.LOST, {"op": op, "epoch": n}) for op, n in OPS)
BY_WHOM = {
    # who, of what: what is said in none, pusher, signed
    "the holder": ("task", OURS, ("", "", "")),
    "its parent": ("alice", OURS, ("", "", "")),
    "its sub-seat": ("more", OURS, ("", "FF614", "FF614")),
    "another seat": ("bob", OURS, ("", "FF614", "FF614")),
    "a steward": ("fleet", OURS, ("", "FF614", "FF614")),
    "nobody": ("mallory", OURS, ("", "FF607", "FF603")),
    "the new holder": ("bob", LOST, ("", "", "")),
    "the replaced one": ("alice", OLD, ("FF304", "FF304", "FF304")),
    "the replaced one, as the new": ("alice", LOST, ("", "FF614", "FF614")),
}


@pytest.mark.parametrize("mode", ["none", "pusher", "signed"])
@pytest.mark.parametrize("who", BY_WHOM)
def test_whose_beats_count(desk, who, mode):
    login, (item, holding), said = BY_WHOM[who]
    wanted = dict(zip(("none", "pusher", "signed"), said, strict=True))[mode]
    assert desk.beat(mode, login, item, **holding) == wanted


def ends(desk, *valid):
    return desk.fleet.certificate(HOLDER, valid=between(*valid))


def moved(desk):
    one, two = (signed_by(desk.keys["task"], Desk.HELD, n) for n in (900, 901))
    text, armour = one.partition(b"-----BEGIN")[0], two.partition(b"-----BEGIN")[2]
    return text + b"-----BEGIN" + armour


def beat(key="task", **more):
    def make(desk, number):
        return signed_by(desk.keys[key], Desk.HELD, number, **more)

    return make


WRONG = {
    "not signed": (lambda _, n: b"fleetfeed beat\n" + unsigned(Desk.HELD, n), "FF602"),
    "what everybody can make": (lambda *_: unsigned(Desk.HELD), "FF602"),
    "for commits": (beat(namespace="git"), "FF606"),
    "for something else": (beat(namespace="file"), "FF606"),
    "another's signature": (lambda desk, _: moved(desk), "FF606"),
    "of an expired certificate": (
        lambda desk, n: signed_by(ends(desk, NOW - 7200, NOW - 3600), Desk.HELD, n),
        "FF604",
    ),
    "of a certificate to come": (
        lambda desk, n: signed_by(ends(desk, NOW + 3600, NOW + 7200), Desk.HELD, n),
        "FF604",
    ),
    "of a revoked certificate": (
        lambda desk, n: signed_by(
            desk.fleet.certificate(HOLDER, serial=13), Desk.HELD, n
        ),
        "FF605",
    ),
    "of another holding": (beat(op="another"), "FF304"),
    "of another epoch": (beat(epoch=2), "FF304"),
    "another text": (
        lambda desk, _: b"x\n" + desk.keys["task"].sign(b"x\n", "fleetfeed"),
        "FF304",
    ),
    "no number": (lambda desk, _: beat()(desk, "x"), "FF304"),
    "a number below nothing": (lambda desk, _: beat()(desk, -1), "FF304"),
    "a number written otherwise": (lambda desk, n: beat()(desk, f"0{n}"), "FF304"),
    "a number too long": (lambda desk, _: beat()(desk, 10**18), "FF304"),
    "nothing": (lambda *_: b"", "FF304"),
    "a commit": (lambda desk, _: desk.tips["signed"], "FF304"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_signed_beat(desk, what):
    make, code = WRONG[what]
    assert desk.says("signed", Desk.HELD, make(desk, 950)) == code


def test_a_beat_counts_once_and_numbers_only_grow(desk):
    first, second = (beat()(desk, number) for number in (1001, 1002))
    assert desk.says("signed", Desk.HELD, second) == ""
    for seen in (second, first, beat("alice")(desk, 1002)):
        assert desk.says("signed", Desk.HELD, seen) == "FF614"
    assert desk.says("signed", Desk.HELD, beat()(desk, 1003)) == ""


def test_where_the_policy_cannot_be_read_the_one_before_asks(desk):
    desk.server.git("update-ref", "refs/heads/main", desk.tips["signed"])
    desk.server.rewrite("identity: [\n")
    desk.tips["broken"] = desk.server.tip("main")
    assert desk.says("broken", Desk.HELD, unsigned(Desk.HELD)) == "FF602"
    assert desk.says("broken", Desk.HELD, beat()(desk, 2000)) == ""
