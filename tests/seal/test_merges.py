"""Branches from before a seal, merged after it; and seals on both sides."""

import pytest
from harness import path, post
from seal.gen_feeds import AT, SEAL, again, item_id, life, sealed, shard

A, B = item_id(980), item_id(990)
POSTS = shard()


@pytest.fixture
def late(desks):
    """A clone whose branch `topic` reopens an item, from before the seal."""
    seat = desks.of("CAMBER-07").seat
    seat.git("checkout", "-q", "-b", "topic")
    for name, text in again(A).items():
        seat.write(name, text)
    seat.commit("reopen it")
    return seat


def listed(seat, commit="HEAD"):
    names = seat.git("ls-tree", "-r", "--name-only", commit, "feed/CMB").stdout
    return names.split()


WAYS = {
    "merge": (("merge", "-q", "--no-edit", "origin/main"),),
    "rebase": (("rebase", "-q", "origin/main"),),
    "pull": (("pull", "-q", "--no-rebase", "--no-edit", "origin", "main"),),
    "pull-rebase": (("pull", "-q", "--rebase", "origin", "main"),),
    "cherry-pick": (
        ("checkout", "-q", "-b", "other", "origin/main"),
        ("cherry-pick", "topic"),
    ),
    "merged-into-main": (
        ("checkout", "-q", "main"),
        ("pull", "-q", "--ff-only"),
        ("merge", "-q", "--no-edit", "topic"),
    ),
}
LARGE = {"pull", "pull-rebase", "merged-into-main"}
ways = pytest.mark.parametrize(
    "way",
    [pytest.param(w, marks=pytest.mark.large if w in LARGE else []) for w in WAYS],
)


def bring(seat, way, *config):
    """Bring branch and feed ref together; whether git could."""
    seat.git("fetch", "-q")
    for args in WAYS[way]:
        done = seat.git(*config, *args, ok=None)
    return done


@ways
def test_a_branch_from_before_the_seal(desks, me, late, way):
    me("seal")
    assert bring(late, way).ok
    assert listed(late) == [SEAL, path(A, 3), path("CMB-1000")]
    late.push()
    assert me.item(A)["state"] == "PARKED"
    assert me("audit").said.count("FF") == 0


def look_alikes(me):
    """Later posts of which git may think that they are the sealed ones, renamed."""
    me.seat.git("pull", "-q", "--ff-only")
    for number in (1001, 1002, 1003):
        for name, text in life(item_id(number)).items():
            me.seat.write(name, text)
    me.seat.commit("later items")
    me.seat.push()


NO_RENAMES = ("-c", "merge.directoryRenames=false")


@ways
def test_a_branch_from_before_where_later_posts_look_alike(me, late, way):
    """git may take the sealed item's folder for renamed, and asks where a post is to go.

    It does not where it is told that folders of a feed are not renamed. (A cherry-pick
    compares with the commit's own parent, and a rebase does, too.)
    """
    me("seal")
    look_alikes(me)
    asked = bring(late, way)
    if not asked.ok:
        assert "CONFLICT (file location)" in asked.said
        for abort in ("merge", "rebase", "cherry-pick"):
            late.git(abort, "--abort", ok=None)
        late.git("checkout", "-q", "topic")
        late.git("branch", "-D", "other", ok=None)
        assert bring(late, way, *NO_RENAMES).ok
    assert {SEAL, path(A, 3)} <= set(listed(late))
    late.push()
    assert me.item(A)["state"] == "PARKED"


def test_what_git_suggests_for_a_renamed_folder_is_refused(me, late):
    """The post would stand in another item: nobody gets that past the judge."""
    me("seal")
    look_alikes(me)
    assert "CONFLICT (file location)" in bring(late, "merge").said
    late.git("add", "-A")
    refused = late.git("commit", "-q", "--no-edit", ok=False)
    assert "FF105" in refused.refusals
    past = late.git("commit", "-q", "--no-edit", "--no-verify")
    assert past.ok
    assert "FF105" in late.git("push", "origin", "HEAD:refs/heads/main", ok=False).said


def seal_by_hand(seat, posts):
    seat.write(SEAL, sealed(posts))
    seat.git("rm", "-r", "-q", "--ignore-unmatch", "feed/CMB/000")
    seat.commit("a seal by hand")


def test_both_sides_have_sealed_the_same(desks, me):
    other = desks.of("CAMBER-07").seat
    seal_by_hand(other, POSTS)
    me("seal")
    other.git("fetch", "-q")
    other.git("merge", "-q", "--no-edit", "origin/main")
    other.push()
    assert listed(other) == [SEAL, path("CMB-1000")]


def test_both_sides_have_sealed_and_one_has_more(desks, me):
    """git says that it conflicts; the file that has more is the right one."""
    other = desks.of("CAMBER-07").seat
    seal_by_hand(other, POSTS)
    more = again(A) | again(A, 4, "DONE")
    for name, text in more.items():
        me.seat.write(name, text)
    me.seat.commit("reopened, and done")
    seal_by_hand(me.seat, POSTS | more)
    me.seat.push()
    other.git("fetch", "-q")
    assert "CONFLICT (add/add)" in other.git("merge", "origin/main", ok=False).said
    unsettled = other.git("commit", "-q", "--no-edit", ok=False)
    assert not unsettled.ok
    # What is in the work tree has git's marks in it, and is no sealed shard.
    other.git("add", "-A")
    assert "FF024" in other.git("commit", "-q", "--no-edit", ok=False).refusals
    other.git("checkout", "origin/main", "--", SEAL)
    other.git("commit", "-q", "--no-edit")
    other.push()
    assert me.item(A)["epoch"] == 2


def test_a_post_of_a_branch_that_has_the_seal_apart(desks, me, late):
    """The branch's own posts of two items, one of them sealed, in several commits."""
    late.write(path(B, 3), again(B)[path(B, 3)])
    late.write(path("CMB-1001"), post(item="CMB-1001", subject="a page", at=AT))
    late.commit("more")
    me("seal")
    assert bring(late, "rebase").ok
    late.push()
    assert [me.item(each)["state"] for each in (A, B)] == ["PARKED", "PARKED"]
