"""What an answer names in `next` works: each command is typed, as it stands there."""

import shlex

import pytest
from cli.busy import key
from cli.desk import Desks

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
NEW = ("claim", "--new", "CMB", "--subject", "x", "--proof", "nobody else", "--surface")


def steps(desk, *args, code=0):
    return desk.json(*args, code=code)["next"]


def typed(desk, line, **env):
    program, *words = shlex.split(line)
    assert program == "fleetfeed"
    return desk(*words, **env)


ANSWERS = [
    # who asks what, the exit code, and the commands that are named
    ("anothers item", SIX, ("claim", "CMB-0007"), 1, ["show CMB-0007", "next"]),
    ("anothers surface", SIX, (*NEW, key(7)), 1, ["show CMB-0007", "next"]),
    ("own item", SIX, ("claim", "CMB-0002"), 1, ["claim CMB-0002 --resume", "park CMB-0002", "show CMB-0002", "next"]),
    ("own surface", SIX, (*NEW, key(2)), 1, ["claim CMB-0002 --resume", "park CMB-0002", "show CMB-0002", "next"]),
    ("own filed surface", SIX, (*NEW, key(1)), 1, ["claim CMB-0001", "park CMB-0001", "show CMB-0001", "next"]),
    ("nobodys surface", SEVEN, (*NEW, key(1)), 1, ["claim CMB-0001", "show CMB-0001", "next", "park CMB-0001"]),
    ("kept for another", SIX, (*NEW, key(8)), 1, ["show CMB-0008", "next", "park CMB-0008"]),
    ("nothing ready", SIX, ("next", "--lane", "ORBIT"), 1, ["active"]),
    ("nothing of mine", SIX, ("next", "--mine"), 1, ["active --mine"]),
    ("an old epoch", SIX, ("done", "CMB-0002", "--epoch", "7"), 4, ["show CMB-0002", "next"]),
    ("anothers", SIX, ("fence", "CMB-0007"), 4, ["show CMB-0007", "next"]),
    ("nobodys", SIX, ("fence", "CMB-0001"), 4, ["claim CMB-0001", "show CMB-0001", "next"]),
    ("done already", SIX, ("done", "CMB-0005"), 1, ["show CMB-0005"]),
    ("not there", SIX, ("claim", "CMB-0099"), 1, ["active"]),
    ("not allowed", SIX, ("done", "CMB-0007"), 1, ["show CMB-0007", "rule FF301"]),
    ("filed", SIX, ("reserve", "CMB", "--subject", "x"), 0, ["claim CMB-0012"]),
    ("taken", SIX, ("claim", "CMB-0001"), 0, ["done CMB-0001 --epoch 1", "renew CMB-0001 --epoch 1", "release CMB-0001 --epoch 1"]),
    ("laid aside", SIX, ("park", "CMB-0002"), 0, ["claim CMB-0002"]),
    ("over", SIX, ("done", "CMB-0002"), 0, ["next"]),
    ("a free surface", SIX, ("active", "--surface-claim", key(50)), 0, []),
    ("the queue", SIX, ("active",), 0, ["next"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seat", "args", "code", "named"),
    [row[1:] for row in ANSWERS],
    ids=[r[0] for r in ANSWERS],
)
def test_each_command_that_is_named_works(busy, tmp_path, seat, args, code, named):
    found = steps(busy.of(seat), *args, code=code)
    assert found == [f"fleetfeed {words}" for words in named]
    for number, line in enumerate(found):
        # Each on a feed of its own: to park it, one need not have claimed it.
        fresh: Desks = busy.copy(tmp_path / str(number))
        desk, server = fresh.of(seat), str(fresh.fleet.server.folder)
        desk.seat.git("config", "remote.origin.url", server)
        typed(desk, line)


def test_it_is_typed_as_the_same_seat_and_in_the_same_place(busy, tmp_path):
    desk = busy.of(SIX).at(tmp_path)
    where = ("-C", str(busy.of(SIX).folder))
    found = steps(desk, *where, "claim", "CMB-0001", "--seat", "CAMBER-06/sub")
    assert len(found) == 3
    assert all(line.startswith(f"fleetfeed -C {where[1]} ") for line in found)
    assert all(line.endswith("--seat CAMBER-06/sub") for line in found)
    typed(desk, found[0])


def test_how_long_to_wait_is_as_the_server_says(fleet):
    """It knows of beats and stamps; an estimate goes by the posts alone."""
    me, other = (Desks(fleet).of(name) for name in (SIX, SEVEN))
    me(*NEW, key(1), "--lease", "1h")
    refused = other.json("claim", "CMB-0001", "--reason", "it seems to be gone", code=1)
    assert (refused["answer"], bool(refused["words"])) == ("refused", True)
    assert 3600 < refused["retry_after"] <= 3660
    assert refused["next"] == ["fleetfeed show CMB-0001"]


def test_what_has_lapsed_is_taken_over_as_show_says(fleet):
    """By a server that keeps time: the answer of `show` knows of beats, too."""
    me, other = (Desks(fleet).of(name) for name in (SIX, SEVEN))
    policy = me.seat.folder / "feed/policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("grace: 60s", "grace: 1s"))
    me.seat.commit("a short grace")
    me.seat.push()
    me(*NEW, key(1), "--lease", "1s")
    held = other.json("claim", "CMB-0001", code=1)
    assert 0 <= held["retry_after"] <= 2
    assert held["next"][0] == "fleetfeed show CMB-0001"
    shown = {"next": []}
    while not shown["next"]:
        shown = other.json("show", "CMB-0001")
    assert shown["lease"]["over"]
    (takeover,) = shown["next"]
    assert takeover == "fleetfeed claim CMB-0001 --reason 'its lease is over'"
    # By the posts' own times it is over up to a second early: the server tells.
    while typed(other, takeover, code=None).returncode:
        pass
    assert me.json("done", "CMB-0001", code=4)["holder"] == SEVEN


def test_what_rests_and_is_ready_comes_first(me, other):
    first, own = other.reserve(), me.new()
    me("block", own, "--depends-on", first)
    other("claim", first)
    assert steps(me, "active") == []
    other("done", first)
    (todo,) = steps(me, "active")
    assert todo == "fleetfeed next --mine"
    assert typed(me, todo).stdout.startswith(f"{own}\n")
