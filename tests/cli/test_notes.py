"""A note is seen by whom it is for: at his next command, whichever it is, in full."""

import pytest
from cli.busy import POLICY
from harness import claim, path, post

SIX, SEVEN, ORA, STEWARD = "CAMBER-06", "CAMBER-07", "ORA-01", "FLEET-01"
WRITER = "HWD-01/notes"
WORDS = "please wait\nfor the export"
SHOWN = "      please wait\n      for the export\n"
AT, LATER, LATEST = (f"2026-11-20T15:5{minute}:00Z" for minute in (0, 1, 2))

# The state in which CAMBER-06 has the item, whose command comes next, and what it is.
VERBS = {
    "renew": ("IN_PROGRESS", SIX, ("renew", "ITEM")),
    "append": ("IN_PROGRESS", SIX, ("append", "ITEM", "--state", "IN_PROGRESS")),
    "resume": ("IN_PROGRESS", SIX, ("claim", "ITEM", "--resume")),
    "block": ("IN_PROGRESS", SIX, ("block", "ITEM", "--reason", "waits")),
    "park": ("IN_PROGRESS", SIX, ("park", "ITEM")),
    "release": ("IN_PROGRESS", SIX, ("release", "ITEM")),
    "done": ("IN_PROGRESS", SIX, ("done", "ITEM")),
    "cancel": ("IN_PROGRESS", SIX, ("cancel", "ITEM")),
    "handoff": ("IN_PROGRESS", SIX, ("handoff", "ITEM", "--to", SEVEN)),
    "yield": ("IN_PROGRESS", SIX, ("yield", "ITEM", "--to", "CMB-0001")),
    "evict": ("IN_PROGRESS", STEWARD, ("evict", "ITEM", "--force", "--reason", "gone")),
    "take-over": ("IN_PROGRESS", STEWARD, ("claim", "ITEM", "--reason", "gone")),
    "park-beside": ("IN_PROGRESS", SIX, ("claim", "--new", "CMB", "--subject", "x", "--park", "ITEM")),
    "go-on": ("BLOCKED", SIX, ("claim", "ITEM", "--proof", "again")),
    "amend": ("DONE", SIX, ("append", "ITEM", "--state", "DONE")),
    "claim": ("AWAITING_CLAIM", ORA, ("claim", "ITEM")),
}  # fmt: skip


def note(item, at=LATER, seat=WRITER, body=WORDS, end="abcd"):
    stamp, name = at.replace("-", "").replace(":", ""), seat.replace("/", "~")
    text = post(item=item, seat=seat, body=body, subject=None, state=None)
    return {f"feed/notes/2026/11/{stamp}-{name}-{end}.yaml": text}


def first(item, state="IN_PROGRESS", **more):
    said = {"seat": SIX, "at": AT, "op": "x", **more}
    return {path(item): claim(item, f"CAMBER:file:{item}", state=state, **said)}


@pytest.fixture(scope="module")
def told(fleet_template, tmp_path_factory, _settled):
    """A feed with an item and a note about it for each verb, as text and as JSON."""
    from cli.desk import Desks

    made = tmp_path_factory.mktemp("notes") / "fleet"
    desks, files = Desks.unguarded(fleet_template.copy(made)), {}
    for number, (state, _, _) in enumerate([*VERBS.values()] * 2, 101):
        item = f"CMB-{number:04d}"
        files |= first(item, state) | note(item, end=f"{number:04x}")
    desks.seed({"feed/policy.yaml": POLICY, **first("CMB-0001", seat=SEVEN), **files})
    return desks


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_tells_its_seat_what_was_said(told, verb):
    number = list(VERBS).index(verb)
    _, seat, args = VERBS[verb]
    item = f"CMB-{101 + number:04d}"
    said = told.of(seat)(*(item if arg == "ITEM" else arg for arg in args)).stdout
    assert f"1 unseen note on {item}, told now:\n" in said
    assert f"  * {LATER} {WRITER}, note:\n{SHOWN}" in said
    item = f"CMB-{101 + number + len(VERBS):04d}"
    answer = told.of(seat).json(*(item if arg == "ITEM" else arg for arg in args))
    (message,) = answer["notes"]
    assert message.pop("path").startswith("feed/notes/2026/11/20261120T155100Z-HWD-01~")
    assert message == {
        "item": item, "seat": WRITER, "at": LATER, "kind": "note",
        "body": WORDS, "seen": False,
    }  # fmt: skip
    counts = {each["item"]: each["notes_unseen"] for each in answer["items"]}
    assert counts[item] == (2 if verb == "evict" else 1)  # the reason, too


def test_the_next_item_comes_with_what_was_said(desks):
    item = "CMB-0001"
    desks.seed(first(item, "AWAITING_CLAIM", body="do it\nby noon") | note(item))
    answer = desks.of(SEVEN).json("next")
    assert [n["body"] for n in answer["notes"]] == ["do it\nby noon", WORDS]
    assert [n["kind"] for n in answer["notes"]] == ["post", "note"]


def test_the_holder_hears_of_it_until_a_post_of_his_has_told_it(me, other):
    """As in the fleet where a note was shown to nobody."""
    item = me.new()
    other("note", item, "--body", WORDS)
    shown = me("show", item).stdout
    assert f"  1 unseen note for {SIX}: fleetfeed inbox\n" in shown
    assert f" {SEVEN}, note:\n{SHOWN}" in shown
    assert me.json("show", item)["notes"][0]["body"] == WORDS
    listed = me("active")
    assert listed.stdout.endswith(" notes=1\n")
    assert listed.stderr.endswith("1 unseen note: fleetfeed inbox\n")
    assert "notes=" not in other("active").stdout
    assert other.json("active")["items"][0]["notes_unseen"] == 1
    (mail,) = me.json("inbox")["items"]
    assert (mail["item"], mail["notes_unseen"]) == (item, 1)
    assert SHOWN in me("inbox").stdout
    assert not other.json("inbox")["items"]
    assert me.json("renew", item)["notes_unseen"] == 1
    assert me.json("renew", item)["notes_unseen"] == 0
    assert me("inbox").stdout == ""
    assert [n["seen"] for n in me.json("inbox", "--all")["notes"]] == [True]


def test_a_run_again_tells_it_again(me, other):
    item = me.new()
    other("note", item, "--body", WORDS)
    first = me.json("renew", item, "--op", "mine")
    again = me.json("renew", item, "--op", "mine")
    assert again["again"]
    assert again["notes"] == first["notes"] != []


def test_what_a_seat_was_not_told_is_still_unseen_by_it(me, other):
    """A parent that acts for its sub-seat is told; the sub-seat is not, yet."""
    item = me.new("--seat", f"{SIX}/task")
    other("note", item, "--body", WORDS)
    renewed = me("renew", item).stdout
    assert SHOWN in renewed
    assert renewed.endswith(f"on {item} for {SIX}/task: fleetfeed show {item}\n")
    assert me.json("inbox")["items"][0]["notes_unseen"] == 1
    assert me.json("renew", item, "--seat", f"{SIX}/task")["notes_unseen"] == 1
    assert me.json("inbox")["items"] == []


def test_a_handed_over_item_brings_its_words(me, other):
    item = me.new()
    me("handoff", item, "--to", SEVEN, "--body", "half of it is done")
    assert [n["body"] for n in other.json("inbox")["notes"]] == ["half of it is done"]
    assert me.json("inbox")["items"] == []  # his own words
    told = other("done", item).stdout
    assert "post 2:\n      half of it is done\n" in told


def test_who_yields_leaves_a_note_on_the_other_item(me, other):
    mine, theirs = me.new(), other.new()
    me("yield", mine, "--to", theirs)
    (note,) = other.json("renew", theirs)["notes"]
    assert note["body"] == f"{mine} of {SIX} yields to this: a piece of work"


def test_work_that_is_given_away_says_on_which_branch_it_is(me, other):
    mine, theirs, third = me.new("--branch", "topic/pages"), other.new(), me.new()
    me("handoff", third, "--to", SEVEN, "--branch", "topic/jobs")
    assert "  its work is on topic/jobs\n" in other("show", third).stdout
    assert other.json("show", third)["items"][0]["branch"] == "topic/jobs"
    me("yield", mine, "--to", theirs)
    (note,) = other.json("renew", theirs)["notes"]
    assert note["body"].endswith("(its work is on topic/pages)")


def test_the_inbox_has_what_is_offered_and_filed_and_of_late_over(desks, me, other):
    desks.seed({
        "feed/policy.yaml": POLICY,
        **first("CMB-0001", "AWAITING_CLAIM", seat=ORA, owner="any-camber"), **note("CMB-0001"),
        **first("CMB-0002", seat=SEVEN), **note("CMB-0002", end="0002"),
        path("CMB-0003"): post(item="CMB-0003", at=AT, op="x"),
        path("CMB-0003", 2): post(item="CMB-0003", at=AT, seat=SEVEN, state="IN_PROGRESS", subject=None, op="x"),
        **note("CMB-0003", end="0003"),
        **first("CMB-0004", "DONE"), **note("CMB-0004", end="0004"),
        **note("CMB-0077", end="0077"), **note(None, end="0000"),
    })  # fmt: skip
    assert me("inbox").stdout.count("note:\n") == 3
    heads = [line for line in me("inbox").stdout.split("\n") if line.startswith("CMB")]
    assert heads == [
        "CMB-0001 AWAITING_CLAIM, offered to you: a piece of work",
        "CMB-0003 IN_PROGRESS, filed by you: a piece of work",
        "CMB-0004 DONE, yours: a piece of work",
    ]
    found = [mail["item"] for mail in other.json("inbox")["items"]]
    assert found == ["CMB-0001", "CMB-0002", "CMB-0003"]
    assert me.json("inbox", "--seat", ORA)["notes_unseen"] == 1
    assert "is nobody" in me("inbox", "--seat", "none", code=2).stderr


def test_a_note_that_means_harm_is_seen_and_not_acted_on(desks, me):
    long = "x" * 60_000
    name = next(iter(note("CMB-0001", end="0003")))
    desks.seed({
        **first("CMB-0001"),
        **note("CMB-0001", body=f"a\nCMB-0001\n1 unseen note\n{long}", end="0001"),
        **note("CMB-0001", body="\x1b[2J", end="0002"),
        **note("CMB-0001", body="tab\tand an end", end="0004"),
        name: "ITEM: CMB-0001\nSTATE: DONE\nSEAT: HWD-01/notes\n",
    })  # fmt: skip
    for shown in (me("inbox").stdout, me("show", "CMB-0001").stdout):
        assert f"\n      {long}\n" in shown
        assert "\n      tab     and an end\n" in shown
        assert "\x1b" not in shown
        assert "\n1 unseen note\n" not in shown
        assert shown.count("it cannot be read: FF") == 2
    mail = me.json("inbox")
    assert mail["notes_unseen"] == len(mail["notes"]) == 4


def test_log_prints_a_note_as_it_is_on_request(me, other):
    item = me.new()
    other("note", item, "--body", WORDS)
    assert me("log", item, "-n", "1").stdout.endswith(": please wait\n")
    full = me("log", item, "-n", "1", "--full").stdout
    assert full.endswith(f"    BODY:\n{SHOWN}\n")
    assert f"    SEAT: {SEVEN}\n" in full
    assert me.json("log", item, "-n", "1")["posts"][0]["body"] == WORDS


def test_a_verb_that_is_refused_tells_nothing_and_leaves_it_unseen(me, other):
    item = me.new()
    other("note", item, "--body", WORDS)
    assert WORDS not in me("claim", item, code=1).stdout
    refused = me.json("claim", item, code=1)
    assert refused["items"][0]["notes_unseen"] == 1
    assert me.json("renew", item)["notes_unseen"] == 1
