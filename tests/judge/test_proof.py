"""The proof: who must give one, what it has to name, and the line to complete."""

import pytest
from harness import path
from judge.gen_feeds import (
    KEY,
    PROOF,
    codes,
    item,
    judged,
    life,
    next_post,
    policy_of,
    snapshot,
)

from fleetfeed.feed.near import MOST_TOLD
from fleetfeed.feed.overlay import with_files
from fleetfeed.judge.validate import validate
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.post_reader import read_fields

STRICT = policy_of("proof: reject\n")
ME, OTHER = "CAMBER-06", "CAMBER-07"


def claim(text, **more):
    return {
        "seat": ME,
        "state": "IN_PROGRESS",
        "surface_key": text,
        "no_overlap_proof": PROOF,
        **more,
    }


def near(number=2, state="IN_PROGRESS", key=f"{KEY}.py"):
    """The feed of one item that is near KEY, or of one that has it at rest."""
    return life(claim(key, state=state), item=f"CMB-{number:04d}")


SAYING_NOTHING = [
    "n/a", "N/A.", "none", "tbd", "TBD!", "-", "…", "todo", "no overlap", "different",
    "CMB-0002", "CMB-0002, ORA-0001", "apart from CMB-0002", "see cmb-0002 and CMB-0003",
    "no overlap with CMB-0002", "…; apart from CMB-0002 (…)",
    "another file; apart from CMB-0002 (…)",
]  # fmt: skip
SAYING_SOMETHING = [
    PROOF, "no other work here", "CMB-0002 changes the lexer", "这是另一个文件",
    "другой файл, чем CMB-0002", "a.py only", "a1b2c3d",
]  # fmt: skip


@pytest.mark.parametrize("proof", SAYING_NOTHING)
def test_a_proof_that_says_nothing_is_refused(proof):
    assert codes(judged({}, life(claim(KEY, no_overlap_proof=proof)))) == ["FF207"]


@pytest.mark.parametrize("there", [False, True])
def test_a_history_that_moves_whole_is_only_warned_of_a_list_of_items(there):
    before = near(key="CAMBER:page:x") if there else {}
    for proof, rejects in (
        ("CMB-0009", there),
        ("apart from CMB-0009", there),
        ("none", True),
    ):
        (found,) = judged(before, life(claim(KEY, no_overlap_proof=proof)))
        assert (found.code, found.rejects) == ("FF207", rejects)


@pytest.mark.parametrize("proof", SAYING_SOMETHING)
def test_a_proof_that_says_something_passes(proof):
    assert codes(judged({}, life(claim(KEY, no_overlap_proof=proof)))) == []


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (PROOF, ["FF208"]),
        ("CMB-0002 changes the other file", []),
        ("cmb-0002 changes the other file", []),
        ("CMB-00021 changes the other file", ["FF208"]),
        ("XCMB-0002 changes the other file", ["FF208"]),
        ("CMB-0002-a changes the other file", []),
    ],
)
def test_a_proof_names_the_nearby_items(proof, expected):
    new = life(claim(KEY, no_overlap_proof=proof))
    found = judged(near(), new)
    assert codes(found) == expected
    assert not any(f.rejects for f in found)
    found = judged(near(), new, STRICT)
    assert any(f.rejects for f in found) is bool(expected)


# Each step of an item: the posts before, the post, and when it is asked for a proof:
# always, where something near is not named by an earlier one, or never.
FILED = claim(KEY, seat=OTHER, state="AWAITING_CLAIM")
OWN = claim(KEY, state="AWAITING_CLAIM")
HELD = claim(KEY)
THEIRS = claim(KEY, seat=OTHER)


def then(state, **more):
    return {"seat": ME, "state": state, "reason": "because", **more}


ALWAYS, IF_NEAR, NEVER = "always", "if near", "never"
STEPS = [
    ("a first post that awaits its claim", (), then("AWAITING_CLAIM", surface_key=KEY), ALWAYS),
    ("a first post that claims", (), then("IN_PROGRESS", surface_key=KEY), ALWAYS),
    ("a first post at rest", (), then("BLOCKED", surface_key=KEY), NEVER),
    ("a first post that ends", (), then("DONE", surface_key=KEY), NEVER),
    ("a key named later", (then("IN_PROGRESS"),), then("IN_PROGRESS", surface_key=KEY), ALWAYS),
    ("a key moved to", (claim("CAMBER:file:z"),), then("IN_PROGRESS", surface_key=KEY), ALWAYS),
    ("a key recorded at rest, taken up", (then("PARKED", surface_key=KEY),), then("IN_PROGRESS"), ALWAYS),
    ("a key recorded at rest, offered", (then("PARKED", surface_key=KEY),), then("AWAITING_CLAIM"), ALWAYS),
    ("another's filed item claimed", (FILED,), then("IN_PROGRESS"), IF_NEAR),
    ("one's own filed item claimed", (OWN,), then("IN_PROGRESS"), NEVER),
    ("resumed from BLOCKED", (HELD, then("BLOCKED")), then("IN_PROGRESS"), IF_NEAR),
    ("resumed from PARKED", (HELD, then("PARKED")), then("IN_PROGRESS"), IF_NEAR),
    ("offered from PARKED", (HELD, then("PARKED")), then("AWAITING_CLAIM"), IF_NEAR),
    ("reopened", (HELD, then("DONE")), then("IN_PROGRESS", epoch=2), IF_NEAR),
    ("reopened from CANCELLED", (HELD, then("CANCELLED")), then("IN_PROGRESS", epoch=2), IF_NEAR),
    ("a former key again", (HELD, claim("CAMBER:file:z")), then("IN_PROGRESS", surface_key=KEY), IF_NEAR),
    ("taken over", (THEIRS,), then("IN_PROGRESS", epoch=2), IF_NEAR),
    ("claimed after a release", (HELD, then("AWAITING_CLAIM")), then("IN_PROGRESS", seat=OTHER, epoch=2), IF_NEAR),
    ("renewed", (HELD,), then("IN_PROGRESS"), NEVER),
    ("resumed while in progress", (HELD,), then("IN_PROGRESS", epoch=2), NEVER),
    ("handed over", (HELD,), then("IN_PROGRESS", owner=OTHER, epoch=2), NEVER),
    ("given to a third", (THEIRS,), then("IN_PROGRESS", owner="ORA-09", epoch=2), NEVER),
    ("an offer amended by whom it names", ({**FILED, "owner": ME},), then("AWAITING_CLAIM"), NEVER),
    ("released", (HELD,), then("AWAITING_CLAIM"), NEVER),
    ("blocked", (HELD,), then("BLOCKED"), NEVER),
    ("parked", (HELD,), then("PARKED"), NEVER),
    ("done", (HELD,), then("DONE"), NEVER),
    ("the key let go", (HELD,), then("IN_PROGRESS", surface_key="none"), NEVER),
]  # fmt: skip
TAKING_UP = [row for row in STEPS if row[3] == IF_NEAR]


def judged_step(posts, post, feed, proof=None):
    """What is said of `post` upon `posts` of CMB-0001, beside `feed`."""
    given = {**post, **({"no_overlap_proof": proof} if proof else {})}
    before = {**life(*posts), **feed}
    return judged(before, next_post(posts, **given), STRICT, "lapsed")


@pytest.mark.parametrize(("name", "posts", "post", "asked"), STEPS)
def test_who_must_prove(name, posts, post, asked):
    alone, beside = (codes(judged_step(posts, post, feed)) for feed in ({}, near()))
    assert alone == (["FF206"] if asked == ALWAYS else [])
    assert beside == {ALWAYS: ["FF206"], IF_NEAR: ["FF208"], NEVER: []}[asked]
    if asked != NEVER:
        assert codes(judged_step(posts, post, near(), PROOF)) == ["FF208"]
        assert codes(judged_step(posts, post, near(), "CMB-0002")) == ["FF207"]
        named = judged_step(posts, post, near(), "CMB-0002 is about the type stubs")
        assert codes(named) == []


@pytest.mark.parametrize(("name", "posts", "post", "asked"), TAKING_UP)
def test_what_an_earlier_proof_names_is_not_asked_for_again(name, posts, post, asked):
    said = "CMB-0002 is about the type stubs"
    proven = ({**posts[0], "no_overlap_proof": said}, *posts[1:])
    found = codes(judged_step(proven, post, near()))
    # Another key in between has other neighbours.
    assert found == (["FF208"] if name == "a former key again" else [])


def test_a_proof_adds_to_what_was_said_of_the_same_keys():
    named = {"no_overlap_proof": "not the stubs of CMB-0002"}
    more = then("IN_PROGRESS", no_overlap_proof="nor the lexer of ORA-0007")
    assert item(claim(KEY, **named), more).apart_from == ("CMB-0002", "ORA-0007")
    again = {**more, "surface_key": KEY}
    assert item(claim(KEY, **named), again).apart_from == ("CMB-0002", "ORA-0007")
    moved = claim("CAMBER:file:z", no_overlap_proof="not CMB-0009's half")
    assert item(claim(KEY, **named), moved).apart_from == ("CMB-0009",)
    assert item(claim(KEY, **named), then("PARKED")).apart_from == ("CMB-0002",)


def test_half_done_work_is_told_with_its_holder():
    for state in ("BLOCKED", "PARKED"):
        (found,) = judged(near(state=state, key=KEY), life(claim(KEY)))
        told = f"CMB-0002 of {ME} is near ({KEY}, half-done, {state})"
        assert found.message.startswith(told)
    for state in ("DONE", "CANCELLED"):
        assert judged(near(state=state, key=KEY), life(claim(KEY))) == ()


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ({"state": "PARKED"}, []),
        ({"state": "DONE"}, []),
        ({"state": "IN_PROGRESS", "surface_key": "none"}, []),
        ({"state": "IN_PROGRESS"}, ["FF208"]),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_neighbour_that_lets_go_in_the_same_push_is_near_no_more(then, expected):
    post = next_post((claim("CAMBER:file:b"),), seat=ME, **then)
    ((_, text),) = post.items()
    theirs = {path("CMB-0002", 2): text.replace("CMB-0001", "CMB-0002")}
    found = judged(near(), {**theirs, **life(claim(KEY))}, STRICT)
    assert codes([f for f in found if f.rejects]) == expected


def test_what_is_parked_in_the_same_push_lies_there():
    held = life(claim(KEY), item="CMB-0002")
    parked = next_post((claim(KEY),), **then("PARKED"))
    ((_, text),) = parked.items()
    theirs = {path("CMB-0002", 2): text.replace("CMB-0001", "CMB-0002")}
    assert codes(judged(held, {**theirs, **life(claim(KEY))}, STRICT)) == ["FF208"]
    named = claim(KEY, no_overlap_proof="CMB-0002 is parked for it")
    assert codes(judged(held, {**theirs, **life(named)}, STRICT)) == []


def test_a_neighbour_of_the_same_push_is_only_warned_of():
    both = {**near(), **life(claim(KEY))}
    found = judged({}, both, STRICT)
    assert codes(found) == ["FF208", "FF208"]
    assert not any(f.rejects for f in found)
    third = near(3, key=f"{KEY}.ts")
    assert [f.rejects for f in judged(third, both, STRICT)] == [True, True]


def test_the_policys_families_count():
    any_lane = policy_of("families: {file: {paths: true, lane: any}}\n")
    there = near(key="ORA:file:src/b")
    new = life(claim("CAMBER:file:src/a"))
    assert codes(judged(there, new)) == []
    assert codes(judged(there, new, any_lane)) == ["FF208"]


def test_many_of_the_same_push_hide_none_that_stood():
    new = {**crowd(12), **life(claim("CAMBER:file:src/a"))}
    stood = near(8000, key="CAMBER:file:src/last")
    found = judged(stood, new, STRICT)
    mine = [f for f in found if f.place.path == path("CMB-0001")]
    assert [(f.code, f.rejects) for f in mine] == [("FF208", True)]
    assert mine[0].message.startswith("CMB-8000 of")


def crowd(many):
    """`many` claims beside CAMBER:file:src/a, and as many elsewhere in the family."""
    files = {}
    for number in range(2, 2 + many):
        files |= near(number, key=f"CAMBER:file:src/{number}.py")
        files |= near(number + 5000, key=f"CAMBER:file:{number}/a")
    return files


@pytest.mark.parametrize("many", [1, 3, MOST_TOLD, 25])
def test_all_are_told_at_once_and_the_line_to_complete_passes(many):
    before, new = crowd(many), claim("CAMBER:file:src/a")
    for proof, code in ((PROOF, "FF208"), ("n/a", "FF207"), (None, "FF206")):
        post = life({**new, "no_overlap_proof": proof})
        (found,) = judged(before, post, STRICT)
        assert (found.code, found.rejects) == (code, True)
        items = [f"CMB-{n:04d}" for n in range(2, 2 + min(many, MOST_TOLD))]
        for each in items:
            assert f"{each} of {ME} is near (CAMBER:file:src/" in found.message
        assert ("; and 15 more; " in found.message) is (many > MOST_TOLD)
        assert found.message.count(" is near (") == len(items)
        assert len(found.message) < 1000
        filled = found.mended.replace("…", "its own file")
        fields = read_fields(
            f"ITEM: CMB-0001\nSTATE: DONE\nSEAT: A\n{filled}\n".encode()
        )
        proven = life({**new, "no_overlap_proof": fields["NO_OVERLAP_PROOF"]})
        assert judged(before, proven, STRICT) == ()
        unfilled = read_fields(f"ITEM: CMB-1\n{found.mended}\n".encode())
        if unfilled:
            again = life({**new, "no_overlap_proof": unfilled["NO_OVERLAP_PROOF"]})
            assert codes(judged(before, again, STRICT)) == ["FF207"]


def test_of_a_thousand_in_one_family_ten_have_to_be_named():
    feed = snapshot(crowd(1000))

    def said(key, proof=PROOF):
        """What is said of one new claim: the feed is read once for all."""
        files = life(claim(key, no_overlap_proof=proof))
        new = {n.removeprefix("feed/"): text.encode() for n, text in files.items()}
        after = feed.changed_to(with_files(feed.tree, new))
        return validate(feed, after, STRICT, no_signs)

    (found,) = said("CAMBER:file:src/a")
    assert "; and 990 more; look, and name each in NO_OVERLAP_PROOF" in found.message
    assert found.message.count(" is near (") == MOST_TOLD
    assert len(found.message) + len(found.mended) < 1500
    named = ", ".join(f"CMB-{n:04d}" for n in range(2, 12))
    assert said("CAMBER:file:src/a", f"its own file, not {named}") == ()
    assert said("CAMBER:file:lib/a") == ()


def test_the_nearest_ten_are_what_must_be_named():
    before, new = crowd(20), claim("CAMBER:file:src/a")
    nine = ", ".join(f"CMB-{n:04d}" for n in range(2, 11))
    proof = f"its own file, not {nine}"
    (found,) = judged(before, life({**new, "no_overlap_proof": proof}), STRICT)
    assert found.message.startswith("CMB-0011 of")
    assert found.message.count(" is near (") == 1
    assert found.item == "CMB-0011"
    others = ", ".join(f"CMB-{n:04d}" for n in range(12, 22))
    proof = f"its own file, not {others}"
    (found,) = judged(before, life({**new, "no_overlap_proof": proof}), STRICT)
    assert found.message.count(" is near (") == 10


def test_a_long_proof_is_not_said_again():
    proof = "its own file, " * 60
    (found,) = judged(near(), life(claim(KEY, no_overlap_proof=proof)))
    assert (found.code, found.mended) == ("FF208", "")


@pytest.mark.parametrize("proof", ["it's: a # file", 'a "quoted" \\ one', "two\nlines"])
def test_the_line_to_complete_repeats_what_was_said(proof):
    (found,) = judged(near(), life(claim(KEY, no_overlap_proof=proof)))
    text = f"ITEM: CMB-0001\nSTATE: DONE\nSEAT: A\n{found.mended}\n"
    fields = read_fields(text.encode())
    said = " ".join(proof.split())
    assert fields["NO_OVERLAP_PROOF"] == f"{said}; apart from CMB-0002 (…)"


def test_one_that_is_near_is_to_be_named_by_its_number_and_several_each():
    for feed, which in ((near(), "CMB-0002"), (near() | near(3), "each")):
        (found,) = judged(feed, life(claim(KEY)))
        assert found.message.endswith(f"; look, and name {which} in NO_OVERLAP_PROOF")


def test_a_claim_without_proof_is_shown_where_its_surface_stands():
    files = life(claim(KEY, no_overlap_proof=None))
    ((_, text),) = files.items()
    (found,) = judged({}, files)
    assert text.splitlines()[found.place.line - 1].startswith("SURFACE_KEY:")


def test_a_proof_of_empty_words_is_told_so():
    (found,) = judged({}, life(claim(KEY, no_overlap_proof="tbd")))
    assert "NO_OVERLAP_PROOF 'tbd' says nothing; " in found.message
