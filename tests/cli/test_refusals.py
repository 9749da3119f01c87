"""What cannot be is refused: in words, by exit code, as JSON, and nothing is written."""

import pytest
from cli.busy import AT, key
from cli.desk import written

SIX, SEVEN, ORA = "CAMBER-06", "CAMBER-07", "ORA-01"
BY_SEVEN = f"CMB-0007 is held since {AT} by CAMBER-07 (epoch 1)"


def surface(key, proof="nobody else works on it"):
    return ("--surface", key, "--proof", proof)


def row(name, seat, args, answer, *words):
    return pytest.param(seat, args, answer, words, id=name)


HELD = [
    row("claim-anothers", SIX, ["claim", "CMB-0007"], "held", BY_SEVEN, "wait", "`fleetfeed note CMB-0007 --body …`"),
    row("claim-own", SIX, ["claim", "CMB-0002"], "held", f"CMB-0002 is held since {AT} by your own seat CAMBER-06, in another command", "`fleetfeed claim CMB-0002 --resume`"),
    row("claim-sub-seats", SIX, ["claim", "CMB-0011"], "held", "by your own seat CAMBER-06/tests"),
    row("claim-parents", "CAMBER-06/tests", ["claim", "CMB-0002"], "held", "by CAMBER-06 (epoch 1); wait"),
    row("resume-anothers", SIX, ["claim", "CMB-0007", "--resume"], "held", BY_SEVEN),
    row("surface", SIX, ["claim", "--new", "CMB", "--subject", "x", *surface(key(7) + ":top")], "held", "FF401 COLLIDE-WITH-CMB-0007: CAMBER-07 holds", f"held since {AT} through CMB-0007 by CAMBER-07; wait", "or take another item"),
    row("surface-own", SIX, ["claim", "--new", "CMB", "--subject", "x", *surface(key(2))], "held", "FF401 COLLIDE-WITH-CMB-0002", "by your own seat CAMBER-06; go on with that", "fleetfeed park CMB-0002"),
    row("surface-of-what-awaits", SEVEN, ["claim", "--new", "CMB", "--subject", "x", *surface(key(1))], "held", "COLLIDE-WITH-CMB-0001", "through CMB-0001 by CAMBER-06, who filed it; nobody is on it: `fleetfeed claim CMB-0001`"),
    row("surface-reserved", SIX, ["reserve", "CMB", "--subject", "x", *surface(key(7))], "held", "COLLIDE-WITH-CMB-0007"),
    row("surface-gone", SIX, ["claim", "CMB-0003"], "held", "COLLIDE-WITH-CMB-0010", "through CMB-0010 by CAMBER-07"),
    row("surface-gone-release", SIX, ["release", "CMB-0003"], "held", "COLLIDE-WITH-CMB-0010"),
    row("surface-gone-handoff", SIX, ["handoff", "CMB-0003", "--to", SEVEN], "held", "COLLIDE-WITH-CMB-0010"),
    row("surface-moved", SIX, ["append", "CMB-0002", "--state", "IN_PROGRESS", *surface(key(7))], "held", "COLLIDE-WITH-CMB-0007", "`fleetfeed yield CMB-0002 --to CMB-0007`"),
    row("park-and-claim", SIX, ["claim", "CMB-0003", "--park", "CMB-0002"], "held", "COLLIDE-WITH-CMB-0010"),
]  # fmt: skip

REFUSED = [
    row("takeover", SIX, ["claim", "CMB-0007", "--reason", "gone"], "refused", "FF501", "CAMBER-07 holds CMB-0007, and whether its lease has lapsed cannot be told here"),
    row("takeover-of-what-awaits", SIX, ["claim", "CMB-0008", "--reason", "gone"], "refused", "FF501"),
    row("park-anothers", SIX, ["claim", "CMB-0001", "--park", "CMB-0007"], "refused", "FF301", "CMB-0007", "the holder CAMBER-07"),
    row("park-missing", SIX, ["claim", "CMB-0001", "--park", "CMB-0099"], "refused", "there is no CMB-0099"),
    row("done-without-reason", SIX, ["claim", "CMB-0005"], "refused", "FF302", "without --reason; add `--reason …`"),
    row("cancelled-without-reason", SIX, ["claim", "CMB-0006"], "refused", "FF302"),
    row("parked-by-another", ORA, ["claim", "CMB-0004"], "refused", "FF301", "CAMBER-06"),
    row("blocked-by-another", ORA, ["claim", "CMB-0003"], "held", "FF301", "FF401 COLLIDE-WITH-CMB-0010"),
    row("kept-for-another", SIX, ["claim", "CMB-0008"], "refused", "FF301", "whom OWNER allows (CAMBER-07)"),
    row("kept-for-a-pool", ORA, ["claim", "CMB-0009"], "refused", "FF301", "any-camber"),
    row("other-subject", SIX, ["claim", "CMB-0001", "--subject", "else"], "refused", "FF303", "work 1"),
    row("not-there", SIX, ["claim", "CMB-0099"], "refused", "there is no CMB-0099 on the feed", "`fleetfeed reserve CMB --subject …`"),
    row("no-proof", SIX, ["claim", "--new", "CMB", "--subject", "x", "--surface", key(50)], "refused", "FF206"),
    row("no-subject", SIX, ["reserve", "CMB"], "refused", "--subject is missing"),
    row("no-such-prefix", SIX, ["reserve", "ZZZ", "--subject", "x"], "refused", "ZZZ"),
    row("too-broad", SIX, ["reserve", "CMB", "--subject", "x", *surface("CAMBER:all")], "refused", "FF203"),
    row("keys-overlap", SIX, ["reserve", "CMB", "--subject", "x", *surface(key(50)), "--surface", f"{key(50)}:a"], "refused", "overlap"),
    row("same-key-twice", SIX, ["reserve", "CMB", "--subject", "x", *surface(key(50)), "--surface", key(50)], "refused", "overlap"),
    row("bad-lease", SIX, ["claim", "CMB-0001", "--lease", "soon"], "refused", "FF1", "soon"),
    row("long-lease", SIX, ["claim", "CMB-0001", "--lease", "30d"], "refused", "30d"),
    row("bad-priority", SIX, ["reserve", "CMB", "--subject", "x", "--priority", "high"], "refused", "--priority: FF103"),
    row("unknown-field", SIX, ["claim", "CMB-0001", "--field", "WORK_PROF=x"], "refused", "WORK_PROF"),
    row("cycle", SIX, ["block", "CMB-0002", "--depends-on", "CMB-0002"], "refused", "FF311"),
    row("done-anothers", SIX, ["done", "CMB-0007"], "refused", "FF301", "CAMBER-06 may not take CMB-0007 from IN_PROGRESS to DONE; the holder CAMBER-07, or a steward"),
    row("block-anothers", SIX, ["block", "CMB-0007"], "refused", "FF301"),
    row("park-anothers-alone", SIX, ["park", "CMB-0007"], "refused", "FF301"),
    row("release-anothers", SIX, ["release", "CMB-0007"], "refused", "FF301"),
    row("cancel-anothers", ORA, ["cancel", "CMB-0001"], "refused", "FF301", "the filer CAMBER-06"),
    row("steward-without-reason", "FLEET-01", ["park", "CMB-0007"], "refused", "FF302", "without --reason"),
    row("parent-of-another", "CAMBER-0", ["done", "CMB-0002"], "refused", "FF301"),
    row("sub-seat-for-parent", "CAMBER-06/tests", ["done", "CMB-0002"], "refused", "FF301"),
    row("done-already", SIX, ["done", "CMB-0005"], "refused", "CMB-0005 is DONE already, by post 2 of CAMBER-06", "`fleetfeed append CMB-0005 --state DONE`"),
    row("blocked-already", SIX, ["block", "CMB-0003"], "refused", "BLOCKED already"),
    row("parked-already", SIX, ["park", "CMB-0004"], "refused", "PARKED already"),
    row("cancelled-already", SIX, ["cancel", "CMB-0006"], "refused", "CANCELLED already, by post 1"),
    row("awaits-already", SIX, ["release", "CMB-0001"], "refused", "AWAITING_CLAIM already"),
    row("hand-over-anothers", SIX, ["handoff", "CMB-0007", "--to", SIX], "refused", "FF301"),
    row("hand-over-what-is-done", SIX, ["handoff", "CMB-0005", "--to", SEVEN], "refused", "CMB-0005 is DONE, so there is no work in it"),
    row("hand-over-to-no-seat", SIX, ["handoff", "CMB-0002", "--to", "x y"], "refused", "FF103", "'x y' is no seat"),
    row("yield-to-itself", SIX, ["yield", "CMB-0002", "--to", "CMB-0002"], "refused", "cannot yield to itself"),
    row("yield-to-nothing", SIX, ["yield", "CMB-0002", "--to", "CMB-0099"], "refused", "there is no CMB-0099"),
    row("yield-to-what-is-cancelled", SIX, ["yield", "CMB-0002", "--to", "CMB-0006"], "refused", "CMB-0006 is CANCELLED, so nobody goes on with it"),
    row("yield-anothers", SIX, ["yield", "CMB-0007", "--to", "CMB-0002"], "refused", "FF301"),
    row("append-not-there", SIX, ["append", "CMB-0099", "--state", "DONE"], "refused", "there is no CMB-0099"),
    row("append-too-far", SIX, ["append", "CMB-0999", "--state", "PARKED", "--subject", "x"], "refused", "FF307", "CMB-0012"),
    row("append-another-subject", SEVEN, ["append", "CMB-0001", "--state", "IN_PROGRESS", "--subject", "mine"], "refused", "FF303"),
    row("nothing-in-the-lane", SIX, ["next", "--lane", "HEARTWOOD"], "nothing ready", "nothing awaits its claim in HEARTWOOD"),
    row("a-note-about-nothing-there", SIX, ["note", "CMB-0099", "--body", "x"], "refused", "CMB-0099"),
]  # fmt: skip

NOT_YOURS = [
    row("old-epoch", SIX, ["done", "CMB-0002", "--epoch", "7"], "no longer yours", "CMB-0002 is at epoch 1, held by CAMBER-06"),
    row("anothers-epoch", SIX, ["block", "CMB-0007", "--epoch", "0"], "no longer yours", "held by CAMBER-07"),
    row("nobodys", SIX, ["claim", "CMB-0001", "--epoch", "3"], "no longer yours", "CMB-0001 is at epoch 0, held by nobody"),
]  # fmt: skip

USAGE = [
    row("timeout-word", SIX, ["claim", "CMB-0001", "--timeout", "soon"], "usage", "--timeout 'soon' is no span of time", "30s"),
    row("timeout-nothing", SIX, ["claim", "CMB-0001", "--timeout", "0s"], "usage", "--timeout '0s'"),
    row("timeout-negative", SIX, ["claim", "CMB-0001", "--timeout", "-5s"], "usage", "--timeout '-5s'"),
    row("timeout-bare", SIX, ["claim", "CMB-0001", "--timeout", "30"], "usage", "--timeout '30'"),
    row("op", SIX, ["claim", "CMB-0001", "--op", "a b"], "usage", "--op 'a b' is no id"),
    row("op-empty", SIX, ["claim", "CMB-0001", "--op", ""], "usage", "--op"),
    row("item", SIX, ["claim", "cmb-1"], "usage", "cmb-1 is no item; write CMB-0001"),
    row("item-none", SIX, ["done", "work"], "usage", "work is no item", "CMB-1438"),
    row("park-item", SIX, ["claim", "CMB-0001", "--park", "x"], "usage", "x is no item"),
    row("park-what-one-claims", SIX, ["claim", "CMB-0001", "--park", "CMB-0001"], "usage", "claimed and parked at once"),
    row("resume-what-is-new", SIX, ["claim", "--new", "CMB", "--subject", "x", "--resume"], "usage", "--resume goes on with an ITEM"),
    row("yield-item", SIX, ["yield", "CMB-0002", "--to", "CMB-1"], "usage", "write CMB-0001"),
    row("prefix", SIX, ["reserve", "cmb"], "usage", "cmb is no ticket prefix"),
    row("neither", SIX, ["claim"], "usage", "--new PREFIX"),
    row("both", SIX, ["claim", "CMB-0001", "--new", "CMB"], "usage", "--new PREFIX"),
    row("no-state", SIX, ["append", "CMB-0001"], "usage", "give --state"),
    row("append-nothing", SIX, ["append"], "usage", "--post FILE"),
    row("append-both", SIX, ["append", "CMB-0001", "--post", "x"], "usage", "--post FILE"),
    row("post-and-field", SIX, ["append", "--post", "README.md", "--reason", "x"], "usage", "README.md"),
    row("post-missing", SIX, ["append", "--post", "nowhere.yaml"], "usage", "--post nowhere.yaml: No such file"),
    row("post-folder", SIX, ["append", "--post", "feed"], "usage", "--post feed: Is a directory"),
    row("note-empty", SIX, ["note", "CMB-0001"], "usage", "--body"),
    row("note-blank", SIX, ["note", "--body", "  "], "usage", "--body is empty"),
    row("empty", SIX, ["claim", "CMB-0001", "--reason", ""], "usage", "--reason is empty"),
    row("field", SIX, ["claim", "CMB-0001", "--field", "x"], "usage", "NAME=VALUE"),
    row("own-field", SIX, ["claim", "CMB-0001", "--field", "EPOCH=3"], "usage", "use --epoch"),
    row("field-item", SIX, ["claim", "CMB-0001", "--field", "ITEM=CMB-0002"], "usage", "name the item itself"),
    row("no-seat", "", ["claim", "CMB-0001"], "usage", "which seat are you?", "fleetfeed.seat"),
]  # fmt: skip

ROWS = [*HELD, *REFUSED, *NOT_YOURS, *USAGE]

CODES = {"held": 1, "refused": 1, "nothing ready": 1, "usage": 2, "no longer yours": 4}


@pytest.mark.parametrize(("seat", "args", "answer", "words"), ROWS)
def test_refused_in_words_and_as_json(still, seat, args, answer, words):
    desk, tip = still.of(seat or "CAMBER-06"), still.tip()
    code = CODES[answer]
    env = {"FLEETFEED_SEAT": seat}
    said = desk(*args, code=code, **env)
    assert not [word for word in words if word not in said.stderr], said.stderr
    assert not said.stdout
    assert said.stderr.count("fleetfeed: ") <= 2
    document = desk.json(*args, code=code, **env)
    assert document["answer"] == answer
    assert still.tip() == tip


def test_a_program_is_told_who_holds_it(still):
    said = still.of(SIX).json("claim", "CMB-0007", code=1)
    expected = {"item": "CMB-0007", "holder": SEVEN, "epoch": 1, "since": AT}
    assert expected.items() <= said.items()
    assert not said["findings"]
    new = ["claim", "--new", "CMB", "--subject", "x", *surface(key(7) + "/top")]
    said = still.of(SIX).json(*new, code=1)
    assert expected.items() <= said.items()
    refused = [f for f in said["findings"] if f["severity"] == "reject"]
    assert [(f["rule"], f["item"]) for f in refused] == [("FF401", "CMB-0007")]
    assert [each["key"] for each in refused[0]["surface"]] == [written(key(7))["key"]]


def test_the_epoch_of_the_environment_is_held_too(still):
    me = still.of(SIX)
    stale = me("done", "CMB-0002", code=4, FLEETFEED_EPOCH="7")
    assert "no longer yours: CMB-0002 is at epoch 1" in stale.stderr
    me("done", "CMB-0002", "--dry-run", FLEETFEED_EPOCH="1")
    me("done", "CMB-0002", "--dry-run", "--epoch", "1", FLEETFEED_EPOCH="7")
    wrong = me("done", "CMB-0002", code=2, FLEETFEED_EPOCH="two")
    assert "FLEETFEED_EPOCH 'two' is no whole number" in wrong.stderr


def test_a_new_item_has_no_epoch_to_hold(still):
    me = still.of(SIX)
    me("reserve", "CMB", "--subject", "x", "--dry-run", FLEETFEED_EPOCH="7")
    me("note", "--body", "x", "--dry-run", FLEETFEED_EPOCH="7")
    me("next", "--dry-run", FLEETFEED_EPOCH="7")
