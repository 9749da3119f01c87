"""Whose an item is, for the seat that asks: `fence`, and each verb that takes it for own.

CAMBER-06 holds CMB-0002, and CAMBER-06/import the item of `sub`.
"""

import pytest
from harness.answers import flat

SIX, SEVEN, SUB, CHIEF = "CAMBER-06", "CAMBER-07", "CAMBER-06/import", "FLEET-01"
ITEM, OTHER, SUBS = "CMB-0002", "CMB-0001", "CMB-0003"
OP, SUB_OP = "0123456789abcdef", "5b5b5b5b5b5b5b5b"


def env(item="", epoch="", op=""):
    known = {"FLEETFEED_ITEM": item, "FLEETFEED_EPOCH": epoch, "FLEETFEED_OP": op}
    return {name: value for name, value in known.items() if value}


ROWS = [
    # whoever asks, about what, in which environment: the answer, and what it says
    ("holder", SIX, [ITEM], {}, 0, f"{ITEM} is held by {SIX} at epoch 1"),
    ("holder-at-epoch", SIX, [ITEM, "--epoch", "1"], {}, 0, ""),
    ("holder-in-small-letters", "camber-06", [ITEM], {}, 0, ""),
    ("later-epoch", SIX, [ITEM, "--epoch", "2"], {}, 4, "epoch 2 is asked about"),
    ("epoch-around", SIX, [ITEM], env(epoch="1"), 0, ""),
    ("old-epoch-around", SIX, [ITEM], env(epoch="7"), 4, "is at epoch 1"),
    ("epoch-of-another-item", SIX, [ITEM], env(OTHER, "7"), 0, ""),
    ("said-and-around", SIX, [ITEM, "--epoch", "1"], env(ITEM, "7", "x"), 0, ""),
    ("stranger", SEVEN, [ITEM], {}, 4, f"held by {SIX}, and {SEVEN} asks"),
    ("stranger-at-epoch", SEVEN, [ITEM, "--epoch", "1"], {}, 4, f"held by {SIX}"),
    ("stranger-by-flag", SIX, [ITEM, "--seat", SEVEN], {}, 4, f"{SEVEN} asks"),
    ("stranger-with-op", SEVEN, [ITEM], env(ITEM, "1", OP), 4, f"held by {SIX}"),
    ("almost", "CAMBER-0", [ITEM, "--epoch", "1"], {}, 4, f"held by {SIX}"),
    ("sub-seat-itself", SUB, [SUBS, "--epoch", "1"], {}, 0, f"held by {SUB}"),
    ("parent", SIX, [SUBS, "--epoch", "1"], {}, 0, f"held by {SUB}"),
    ("sub-seat-of-holder", SUB, [ITEM, "--epoch", "1"], {}, 4, f"held by {SIX}"),
    ("sister", f"{SIX}/tests", [SUBS, "--epoch", "1"], {}, 4, f"held by {SUB}"),
    ("this-claim", SUB, [SUBS], env(SUBS, "1", SUB_OP), 0, ""),
    ("another-claim", SUB, [SUBS], env(SUBS, "1", OP), 4, "through another command"),
    ("op-of-another-item", SUB, [SUBS], env(OTHER, "1", OP), 0, ""),
    ("nobodys", SIX, ["CMB-0004", "--epoch", "1"], {}, 4, "held by nobody"),
    ("not-there", SIX, ["CMB-0999", "--epoch", "0"], {}, 4, "held by nobody"),
    ("not-there-at-all", SIX, ["CMB-0999"], {}, 4, "held by nobody"),
    ("no-seat", SIX, [ITEM, "--seat", "a b"], {}, 2, "--seat 'a b'"),
]


@pytest.fixture(scope="module")
def held(scene_template, tmp_path_factory):
    """A scene that no test here changes."""
    scene = scene_template.copy(tmp_path_factory.mktemp("held") / "scene")
    new = ("claim", "--new", "CMB", "--subject", "import", "--op", SUB_OP)
    scene.me.fleetfeed(*new, "--seat", SUB)
    scene.me.fleetfeed("claim", "--new", "CMB", "--subject", "over")
    scene.me.fleetfeed("done", "CMB-0004")
    return scene


@pytest.mark.parametrize(
    ("seat", "args", "around", "code", "said"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_fence(held, seat, args, around, code, said):
    around = {"FLEETFEED_SEAT": seat, **around}
    ended = held.me.fleetfeed("fence", *args, ok=None, env=around)
    assert ended.returncode == code, ended
    assert said in ended.stdout + ended.stderr
    if code == 4:
        assert f"`fleetfeed show {args[0]}` says more" in ended.stderr


def test_as_json(held):
    yours = flat(held.me.fleetfeed("fence", ITEM, "--json").stdout)
    expected = {"answer": "yours", "item": ITEM, "holder": SIX, "epoch": 1, "code": 0}
    assert expected.items() <= yours.items()
    not_yours = flat(held.other.fleetfeed("fence", ITEM, "--json", ok=False).stdout)
    assert (not_yours["answer"], not_yours["holder"]) == ("no longer yours", SIX)


def test_who_cannot_be_answered(held):
    unset = {"FLEETFEED_SEAT": ""}
    assert held.me.fleetfeed("fence", ITEM, ok=False, env=unset).returncode == 2
    away = ("config", "remote.origin.url", str(held.folder / "away.git"))
    before = held.other.line("config", "remote.origin.url")
    held.other.git(*away)
    assert held.other.fleetfeed("fence", ITEM, ok=False).returncode == 3
    held.other.git("config", "remote.origin.url", before)


def mirrored(scene):
    mirror = scene.folder / "mirror.git"
    scene.server.git("clone", "-q", "--mirror", ".", str(mirror))
    return str(mirror)


def test_a_claim_that_could_not_be_told_is_no_yes(scene):
    """It went to a mirror: where the feed is read, somebody else has the surface."""
    seat, mirror = scene.other, mirrored(scene)
    new = ("claim", "--new", "CMB", "--subject", "raced for", "--timeout", "2s")
    key = ("--surface", "CAMBER:job:raced", "--proof", "nobody has it")
    seat.git("config", "remote.origin.pushurl", mirror)
    assert seat.fleetfeed(*new, *key, ok=False).returncode == 3
    said = seat.fleetfeed("fence", "CMB-0003", "--epoch", "1", ok=False)
    assert said.returncode == 4
    assert "held by nobody" in said.stderr
    scene.me.fleetfeed(*new, *key)
    for epoch in ((), ("--epoch", "1")):
        said = seat.fleetfeed("fence", "CMB-0003", *epoch, ok=False)
        assert said.returncode == 4
        assert f"held by {SIX}" in said.stderr


def test_a_mirror_cannot_tell(scene):
    scene.me.git("config", "remote.origin.url", mirrored(scene))
    said = scene.me.fleetfeed("fence", ITEM, "--epoch", "1", ok=False)
    assert said.returncode == 3
    assert "is not the fleet's server" in said.stderr
    # Whose it is not, it need not be asked.
    said = scene.me.fleetfeed("fence", OTHER, "--epoch", "1", ok=False)
    assert said.returncode == 4


def test_what_is_fetched_from_a_mirror_may_be_old(scene):
    address, mirror = str(scene.server.folder), mirrored(scene)
    scene.me.git("config", "remote.origin.url", mirror)
    scene.me.git("config", "remote.origin.pushurl", address)
    assert scene.me.fleetfeed("fence", ITEM).ok
    scene.other.fleetfeed("note", ITEM, "--body", "whatever happens now")
    said = scene.me.fleetfeed("fence", ITEM, ok=False)
    assert said.returncode == 3
    todo = f"`git config fleetfeed.remote {address}` asks there"
    assert todo in said.stderr
    scene.me.git("config", "fleetfeed.remote", address)
    assert scene.me.fleetfeed("fence", ITEM).ok


OWN = [
    ["done", ITEM],
    ["renew", ITEM],
    ["release", ITEM],
    ["park", ITEM, "--reason", "later"],
    ["block", ITEM, "--reason", "waits"],
    ["cancel", ITEM],
    ["handoff", ITEM, "--to", SEVEN],
    ["yield", ITEM, "--to", OTHER],
    ["append", ITEM, "--state", "IN_PROGRESS", "--lease", "2h"],
    ["append", "--post", "own-post"],
    ["claim", ITEM, "--resume"],
]
"""What a seat says of an item that it takes for its own."""


@pytest.fixture
def taken(scene):
    """A steward has taken CMB-0002 from CAMBER-06."""
    scene.me.write("feed/policy.yaml", f"ref: refs/heads/main\nstewards: [{CHIEF}]\n")
    scene.me.commit("a steward")
    scene.me.push()
    scene.me.write("own-post", f"ITEM: {ITEM}\nSTATE: DONE\n")
    chief(scene, "claim", ITEM, "--reason", "it is urgent")
    return scene


def chief(scene, *args):
    return scene.me.fleetfeed(*args, "--seat", CHIEF)


def codes(seat, commands):
    ended = {" ".join(c): seat.fleetfeed(*c, ok=False) for c in commands}
    return {name: (each.returncode, each.stderr) for name, each in ended.items()}


def test_a_verb_on_what_was_taken_over(taken):
    for name, (code, said) in codes(taken.me, OWN).items():
        assert code == 4, (name, said)
        assert f"no longer yours: {ITEM} is at epoch 2, held by {CHIEF}" in said
    # Whoever never had it is refused.
    for name, (code, said) in codes(taken.other, OWN[:8]).items():
        assert code == 1, (name, said)


def test_a_verb_on_what_was_taken_over_and_is_at_rest(taken):
    chief(taken, "done", ITEM)
    for name, (code, said) in codes(taken.me, OWN[:2]).items():
        assert code == 4, (name, said)
        assert "held by nobody" in said


def test_who_speaks_of_the_present_is_answered_about_it(taken):
    asked = [["claim", ITEM], ["evict", ITEM, "--reason", "mine"]]
    asked += [[*args, "--epoch", "2"] for args in OWN[:4]]
    for name, (code, said) in codes(taken.me, asked).items():
        assert code == 1, (name, said)


def test_what_is_lawful_is_done(taken):
    """CAMBER-06 has filed it; and whoever is asked may claim what nobody holds."""
    chief(taken, "release", ITEM)
    assert taken.me.fleetfeed("claim", ITEM).ok
    assert taken.me.fleetfeed("renew", ITEM).ok
    chief(taken, "evict", ITEM, "--force", "--reason", "it is urgent")
    assert taken.me.fleetfeed("cancel", ITEM).ok
