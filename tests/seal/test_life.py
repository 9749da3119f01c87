"""The life around a seal: every question has the answer that it had, and work goes on."""

import time

import pytest
from harness import path, post
from seal.gen_feeds import AT, SEAL, again, beyond, item_id, sealed, shard

A, B = item_id(980), item_id(981)
POSTS = shard()

QUESTIONS = (
    ("show", A),
    ("show", "CMB-1000"),
    ("log", "-n", "100"),
    ("log", A),
    ("log", "--seat", "CAMBER-06"),
    ("active",),
    ("active", "--surface-claim", "CAMBER:file:src/a.py"),
    ("next", "--dry-run"),
)
MOMENTARY = frozenset(
    {"feed", "op", "lease", "since", "retry_after", "texts", "fields", "at"}
)


def lasting(value):
    """A document without what the moment adds to it."""
    if isinstance(value, dict):
        return {k: lasting(v) for k, v in value.items() if k not in MOMENTARY}
    return [lasting(each) for each in value] if isinstance(value, list) else value


def answers(desk):
    named = {"FLEETFEED_SEAT": "CAMBER-06"}
    return [lasting(desk.json(*asked, code=None, **named)) for asked in QUESTIONS]


def test_every_answer_is_as_it_was(me, other):
    before = answers(me)
    assert len(before[2]["posts"]) == 61
    me("seal")
    assert answers(me) == before
    assert answers(other) == before
    assert me("show", A).stdout == other("show", A).stdout


def test_the_history_is_sound(desks, me):
    start = desks.tip()
    me("seal")
    me("append", A, "--state", "PARKED", "--reason", "it came back")
    assert me("audit").said.count("FF") == 0
    assert "nothing to refuse" in me("check", "--range", f"{start}..HEAD").stdout
    me.seat.git("fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize(
    "verb",
    [
        ("append", A, "--state", "IN_PROGRESS", "--reason", "it came back"),
        ("claim", A, "--reason", "it came back"),
    ],
)
def test_reopening_a_sealed_item(desks, me, other, verb):
    me("seal")
    assert "add `--reason" in other(*verb[:-2], code=1).said or verb[0] == "claim"
    document = other.json(*verb)
    assert document["posts"][0]["path"] == path(A, 3)
    assert (document["state"], document["epoch"]) == ("IN_PROGRESS", 2)
    assert me.item(A)["holder"] == "CAMBER-07"
    assert [each["number"] for each in me.item(A)["posts"]] == [1, 2, 3]
    assert A in me("active").stdout
    listed = desks.fleet.server.git("ls-tree", "-r", "--name-only", "main", "feed/CMB")
    assert listed.stdout.split() == [SEAL, path(A, 3), path("CMB-1000")]
    me("done", B, code=1)
    other("done", A)
    assert me.item(A)["state"] == "DONE"


def test_an_item_in_work_is_parked_for_a_sealed_one(me):
    mine = me.new(key="CAMBER:file:src/a.py")
    me("seal")
    me("claim", A, "--reason", "it came back", "--park", mine)
    assert [me.item(each)["state"] for each in (A, mine)] == ["IN_PROGRESS", "PARKED"]


def test_a_sealed_item_is_drafted_and_committed_by_hand(me, other):
    me("seal")
    other.seat.git("pull", "-q")
    more = ("--state", "PARKED", "--reason", "it came back")
    drafted = other("draft", A, *more).stdout
    assert path(A, 3) in drafted
    other.seat.commit("park it")
    other.seat.push()
    assert me.item(A)["state"] == "PARKED"


def test_a_note_about_a_sealed_item(me, other):
    me("seal")
    other("note", A, "--body", "the vendor answered")
    first = me.json("log", A)["posts"][0]
    assert (first["item"], first["seat"]) == (A, "CAMBER-07")


def test_the_commit_hook_knows_a_seal_by_hand(me):
    me.seat.write(SEAL, sealed(POSTS))
    me.seat.git("rm", "-r", "-q", "feed/CMB/000")
    assert me.seat.commit("a seal by hand").ok
    me.seat.push()
    assert me.item(A)["state"] == "DONE"


@pytest.mark.parametrize(
    ("posts", "code"),
    [
        (POSTS | {path(A): POSTS[path(A)].replace("work", "werk")}, "FF402"),
        ({n: t for n, t in POSTS.items() if n != path(A)}, "FF402"),
        (POSTS | {path("CMB-0001"): POSTS[path(A)].replace(A, "CMB-0001")}, "FF414"),
        (POSTS | again(A), "FF414"),
    ],
)
def test_the_commit_hook_knows_what_is_none(me, posts, code):
    me.seat.write(SEAL, sealed(posts))
    me.seat.git("rm", "-r", "-q", "feed/CMB/000")
    assert code in me.seat.commit("no seal", ok=False).refusals


def test_the_commit_hook_refuses_copies_left_beside_a_seal(me):
    me.seat.write(SEAL, sealed(POSTS))
    assert me.seat.commit("both", ok=False).refusals == {"FF024"}
    assert "a post that is sealed already" in me("check", code=1).said


def test_a_draft_in_the_work_tree_of_who_has_not_heard_of_the_seal(me, other):
    """The commit hook judges it beside the sealed feed, which it has fetched."""
    me("seal")
    me("append", A, "--state", "PARKED", "--reason", "it came back")
    other.seat.git("fetch", "-q")
    other.seat.write(path(A, 3), again(A)[path(A, 3)])
    refused = other.seat.commit("too late", ok=False)
    assert refused.refusals == {"FF402"}
    assert f"your next post is {path(A, 4)}" in refused.said


def test_a_draft_beside_a_seal_that_was_made_anew_since(me, other):
    """HEAD has the older seal, the fetched feed ref the newer one: items of both meet."""
    me("seal")
    other.seat.git("pull", "-q")
    me("claim", A, "--reason", "it came back")
    me("done", A)
    time.sleep(1.1)
    me("seal", "--older-than", "1s")
    other.seat.git("fetch", "-q")
    other.seat.write(path(A, 5), again(A, 5, epoch=3)[path(A, 5)])
    refused = other.seat.commit("before the pull", ok=False)
    assert refused.refusals == {"FF306"}
    assert "number yours 5" in refused.said
    (other.folder / path(A, 5)).unlink()
    other.seat.write(path(B, 3), again(B)[path(B, 3)])
    other.seat.commit("of another item")
    other.seat.git("pull", "-q", "--rebase")
    other.seat.push()
    assert [me.item(each)["state"] for each in (A, B)] == ["DONE", "PARKED"]


def test_a_post_that_is_too_large_keeps_its_shard_as_it_is(desks, me):
    """It slipped in, and was repaired; readers look at its first part only."""
    huge = b"ITEM: CMB-0980\nSTATE: DONE\n# " + b"x" * 1_100_000 + b"\n"
    mend = post(item=A, subject=None, state="DONE", repairs=3, at=AT)
    desks.fleet.server.disarm()
    me.seat.git("pull", "-q", "--ff-only")
    me.seat.write(path(A, 3), huge)
    me.seat.write(path(A, 4), mend)
    for name, text in (shard(1960, 40) | beyond(2000)).items():
        me.seat.write(name, text)
    me.seat.commit("too large", "--no-verify")
    me.seat.git("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main")
    me("append", "CMB-1000", "--state", "DONE")
    time.sleep(1.1)
    done = me("seal", "--older-than", "1s")
    assert done.stdout == "sealed CMB/001: 41 items, 82 posts\n"
    assert f"CMB/000/{A}/0003.yaml is too large for any post" in done.stderr
