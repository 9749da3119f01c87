"""Collisions: the cases of design section 6, and what acquires a surface."""

import pytest
from harness import claim, path, post
from judge.gen_feeds import codes, judged, policy_of

A, B, C = "CMB-0001", "CMB-0002", "CMB-0003"
KEY, PART, ELSE = "CAMBER:file:a", "CAMBER:file:a:part", "ORA:data:b"
POLICY = policy_of("stewards: [FLEET-01]\n")


def feed(**items):
    """`a="run KEY, park"`: item A with two posts, in words of `MOVES`."""
    files = {}
    for name, moves in items.items():
        item = {"a": A, "b": B, "c": C}[name]
        for number, move in enumerate(moves.split(", "), 1):
            files[path(item, number)] = _post(item, move)
    return files


MOVES = {
    "file": "AWAITING_CLAIM",
    "run": "IN_PROGRESS",
    "block": "BLOCKED",
    "park": "PARKED",
    "done": "DONE",
    "cancel": "CANCELLED",
}


def _post(item, move):
    verb, *keys = move.split()
    epoch = next((word[1:] for word in keys if word.startswith("@")), None)
    keys = [key for key in keys if not key.startswith("@")]
    return post(
        item=item,
        state=MOVES[verb],
        surface_key=(keys[0] if len(keys) == 1 else keys) or None,
        no_overlap_proof=f"{A} {B} {C} were looked at",
        reason="because",
        epoch=epoch,
    )


ROWS = {
    # name: before, after, the items of which it is said COLLIDE-WITH.
    "two claims that both stand": ({}, {"a": f"run {KEY}", "b": f"run {KEY}"}, [A, B]),
    "a claim on what is held": ({"a": f"run {KEY}"}, {"b": f"run {KEY}"}, [A]),
    "AWAITING_CLAIM holds too": ({"a": f"file {KEY}"}, {"b": f"file {KEY}"}, [A]),
    "a part of what is held": ({"a": f"run {KEY}"}, {"b": f"run {PART}"}, [A]),
    "what contains what is held": ({"a": f"run {PART}"}, {"b": f"run {KEY}"}, [A]),
    "one key of a list": ({"a": f"run {KEY}"}, {"b": f"run {ELSE} {KEY}"}, [A]),
    "another key": ({"a": f"run {KEY}"}, {"b": f"run {ELSE}"}, []),
    **{
        f"what is {verb}": ({"a": f"run {KEY}, {verb}"}, {"b": f"run {KEY}"}, [])
        for verb in ("block", "park", "done", "cancel")
    },
    **{
        f"a post that comes in as {verb}": (
            {"a": f"run {KEY}"},
            {"b": f"{verb} {KEY}"},
            [],
        )
        for verb in ("block", "park", "done", "cancel")
    },
    **{
        f"coming back from {verb} acquires": (
            {"a": f"run {KEY}, {verb}", "b": f"run {KEY}"},
            {"a": f"run {KEY}, {verb}, run @{1 + (verb in ('done', 'cancel'))}"},
            [B],
        )
        for verb in ("block", "park", "done", "cancel")
    },
    "the same item goes on": ({"a": f"file {KEY}"}, {"a": f"file {KEY}, run"}, []),
    "the same item repeats its key": (
        {"a": f"file {KEY}"},
        {"a": f"file {KEY}, run {KEY}"},
        [],
    ),
    # A feed where two hold one surface: it went wrong before, and may go on.
    "nothing is acquired where two hold already": (
        {"a": f"run {KEY}", "b": f"run {KEY}"},
        {"a": f"run {KEY}, run {KEY}"},
        [],
    ),
    "moved to another key, the old one is free at once": (
        {"a": f"run {KEY}"},
        {"a": f"run {KEY}, run {ELSE}", "b": f"run {KEY}"},
        [],
    ),
    "moved onto what another holds": (
        {"a": f"run {KEY}", "b": f"run {ELSE}"},
        {"b": f"run {ELSE}, run {KEY}"},
        [A],
    ),
    "two items swap": (
        {"a": f"run {KEY}", "b": f"run {ELSE}"},
        {"a": f"run {KEY}, run {ELSE}", "b": f"run {ELSE}, run {KEY}"},
        [],
    ),
    "parked, and claimed for another": (
        {"a": f"run {KEY}"},
        {"a": f"run {KEY}, park", "b": f"run {KEY}"},
        [],
    ),
    "a whole life, and the next item's claim": (
        {},
        {"a": f"file {KEY}, run, done", "b": f"run {KEY}"},
        [],
    ),
    "two whole lives": (
        {},
        {"a": f"file {KEY}, run, done", "b": f"file {KEY}, run, done"},
        [],
    ),
    "claimed and parked again under the holder's nose": (
        {"a": f"run {KEY}"},
        {"b": f"run {KEY}, park"},
        [A],
    ),
    "claimed and moved away under the holder's nose": (
        {"a": f"run {KEY}"},
        {"b": f"run {PART}, run {ELSE}"},
        [A],
    ),
    "a life that is over before the next begins": (
        {"a": f"park {KEY}"},
        {"a": f"park {KEY}, run", "b": f"run {KEY}, park"},
        [],
    ),
    "let go in between, and taken again": (
        {"a": f"run {KEY}, park, run"},
        {"a": f"run {KEY}, park, run, park, run", "b": f"run {KEY}"},
        [A, B],
    ),
    "let go in between, another came and went": (
        {"a": f"run {KEY}"},
        {"a": f"run {KEY}, park, run", "b": f"run {KEY}, park"},
        [A],
    ),
    "let go in between, and another moved there": (
        {"b": f"run {ELSE}"},
        {"a": f"run {KEY}, park", "b": f"run {ELSE}, run {KEY}"},
        [],
    ),
    "who holds two parts of it is told of once": (
        {"a": f"run {PART} {KEY}:other"},
        {"b": f"run {KEY}"},
        [A],
    ),
    "each of three": (
        {},
        {"a": f"run {KEY}", "b": f"run {KEY}", "c": f"run {KEY}"},
        [A, A, B, B, C, C],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), ROWS.values(), ids=ROWS)
def test_who_collides(before, after, expected):
    found = judged(feed(**before), feed(**after), POLICY)
    assert codes(found, "FF2", "FF3") == []
    collisions = [f for f in found if f.code == "FF401"]
    assert sorted(f.item for f in collisions) == expected
    assert all(f.message.startswith(f"COLLIDE-WITH-{f.item}:") for f in collisions)


def of_another(key):
    """A claim of another seat's than what `feed` makes."""
    ((name, text),) = feed(b=f"run {key}").items()
    return {name: text.replace("CAMBER-06", "ORA-02")}


@pytest.mark.parametrize(
    ("signs", "left"),
    [
        ("alive", ("lease left 90 s", "wait", "note")),
        ("lapsed", ("lapsed", "`fleetfeed claim CMB-0001 --reason …`")),
        ("unknown", ("not known", "wait", "note")),
    ],
)
def test_a_collision_names_surface_holder_lease_and_what_to_do(signs, left):
    (one,) = judged(feed(a=f"run {KEY}"), of_another(PART), POLICY, signs)
    assert (one.surface, one.holder) == ("CAMBER:file:a", "CAMBER-06")
    for words in (KEY, PART, "CAMBER-06", *left):
        assert words in one.message


def test_an_unreadable_post_holds_what_can_be_made_out_in_it():
    torn = f"ITEM: {A}\nSTATE: IN_PROGRESS\nSEAT:\nSURFACE_KEY: {KEY}\n"
    before = {path(A): torn}
    assert codes(judged(before, feed(b=f"run {KEY}"), POLICY), "FF4") == ["FF401"]
    assert codes(judged(before, feed(b=f"run {ELSE}"), POLICY), "FF4") == []


@pytest.mark.parametrize(
    "text",
    [
        f'{{ITEM: {A}, STATE: RUNNING, SEAT: CAMBER-06, SURFACE_KEY: "{KEY}"}}\n',
        rf'{{"ITEM": "{A}", "STATE": "RUNNING", "SURFACE_KEY": "CAMBER:file:\x61"}}',
        'SURFACE_KEY: "CAMBER:file:\\x61"\nSTATE: RUNNING\n',
        f"? SURFACE_KEY\n: {KEY}\n",
        f"SURFACE_KEY:\n  - >-\n    {KEY}\n",
    ],
)
def test_a_post_that_is_only_yaml_holds_what_it_names(text):
    found = judged({path(A): text}, feed(b=f"run {KEY}"), POLICY)
    assert codes(found, "FF4") == ["FF401"]


@pytest.mark.parametrize("signs", ["alive", "lapsed", "unknown"])
def test_what_is_at_rest_and_unreadable_has_no_lease_to_wait_for(signs):
    torn = f"ITEM: {A}\nSTATE: IN_PROGRESS\nSEAT:\nSURFACE_KEY: {KEY}\n"
    before = {**feed(a=f"park {KEY}"), path(A, 2): torn}
    (found,) = judged(before, feed(b=f"run {KEY}"), POLICY, signs)
    assert found.code == "FF401"
    assert f"(PARKED, no lease); `fleetfeed show {A}` says which" in found.message


TAKE = f"nobody is on it: `fleetfeed claim {A}` takes it up, `fleetfeed park {A}`"
IDLE = "pools: {any-idle: [ORA-*]}\n"


@pytest.mark.parametrize(
    ("there", "seat", "told"),
    [
        ({}, "ORA-02", TAKE),
        ({"owner": "ORA-02"}, "ORA-02", TAKE),
        ({"owner": "any-idle"}, "ORA-02", TAKE),
        ({"depends_on": "CMB-0009"}, "ORA-02", f"since it waits for CMB-0009: `fleetfeed park {A}` lays"),
        ({"owner": "CAMBER-07"}, "CAMBER-06", f"you have filed it for CAMBER-07: `fleetfeed park {A}`"),
        ({"owner": "CAMBER-07"}, "ORA-02", f"it is offered to CAMBER-07, and nobody is on it: `fleetfeed note {A} --body …` asks for it; once its lease has lapsed, `fleetfeed claim {A} --reason …` takes"),
        ({"owner": "any-idle"}, "CAMBER-09", f"it is offered to any-idle, and nobody is on it: `fleetfeed note {A}"),
        ({"state": "IN_PROGRESS"}, "ORA-02", f"wait (`fleetfeed wait {A}`), write a note (`fleetfeed note {A} --body …`), or take another item; once its lease"),
        ({"state": "IN_PROGRESS"}, "CAMBER-06", f"go on with that (`fleetfeed claim {A} --resume`), or `fleetfeed park {A}`"),
    ],
)  # fmt: skip
def test_what_to_do_is_what_may_be_done(there, seat, told):
    held = {"seat": "CAMBER-06", "state": "AWAITING_CLAIM", **there}
    before, mine = claim(A, KEY, **held), claim(B, KEY, seat=seat)
    found = judged({path(A): before}, {path(B): mine}, policy_of(IDLE))
    (message,) = (f.message for f in found if f.code == "FF401")
    assert told in message
    assert there.get("state") or "wait," not in message


def test_who_moves_onto_what_another_holds_may_yield_to_it():
    before = feed(a=f"run {KEY}") | of_another(ELSE)
    moved = {"state": "IN_PROGRESS", "seat": "ORA-02", "no_overlap_proof": "x"}
    after = {path(B, 2): post(item=B, surface_key=KEY, **moved)}
    (found,) = (f for f in judged(before, after, POLICY) if f.code == "FF401")
    assert f"or yield yours to it (`fleetfeed yield {B} --to {A}`)" in found.message


def test_an_unreadable_post_leaves_what_the_last_readable_one_held():
    before = {**feed(a=f"run {KEY}"), path(A, 2): "ITEM: *what\n"}
    assert codes(judged(before, feed(b=f"run {KEY}"), POLICY), "FF4") == ["FF401"]
    mended = {path(A, 3): _post(A, "park") + "REPAIRS: 2\n"}
    assert codes(judged(before, {**mended, **feed(b=f"run {KEY}")}, POLICY)) == []


def test_over_posts_that_nobody_can_read_anyone_may_file_with_a_reason():
    before = {path(A): "ITEM: *what\n"}
    after = _post(A, f"run {KEY}") + "REPAIRS: 1\n"
    assert codes(judged(before, {path(A, 2): after}, POLICY)) == []
    silent = after.replace("REASON: because\n", "")
    assert codes(judged(before, {path(A, 2): silent}, POLICY)) == ["FF302"]


def test_the_readable_past_says_who_may_repair():
    before = {**feed(a=f"run {KEY}"), path(A, 2): "ITEM: *what\n"}
    after = post(item=A, state="DONE", seat="ORA-02", repairs=2, epoch=2)
    assert codes(judged(before, {path(A, 3): after}, POLICY)) == ["FF301"]


def test_a_repair_takes_nothing_that_another_holds():
    torn = {path(A): f"ITEM: {A}\nSTATE: IN_PROGRESS\nSEAT:\nSURFACE_KEY: {KEY}\n"}
    before = {**torn, **feed(b=f"run {KEY}")}
    repair = {path(A, 2): _post(A, f"run {KEY}") + "REPAIRS: 1\n"}
    (found,) = judged(before, repair, POLICY)
    assert (found.code, found.item) == ("FF401", B)
    # Alone it takes what it names, as any claim does: with a shape and a proof.
    assert codes(judged(torn, repair, POLICY)) == []
    (name, text), *_ = repair.items()
    silent = {name: text.replace("NO_OVERLAP_PROOF", "BODY")}
    assert codes(judged(torn, silent, POLICY)) == ["FF206"]


def test_an_unreadable_post_gives_its_item_no_right_beside_a_readable_one():
    torn = f"ITEM: {A}\nSTATE: IN_PROGRESS\nSEAT:\nSURFACE_KEY: {ELSE}\n"
    before = {**feed(a=f"run {KEY}", b=f"run {ELSE}"), path(A, 2): torn}
    goes_on = {path(A, 3): _post(A, "run") + "REPAIRS: 2\n"}
    assert codes(judged(before, goes_on, POLICY)) == []
    takes = {path(A, 3): _post(A, f"run {KEY} {ELSE}") + "REPAIRS: 2\n"}
    assert [f.item for f in judged(before, takes, POLICY)] == [B]
