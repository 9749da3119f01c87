"""Surfaces: design section 5, its examples and its edges."""

import pytest
from judge.gen_feeds import (
    KEY,
    PROOF,
    claim,
    codes,
    item,
    judged,
    life,
    next_post,
    policy_of,
)

from fleetfeed.model.surface import SurfaceKey, segments
from fleetfeed.model.surface_shape import key_meant, shape_flaw


def key(text):
    return SurfaceKey.of(text)


def told(text, policy=""):
    return codes(
        judged({}, life(claim(text)), policy_of(policy or "surface: optional\n"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "CAMBER:file:src/app_main.py",
        "camber:FILE:SRC/App-Main.PY",
        "  CAMBER:file:src/app-main.py ",
        "CAMBER:file:src:app_main.py",
        "CAMBER/file/src/app-main.py",
    ],
)
def test_one_surface_however_it_is_spelled(text):
    assert segments(text) == ("camber", "file", "src", "app-main.py")


@pytest.mark.parametrize(
    "text", ["CAMBER:file:a.b", "CAMBER:file:a@b", "CAMBER:file:a+b"]
)
def test_other_characters_stay_different(text):
    assert key(text) != key("CAMBER:file:a-b")


@pytest.mark.parametrize(
    ("one", "two", "contains"),
    [
        # The design's own examples.
        ("HEARTWOOD:fixture-proof:job-40729171",
         "HEARTWOOD:fixture-proof:job-40729171:auto-baseline", True),
        ("CAMBER:file:src/app", "CAMBER:file:src/app/x.py", True),
        ("CAMBER:file:src/app", "CAMBER:file:src/apple", False),
        # A surface contains itself, in any spelling.
        ("A:b:c", "A:b:c", True),
        ("A:b_x:c", "a:B-X:C", True),
        ("A:b:c/d", "A:b:c:d", True),
        # Whole segments, from the first on.
        ("A:b:c", "A:b:cd", False),
        ("A:b:c", "A:b:c-d", False),
        ("A:b:c", "X:A:b:c", False),
        ("A:b:c:e", "A:b:c:d", False),
        ("ORA:fleet-runtime-helper:feed-append", "ORBIT:queue-helper:feed-append", False),
    ],
)  # fmt: skip
def test_containment(one, two, contains):
    assert key(one).contains(key(two)) is contains
    assert key(one).overlaps(key(two)) is contains
    assert key(two).overlaps(key(one)) is contains
    if key(one) != key(two):
        assert not key(two).contains(key(one))


@pytest.mark.parametrize(
    "text",
    [
        "CAMBER:bt-push-readiness:known_production_bt_job_ids",
        "HEARTWOOD:fixture-proof:job-40729171:auto-baseline",
        "ORA:fleet-runtime-helper:feed-append",
        "CAMBER:file:src/app/x.py",
        "CAMBER:branch:a@b+c#1",
        "CAMBER:file:" + "x" * 1012,
        "CAMBER:file:app/blog/[id]/page.tsx",
        "CAMBER:file:(group)/$x/@scope/~a&b='c';d",
        "CAMBER:file:a b/\uff41é漢字.py",
        "ДОМ:файл:_/...",
        "CAMBER:file:%61ll",
        "CAMBER:file:%2A%3f%3A%5C%25%E2%80%8D%20",
        "CAMBER:file:allocator",
        "CAMBER:file:any-of",
        "CAMBER:file:all/of-it",
    ],
)
def test_a_good_key_is_claimed(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # Too local, too broad: the segments are counted by `:` alone.
        ("my-branch", "FF202"),
        ("src/app/x.py", "FF202"),
        ("CAMBER/file/x", "FF202"),
        ("CAMBER:all-bt", "FF203"),
        ("CAMBER:src/app", "FF203"),
        ("CAMBER:file:all", "FF203"),
        ("CAMBER:file:ALL", "FF203"),
        ("CAMBER:file:any", "FF203"),
        ("CAMBER:file:*", "FF203"),
        ("CAMBER:file:src/*", "FF203"),
        # Empty segments.
        ("CAMBER::x", "FF201"),
        (":file:x", "FF201"),
        ("CAMBER:file:", "FF201"),
        ("CAMBER:file:src//x", "FF201"),
        ("CAMBER:file:src/", "FF201"),
        ("CAMBER:file:/src", "FF201"),
        (":::", "FF201"),
        (":", "FF201"),
        ("//", "FF202"),
        # Characters and length.
        ("CAMBER:file: a", "FF201"),
        ("CAMBER:file:a\u00a0b", "FF201"),
        ("CAMBER:file:*.py", "FF201"),
        ("CAMBER:file:a?b", "FF201"),
        ("CAMBER:file:a\\b", "FF201"),
        ("CAMBER:file:" + "x" * 1013, "FF201"),
        ("CAMBER:file:" + "é" * 507, "FF201"),
        # Escapes.
        ("CAMBER:file:100%", "FF201"),
        ("CAMBER:file:%E9", "FF201"),
        ("CAMBER:file:a%2Fb", "FF201"),
        ("CAMBER:file:a%00", "FF201"),
        # No second spelling of a path; a lane and a family have names.
        ("CAMBER:file:./a", "FF201"),
        ("CAMBER:file:a/%2e%2E/b", "FF201"),
        ("_:file:a", "FF201"),
        ("CAMBER:-:a", "FF201"),
        ("CAMBER:file:**", "FF203"),
        ("CAMBER:file:src/**", "FF203"),
    ],
)  # fmt: skip
def test_a_bad_key_is_refused(text, code):
    assert code in told(text)
    flaw = shape_flaw(text)
    assert flaw
    assert flaw.code == code


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CAMBER:file:src/**", "CAMBER:file:src"),
        ("CAMBER:file:src/*.py", "CAMBER:file:src"),
        ("CAMBER:file:src/*/x.py", "CAMBER:file:src"),
        ("CAMBER:file:*.py", ""),
        ("CAMBER:file:*", ""),
        ("CAMBER:file:src\\app\\*.c", "CAMBER:file:src/app"),
        ("CAMBER:file:what?.md", "CAMBER:file:what%3F.md"),
        ("CAMBER:file:100%.csv", "CAMBER:file:100%25.csv"),
        ("CAMBER:file:a%2fb", "CAMBER:file:a/b"),
        ("CAMBER:file:a\u200db", "CAMBER:file:a%E2%80%8Db"),
        ("CAMBER:file:a\u00a0b", "CAMBER:file:a%C2%A0b"),
        ("CAMBER: file: a /b", "CAMBER:file:%20a%20/b"),
        ("CAMBER:file:/src//a/", "CAMBER:file:src/a"),
        ("CAMBER:file:./src/x/../a", "CAMBER:file:src/a"),
        ("CAMBER:file:../a", ""),
        ("CAMBER:file:%E9", ""),
        ("CAMBER:file:\udce9", ""),
        ("CAMBER::a", ""),
        ("src/a.py", ""),
        ("CAMBER:file:a", ""),
    ],
)  # fmt: skip
def test_a_bad_key_comes_with_the_one_to_write(text, meant):
    assert key_meant(text) == meant
    assert not meant or shape_flaw(meant) is None


def test_the_line_to_write_can_be_pasted():
    (found,) = judged({}, life(claim("CAMBER:file:src\\a #1")))
    assert found.mended == 'SURFACE_KEY: "CAMBER:file:src/a #1"'
    assert told("CAMBER:file:src/a #1") == []


@pytest.mark.parametrize("text", [":::", "//", "none of it"])
def test_what_cannot_be_a_key_never_silently_lets_go(text):
    posts = (claim(KEY),)
    after = next_post(posts, **claim(text))
    found = judged(life(*posts), after)
    assert any(f.rejects and f.code.startswith("FF20") for f in found)


def test_the_lane_is_one_of_the_policys_where_it_lists_any():
    policy = "lanes: [CAMBER, ORA_2]\n"
    assert told("CAMBER:file:a", policy) == []
    assert told("camber:file:a", policy) == []
    assert told("ora-2:file:a", policy) == []
    assert told("CAMBRE:file:a", policy) == ["FF204"]
    assert told("CAMBRE:file:a") == []


def test_a_list_is_held_as_a_whole():
    both = item(claim(["CAMBER:file:a", "ORA:file:b"]))
    assert [str(held) for held in both.held] == ["camber:file:a", "ora:file:b"]


def test_a_list_may_not_overlap_itself():
    assert told(["CAMBER:file:a", "CAMBER:file:b"]) == []
    assert told(["CAMBER:file:a", "CAMBER:file:a:b"]) == ["FF205"]
    assert told(["CAMBER:file:a_b", "camber:FILE:a-b"]) == ["FF205"]


def test_one_bad_key_of_a_list_is_found():
    assert told(["CAMBER:file:a", "ORA:all-of-it"]) == ["FF203"]


# Shape, lane and proof are judged where a key is acquired that the item never held.
NARROW = policy_of("lanes: [ORA]\n")


def test_new_rules_bind_new_keys_alone():
    posts = (claim(KEY), {"seat": "CAMBER-06", "state": "PARKED"})
    back = {"seat": "CAMBER-06", "state": "IN_PROGRESS"}
    assert codes(judged(life(*posts), next_post(posts, **back), NARROW)) == []
    other = claim("CAMBER:file:b")
    assert codes(judged(life(*posts), next_post(posts, **other), NARROW)) == ["FF204"]


@pytest.mark.parametrize("state", ["AWAITING_CLAIM", "IN_PROGRESS"])
def test_a_proof_is_wanted_with_a_new_key(state):
    first = claim(KEY, state=state, no_overlap_proof=None)
    assert codes(judged({}, life(first))) == ["FF206"]


@pytest.mark.parametrize("state", ["BLOCKED", "PARKED", "DONE", "CANCELLED"])
def test_a_key_at_rest_is_recorded_and_claims_nothing(state):
    first = claim(KEY, state=state, no_overlap_proof=None)
    assert codes(judged({}, life(first))) == []
    assert item(first).held == ()
    assert [str(k) for k in item(first).keys] == ["camber:file:a"]


def test_a_key_recorded_at_rest_is_judged_when_it_is_acquired():
    posts = (claim(KEY, state="PARKED"),)
    bare = {"seat": "CAMBER-06", "state": "IN_PROGRESS"}
    assert codes(judged(life(*posts), next_post(posts, **bare))) == ["FF206"]
    proven = {**bare, "no_overlap_proof": PROOF}
    assert codes(judged(life(*posts), next_post(posts, **proven))) == []
    assert codes(judged(life(*posts), next_post(posts, **proven), NARROW)) == ["FF204"]
    broad = (claim("CAMBER:all-bt", state="PARKED"),)
    assert codes(judged(life(*broad), next_post(broad, **proven))) == ["FF203"]


@pytest.mark.parametrize("state", ["BLOCKED", "PARKED", "DONE", "CANCELLED"])
def test_a_bad_key_at_rest_is_warned_of(state):
    (found,) = judged({}, life(claim("CAMBER:all-bt", state=state)))
    assert (found.code, found.rejects) == ("FF203", False)


def test_a_key_held_once_may_be_said_again_whatever_its_shape():
    posts = (claim("CAMBER:all-bt"),)
    assert judged(life(*posts), next_post(posts, **claim("CAMBER:all-bt"))) == ()


def test_a_key_held_once_needs_no_proof_again():
    posts = (
        claim(KEY),
        claim("CAMBER:file:b"),
        {"seat": "CAMBER-06", "state": "IN_PROGRESS", "surface_key": KEY},
    )
    assert codes(judged(life(*posts[:2]), next_post(posts[:2], **posts[2]))) == []


def test_the_policy_may_want_a_surface_on_every_active_post():
    wanted = policy_of("surface: required\n")
    bare = {"seat": "CAMBER-06", "state": "IN_PROGRESS"}
    assert codes(judged({}, life(bare), policy_of("surface: optional\n"))) == []
    assert codes(judged({}, life(bare), wanted)) == ["FF209"]
    assert codes(judged({}, life({**bare, "state": "PARKED"}), wanted)) == []
    assert (
        codes(judged(life(claim(KEY)), next_post((claim(KEY),), **bare), wanted)) == []
    )
    released = {**bare, "surface_key": "none"}
    after = next_post((claim(KEY),), **released)
    assert codes(judged(life(claim(KEY)), after, wanted)) == ["FF209"]


NO_KEY = {"surface_key": "none"}
WHY = {"reason": "an objective; its parts have keys"}
A_SEAT, B_SEAT = {"seat": "CAMBER-06"}, {"seat": "ORA-01"}
FILED, BEGUN = (
    {**A_SEAT, "state": "AWAITING_CLAIM"},
    {**A_SEAT, "state": "IN_PROGRESS"},
)


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        # The posts of an item, the last of them judged: (optional, warn, required).
        ([FILED], "..R"),
        ([BEGUN], ".wR"),
        ([FILED, BEGUN], ".wR"),
        ([{**BEGUN, **NO_KEY}], ".wR"),
        ([{**BEGUN, **NO_KEY, **WHY}], "..."),
        ([{**FILED, **NO_KEY, **WHY}], "..."),
        ([{**BEGUN, **WHY}], ".wR"),
        # Going on without a key is no claim.
        ([BEGUN, BEGUN], "..."),
        ([{**BEGUN, **NO_KEY, **WHY}, BEGUN], "..."),
        ([FILED, FILED], "..."),
        # Another seat's is one; given over, the policy that requires a key asks again.
        ([FILED, {**BEGUN, **B_SEAT}], ".wR"),
        ([BEGUN, {**BEGUN, "owner": "ORA-01", "epoch": 2}], "..R"),
        # Letting go of a key, at rest, and back.
        ([claim(KEY), {**BEGUN, **NO_KEY}], ".wR"),
        ([claim(KEY), {**BEGUN, **NO_KEY, **WHY}], "..."),
        ([BEGUN, {**A_SEAT, "state": "PARKED"}], "..."),
        ([BEGUN, {**A_SEAT, "state": "PARKED"}, BEGUN], ".wR"),
        ([claim(KEY), {**A_SEAT, "state": "PARKED"}, BEGUN], "..."),
        ([BEGUN, {**A_SEAT, "state": "DONE"}], "..."),
    ],
)
def test_a_claim_without_a_surface_is_let_through_warned_of_or_refused(posts, said):
    found = []
    for word in ("optional", "warn", "required"):
        policy = policy_of(f"surface: {word}\n")
        told = judged(life(*posts[:-1]), life(*posts), policy)
        letters = {f.rejects for f in told if f.code == "FF209"}
        found.append({True: "R", False: "w"}[letters.pop()] if letters else ".")
    assert "".join(found) == said


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("stewards: [FLEET-01]\n", "so nobody is kept"),
        ("surface: required\n", "and the policy wants"),
    ],
)
def test_it_is_said_why_a_surface_is_wanted(policy, why):
    (found,) = judged({}, life({"state": "IN_PROGRESS"}), policy_of(policy))
    assert found.message.startswith(f"CMB-0001 is claimed without a surface, {why}")
