"""`release --mine`: all that a session has is given back, in one commit."""

import pytest
from harness.answers import document

WHY = ("--reason", "the session has ended")


def new(number, *more):
    surface = f"CAMBER:page:given-{number}"
    return ("claim", "--new", "CMB", "--subject", "s", "--surface", surface, *more)


@pytest.fixture
def session(scene):
    """CAMBER-06/a, who holds two items, and is in line with a third."""
    env = {"FLEETFEED_SESSION": "a"}
    for number in (1, 2):
        scene.me.fleetfeed(*new(number, "--proof", "new"), env=env)
    other = {"FLEETFEED_SESSION": "b"}
    scene.me.fleetfeed(*new(3, "--proof", "new"), env=other)
    wait = ("--proof", "in turn", "--wait", "--at-most", "1s")
    scene.me.fleetfeed(*new(3, *wait), env=env, ok=False)
    return env


def states(seat):
    rows = seat.fleetfeed("active", "--json").stdout
    return {
        i["item"]: (i["state"], i["holder"], i["turn"]) for i in document(rows)["items"]
    }


def test_all_that_it_has_is_given_back_and_nothing_else(scene, session):
    before = scene.server.line("rev-list", "--count", "main")
    said = scene.me.fleetfeed("release", "--mine", *WHY, env=session)
    assert [word for word in said.stdout.split() if word.startswith("CMB-")] == [
        "CMB-0003", "CMB-0004", "CMB-0006",
    ]  # fmt: skip
    assert int(scene.server.line("rev-list", "--count", "main")) == int(before) + 1
    now = states(scene.me)
    assert now["CMB-0003"] == now["CMB-0004"] == ("AWAITING_CLAIM", None, None)
    assert now["CMB-0006"][0] == "PARKED"
    assert now["CMB-0006"][2] is None
    assert now["CMB-0005"][:2] == ("IN_PROGRESS", "CAMBER-06/b")
    assert now["CMB-0002"][:2] == ("IN_PROGRESS", "CAMBER-06")
    posted = scene.server.holds("feed/CMB/000/CMB-0003/0002.yaml", "main")
    assert "REASON: the session has ended" in posted


def test_a_second_time_there_is_nothing_to_do(scene, session):
    scene.me.fleetfeed("release", "--mine", "--op", "gone", *WHY, env=session)
    tip = scene.server.tip("main")
    again = scene.me.fleetfeed("release", "--mine", *WHY, env=session)
    assert "CAMBER-06/a holds nothing" in again.stderr
    # What nobody answered is found again by its OP.
    by_op = ("release", "--mine", "--op", "gone", *WHY, "--json")
    found = document(scene.me.fleetfeed(*by_op, env=session).stdout)
    assert (found["answer"], found["again"], len(found["items"])) == ("won", True, 3)
    assert scene.server.tip("main") == tip


def test_what_a_rule_refuses_holds_up_nothing_else(scene, session):
    """An item without a surface, from before the policy wanted one of each."""
    plain = ("claim", "--new", "CMB", "--subject", "no surface")
    item = scene.me.fleetfeed(*plain, env=session).stdout.split()[0]
    policy = scene.server.holds("feed/policy.yaml", "main")
    scene.server.rewrite(policy.replace("surface: warn", "surface: required"))
    said = scene.me.fleetfeed("release", "--mine", *WHY, env=session, ok=False)
    assert said.returncode == 1
    assert f"{item}: FF" in said.stderr
    assert "given back all the same: CMB-0003, CMB-0004, CMB-0006" in said.stderr
    now = states(scene.me)
    assert now["CMB-0003"][0] == "AWAITING_CLAIM"
    assert now[item][1] == "CAMBER-06/a"
    again = scene.me.fleetfeed("release", "--mine", "--json", env=session, ok=False)
    assert document(again.stdout)["answer"] == "refused"


def test_a_dry_run_gives_nothing_back(scene, session):
    said = scene.me.fleetfeed("release", "--mine", "--dry-run", env=session)
    assert said.stdout.count("STATE: AWAITING_CLAIM") == 2
    assert states(scene.me)["CMB-0003"][1] == "CAMBER-06/a"


@pytest.mark.parametrize(
    "words",
    [(), ("CMB-0002", "--mine"), ("--mine", "--epoch", "1"), ("--mine", "--lease", "1h"),
     ("--mine", "--owner", "CAMBER-07"), ("--mine", "--surface", "CAMBER:page:x")],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_meant(scene, words):
    said = scene.me.fleetfeed("release", *words, ok=False)
    assert said.returncode == 2
    assert len(said.stderr.splitlines()) == 1
