"""Each verb does what it says: the post lands, and the answer tells of it."""

import pytest
from cli.busy import key
from cli.desk import post_of, written
from ruamel.yaml import YAML

from fleetfeed.ledger.git import GitLedger

SIX, SEVEN, ORA, STEWARD = "CAMBER-06", "CAMBER-07", "ORA-01", "FLEET-01"
SUB = "CAMBER-06/tests"


def row(name, seat, args, now, **fields):
    return pytest.param(seat, args, now, fields, id=name)


# Item, state, who is shown as its owner, epoch, and the number of the new post.
ROWS = [
    row("claim", SIX, ["claim", "CMB-0001"], ("CMB-0001", "IN_PROGRESS", SIX, 1, 2)),
    row("claim-anothers-ticket", ORA, ["claim", "CMB-0001"], ("CMB-0001", "IN_PROGRESS", ORA, 1, 2)),
    row("claim-with-a-lease", SIX, ["claim", "CMB-0001", "--lease", "2h", "--body", "now"], ("CMB-0001", "IN_PROGRESS", SIX, 1, 2), LEASE="2h", BODY="now"),
    row("claim-what-is-kept", SEVEN, ["claim", "CMB-0008"], ("CMB-0008", "IN_PROGRESS", SEVEN, 1, 2)),
    row("claim-of-a-pool", SEVEN, ["claim", "CMB-0009"], ("CMB-0009", "IN_PROGRESS", SEVEN, 1, 2)),
    row("claim-parked", SIX, ["claim", "CMB-0004"], ("CMB-0004", "IN_PROGRESS", SIX, 1, 3)),
    row("resume-parked", SIX, ["claim", "CMB-0004", "--resume"], ("CMB-0004", "IN_PROGRESS", SIX, 2, 3), EPOCH="2"),
    row("resume-own", SIX, ["claim", "CMB-0002", "--resume"], ("CMB-0002", "IN_PROGRESS", SIX, 2, 2), EPOCH="2"),
    row("resume-sub-seats", SIX, ["claim", "CMB-0011", "--resume"], ("CMB-0011", "IN_PROGRESS", SUB, 2, 2), SEAT=SIX),
    row("resume-what-awaits", SIX, ["claim", "CMB-0001", "--resume"], ("CMB-0001", "IN_PROGRESS", SIX, 1, 2)),
    row("claim-with-another-surface", SIX, ["claim", "CMB-0003", "--surface", key(33), "--proof", "src/33 alone"], ("CMB-0003", "IN_PROGRESS", SIX, 1, 3), SURFACE_KEY=key(33)),
    row("reopen-done", ORA, ["claim", "CMB-0005", "--reason", "not done"], ("CMB-0005", "IN_PROGRESS", ORA, 2, 3), REASON="not done", EPOCH="2"),
    row("steward-takes-over", STEWARD, ["claim", "CMB-0007", "--reason", "gone"], ("CMB-0007", "IN_PROGRESS", STEWARD, 2, 2), REASON="gone"),
    row("steward-parks", STEWARD, ["park", "CMB-0007", "--reason", "gone"], ("CMB-0007", "PARKED", SEVEN, 2, 2)),
    row("release", SIX, ["release", "CMB-0002"], ("CMB-0002", "AWAITING_CLAIM", "-", 1, 2)),
    row("release-what-rests", SIX, ["release", "CMB-0004"], ("CMB-0004", "AWAITING_CLAIM", "-", 1, 3), OWNER="none"),
    row("release-to-a-pool", SIX, ["release", "CMB-0002", "--owner", "any-camber"], ("CMB-0002", "AWAITING_CLAIM", "any-camber", 1, 2)),
    row("block", SIX, ["block", "CMB-0002", "--reason", "waits", "--depends-on", "CMB-0007"], ("CMB-0002", "BLOCKED", SIX, 1, 2), DEPENDS_ON="CMB-0007"),
    row("park", SIX, ["park", "CMB-0002"], ("CMB-0002", "PARKED", SIX, 1, 2)),
    row("park-what-awaits", SIX, ["park", "CMB-0001"], ("CMB-0001", "PARKED", "-", 0, 2)),
    row("cancel", SIX, ["cancel", "CMB-0002", "--reason", "no need"], ("CMB-0002", "CANCELLED", SIX, 1, 2), REASON="no need"),
    row("cancel-a-ticket", SIX, ["cancel", "CMB-0001"], ("CMB-0001", "CANCELLED", "-", 0, 2)),
    row("done", SIX, ["done", "CMB-0002", "--epoch", "1"], ("CMB-0002", "DONE", SIX, 1, 2)),
    row("done-by-the-parent", SIX, ["done", "CMB-0011"], ("CMB-0011", "DONE", SUB, 1, 2)),
    row("done-in-other-letters", "camber-06", ["done", "CMB-0002"], ("CMB-0002", "DONE", SIX, 1, 2)),
    row("hand-over", SIX, ["handoff", "CMB-0002", "--to", SEVEN], ("CMB-0002", "IN_PROGRESS", SEVEN, 2, 2), OWNER=SEVEN, EPOCH="2"),
    row("hand-over-what-rests", SIX, ["handoff", "CMB-0004", "--to", SEVEN], ("CMB-0004", "AWAITING_CLAIM", SEVEN, 1, 3)),
    row("hand-over-a-ticket", SIX, ["handoff", "CMB-0001", "--to", "any-camber"], ("CMB-0001", "AWAITING_CLAIM", "any-camber", 0, 2)),
    row("hand-over-by-a-steward", STEWARD, ["handoff", "CMB-0007", "--to", SIX, "--reason", "gone"], ("CMB-0007", "IN_PROGRESS", SIX, 2, 2)),
    row("append", SIX, ["append", "CMB-0002", "--state", "IN_PROGRESS", "--priority", "7"], ("CMB-0002", "IN_PROGRESS", SIX, 1, 2), PRIORITY="7"),
    row("amend-done", SIX, ["append", "CMB-0005", "--state", "DONE", "--body", "see the log"], ("CMB-0005", "DONE", SIX, 1, 3), BODY="see the log"),
]  # fmt: skip

# One of each verb runs always; what else a verb can do is a further case.
_ALWAYS = {
    "claim", "claim-of-a-pool", "resume-own", "resume-sub-seats", "reopen-done",
    "steward-takes-over", "release", "release-what-rests", "block", "park", "cancel", "done",
    "hand-over", "hand-over-what-rests", "append",
}  # fmt: skip


def small(row):
    return (
        row
        if row.id in _ALWAYS
        else pytest.param(*row.values, id=row.id, marks=pytest.mark.large)
    )


@pytest.mark.parametrize(
    ("seat", "args", "now", "fields"), [small(row) for row in ROWS]
)
def test_a_verb(busy, seat, args, now, fields):
    item, state, owner, epoch, number = now
    before = busy.posts()
    said = busy.of(seat)(*args)
    posts = busy.posts()
    (path,) = posts.keys() - before.keys()
    assert path == f"feed/CMB/000/{item}/{number:04d}.yaml"
    assert before.items() <= posts.items()
    first, second, *more = said.stdout.splitlines()
    surface = fields.get("SURFACE_KEY") or key(int(item[-2:]))
    assert first == item
    assert (
        second
        == f"item={item} state={state} owner={owner} surface={surface} epoch={epoch} post={number}"
    )
    # Who takes work up is told what it is.
    told = [line for line in more if "unseen note" not in line]
    assert told[:1] == ([f"  work {int(item[-2:])}"] if args[0] == "claim" else [])
    post = YAML(typ="base", pure=True).load(posts[path])
    assert {
        "ITEM": item,
        "STATE": state,
        "SEAT": seat,
        **fields,
    }.items() <= post.items()
    assert {"OP", "AT"} <= set(post)


@pytest.mark.parametrize(("seat", "args", "now", "fields"), ROWS)
def test_a_dry_run_of_it_writes_nothing(still, seat, args, now, fields):
    item, state, _, epoch, number = now
    desk, tip = still.of(seat), still.tip()
    desk("active")
    objects = desk.seat.git("count-objects", "-v").stdout
    said = desk.json(*args, "--dry-run")
    path = f"feed/CMB/000/{item}/{number:04d}.yaml"
    assert [post_of(post) for post in said["posts"]] == [(item, number, path)]
    assert (said["answer"], said["item"], said["state"]) == ("dry run", item, state)
    assert said["epoch"] == epoch
    lines = desk(*args, "--dry-run").stdout.splitlines()
    assert lines[0] == f"# {path}"
    assert f"STATE: {state}" in lines
    assert f"SEAT: {seat}" in lines
    assert [text["path"] for text in said["texts"]] == [path]
    assert still.tip() == tip
    assert desk.seat.git("count-objects", "-v").stdout == objects
    assert not desk.seat.git("status", "--porcelain").stdout


def test_a_new_item(busy):
    me = busy.of(SIX)
    said = me.json(
        "reserve",
        "CMB",
        "--subject",
        "x",
        "--surface",
        key(50),
        "--proof",
        "src/50 alone",
        "--priority",
        "3",
    )
    assert (said["item"], said["state"], said["holder"]) == (
        "CMB-0012",
        "AWAITING_CLAIM",
        None,
    )
    assert said["surface"] == [written(key(50))]
    assert said["commit"] == busy.tip()
    assert not said["again"]
    said = me.json("claim", "--new", "HWD", "--subject", "y")
    assert (said["item"], said["state"], said["holder"], said["epoch"]) == (
        "HWD-0001",
        "IN_PROGRESS",
        SIX,
        1,
    )


def test_a_park_and_a_claim_in_one_commit(busy):
    me, tip = busy.of(SIX), busy.tip()
    said = me(
        "claim",
        "--new",
        "CMB",
        "--subject",
        "urgent",
        "--surface",
        key(2),
        "--proof",
        "CMB-0002 is parked",
        "--park",
        "CMB-0002",
        "--park",
        "CMB-0011",
    )
    items = [line for line in said.stdout.splitlines() if " " not in line]
    assert items == ["CMB-0012", "CMB-0002", "CMB-0011"]
    assert busy.fleet.server.line("rev-parse", "main^") == tip
    states = {item: me.item(item)["state"] for item in items}
    assert states == {
        "CMB-0012": "IN_PROGRESS",
        "CMB-0002": "PARKED",
        "CMB-0011": "PARKED",
    }


@pytest.mark.parametrize(
    ("options", "state"),
    [((), "CANCELLED"), (("--park", "--reason", "after it"), "PARKED")],
)
def test_a_duplicate_yields(busy, options, state):
    me, tip = busy.of(SIX), busy.tip()
    said = me.json("yield", "CMB-0002", "--to", "CMB-0007", *options)
    assert (said["item"], said["state"]) == ("CMB-0002", state)
    assert [post["item"] for post in said["posts"]] == ["CMB-0002", "CMB-0007"]
    assert busy.fleet.server.line("rev-parse", "main^") == tip
    assert "CMB-0002 of CAMBER-06 yields to this: work 2" in busy.note()
    (text,) = (t for n, t in busy.posts().items() if n.endswith("CMB-0002/0002.yaml"))
    assert "REASON: " + ("after it" if options else "yields to CMB-0007") in text
    posts = me.json("log", "CMB-0007")["posts"]
    assert posts[0]["number"] is None
    assert posts[0]["body"].startswith("CMB-0002 of CAMBER-06 yields")


def test_of_two_that_yield_to_each_other_one_goes_on(busy, monkeypatch):
    """Both at once: the slower one is told, and its item is not lost."""
    me, other, swap = busy.of(SIX), busy.of(SEVEN), GitLedger.swap

    def late(self, *args, **kwargs):
        monkeypatch.setattr(GitLedger, "swap", swap)
        other("yield", "CMB-0007", "--to", "CMB-0002")
        return self.swap(*args, **kwargs)

    monkeypatch.setattr(GitLedger, "swap", late)
    said = me("yield", "CMB-0002", "--to", "CMB-0007", code=1)
    assert "CMB-0007 is CANCELLED, so nobody goes on with it" in said.stderr
    assert me.item("CMB-0002")["state"] == "IN_PROGRESS"


def test_what_one_makes_free_others_may_take(busy):
    me, other = busy.of(SIX), busy.of(SEVEN)
    taken = (
        "claim",
        "--new",
        "CMB",
        "--subject",
        "x",
        "--surface",
        key(2),
        "--proof",
        "src/2 alone",
    )
    other(*taken, code=1)
    me("block", "CMB-0002")
    other(*taken)
    held = me("claim", "CMB-0002", code=1)
    assert "COLLIDE-WITH-CMB-0012" in held.stderr
    other("done", "CMB-0012")
    me("claim", "CMB-0002")


def test_done_says_what_is_ready_and_what_waits(me, other):
    first, second = me.reserve(), me.reserve()
    one = me.reserve("--depends-on", first)
    two = me.reserve("--depends-on", first, "--depends-on", second)
    gone = me.reserve("--depends-on", first)
    me("cancel", gone)
    blocked = me.reserve("--depends-on", first)
    me("block", blocked)
    me("claim", first)
    said = me("done", first)
    why = f"it waits for nothing any more; `fleetfeed claim {blocked}` resumes it"
    assert said.stdout.splitlines()[2:] == [
        f"{one} (AWAITING_CLAIM, {SIX}) waits for nothing any more",
        f"{two} still waits for {second} (AWAITING_CLAIM, {SIX})",
        f"{blocked} (BLOCKED, {SIX}) is ready, {why}",
    ]
    document = me.json("done", second)
    assert [row["item"] for row in document["ready"]] == [two, blocked]
    assert document["waiting"] == []


def test_of_many_that_wait_eight_are_named_and_a_seats_own_when_ready(me):
    first, second = me.reserve(), me.reserve()
    both = ["--depends-on", first, "--depends-on", second]
    waiting = [
        me.reserve(*both),
        *(me.reserve("--depends-on", first) for _ in "123456789"),
    ]
    me("block", waiting[-1])
    lines = me("block", first).stdout.splitlines()
    alone = f"append {waiting[0]} --state AWAITING_CLAIM --depends-on {second}"
    assert f"`fleetfeed {alone}` lets it go on without" in lines[2]
    assert lines[-1] == f"and 2 more depend on {first}"
    assert len(lines) == 2 + 8 + 1
    me("claim", first)
    lines = me("done", first).stdout.splitlines()
    assert f"`fleetfeed claim {waiting[-1]}` resumes it" in lines[-2]
    assert lines[-1] == f"and 1 more depend on {first}"


def test_what_is_depended_on_and_not_there_is_told(me):
    first = me.reserve()
    said = me(
        "reserve",
        "CMB",
        "--subject",
        "x",
        "--depends-on",
        first,
        "--depends-on",
        "CMB-0099",
    )
    item, _, line = said.stdout.splitlines()
    keeps = f"append {item} --state AWAITING_CLAIM --depends-on {first}"
    todo = f"`fleetfeed {keeps}` takes it out"
    assert line == f"{item} depends on CMB-0099, which is not there; {todo}"
    me(*keeps.split())
    assert [row["item"] for row in me.item(item)["depends_on"]] == [first]


def test_who_waits_is_told_when_a_claim_parks_an_item(me, other):
    first, second = me.new(), me.new()
    theirs = other.reserve("--depends-on", second)
    said = me.json("claim", me.reserve(), "--park", first, "--park", second)
    assert [row["item"] for row in said["waiting"]] == [theirs]


@pytest.mark.parametrize("verb", ["cancel", "park", "block", "yield"])
def test_who_waits_is_told_when_an_item_ends_or_rests(me, other, verb):
    first, second = me.reserve(), other.reserve()
    mine, theirs = (d.reserve("--depends-on", first) for d in (me, other))
    to = ["--to", second] if verb == "yield" else []
    said = me.json(verb, first, *to)
    assert [row["item"] for row in said["waiting"]] == [mine, theirs]
    assert {row["waits_for"][0]["item"] for row in said["waiting"]} == {first}
    assert said["ready"] == []
    me("append", first, "--state", "AWAITING_CLAIM", "--reason", "it goes on")
    lines = me(verb, first, *to).stdout.splitlines()
    why = ", which will never be done" if verb in ("cancel", "yield") else ""
    waits = f"{theirs} (AWAITING_CLAIM, {SEVEN}) waits for {first}{why}"
    assert f"{waits}; `fleetfeed note {theirs} --body …` tells {SEVEN}" in lines
    waits = f"{mine} (AWAITING_CLAIM, {SIX}) waits for {first}{why}"
    alone = f"append {mine} --state AWAITING_CLAIM --depends-on none"
    assert f"{waits}; `fleetfeed {alone}` lets it go on without" in lines
    me(*alone.split())
    assert me.item(mine)["depends_on"] == []
    assert me.json("claim", mine)["items"][0]["state"] == "IN_PROGRESS"


def test_the_answer_of_done_names_what_still_waits(me):
    first, second = me.reserve(), me.reserve()
    two = me.reserve("--depends-on", first, "--depends-on", second)
    said = me.json("done", first)
    state = {"state": "AWAITING_CLAIM"}
    waits = {"waits_for": [{"item": second, **state}], "holder": None}
    assert (said["ready"], said["waiting"]) == ([], [{"item": two, **state, **waits}])


def test_a_note_moves_nothing(busy):
    me, before = busy.of(ORA), busy.posts()
    said = me.json(
        "note", "CMB-0007", "--body", "line one\n  line two: STATE: DONE\n\n# three\n"
    )
    (path,) = busy.posts().keys() - before.keys()
    assert [post_of(post) for post in said["posts"]] == [("CMB-0007", None, path)]
    assert [post["state"] for post in said["posts"]] == [None]
    note = YAML(typ="base", pure=True).load(busy.note())
    assert note["BODY"] == "line one\n  line two: STATE: DONE\n\n# three\n"
    assert me.item("CMB-0007")["newest"] == 1


def test_a_note_about_nothing_and_from_a_file(busy):
    me = busy.of(SUB)
    file = me.folder / "farewell.txt"
    file.write_text("so long\n")
    said = me("note", "-F", str(file))
    assert said.stdout.startswith("feed/notes/20")
    assert "Z-CAMBER-06~tests-" in said.stdout
    note = YAML(typ="base", pure=True).load(busy.note())
    assert (note["SEAT"], note["BODY"]) == (SUB, "so long\n")
    assert "ITEM" not in note
