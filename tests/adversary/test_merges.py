"""Pushes of merges of every shape, over real transports.

`entrance/test_push_merges.py` has the plain ones, `test_tables.py` plays those too.
The posts of a merge may come from any parent or from none: the tip is judged against
the feed as it was, and each commit on the way against all its parents.
"""

import pytest
from adversary.over import push_over, rows_over
from harness import FREE, TAKEN, claim, path, post
from harness.crafted import blob, commit_with
from harness.pushes import Table, past, put, slip

TABLE = Table()
row = TABLE.row
THEIRS = "CAMBER:file:theirs"
THIRD = "CAMBER:file:third"


def draft(seat, branch, number, key, start="HEAD", **fields):
    """A branch of mine with one more claim; its tip."""
    item = f"CMB-{number:04d}"
    seat.git("checkout", "-q", "-B", branch, start)
    return put(seat, path(item), claim(item, key, **fields))


def published(scene):
    """The other seat has published CMB-0003 with THEIRS; I have fetched it."""
    put(scene.other, path("CMB-0003"), claim("CMB-0003", THEIRS, seat="CAMBER-07"))
    slip(scene.other)
    scene.me.git("fetch", "-q")


def merged(seat, *parents, tree=None):
    """A merge of `parents` with the posts of `tree` (or all of theirs); HEAD is it."""
    seat.git("checkout", "-q", "-f", "--detach", parents[0])
    if tree is None:
        seat.git("merge", "-q", "--no-verify", "--no-ff", "--no-edit", *parents[1:])
        return seat.tip()
    links = (part for parent in parents for part in ("-p", parent))
    made = seat.line("commit-tree", "-m", "x", *links, tree)
    seat.git("reset", "-q", "--hard", made)
    return made


def tree_of(seat, commit):
    return seat.line("rev-parse", f"{commit}^{{tree}}")


# Where the collision comes from.


@row("FF401", says="COLLIDE-WITH-CMB-0003")
def a_collision_in_the_first_parent(scene):
    mine = draft(scene.me, "mine", 4, THEIRS)
    published(scene)
    merged(scene.me, mine, "origin/main")


@row("FF401", says="COLLIDE-WITH-CMB-0003")
def a_collision_in_the_second_parent(scene):
    mine = draft(scene.me, "mine", 4, THEIRS)
    published(scene)
    merged(scene.me, "origin/main", mine)


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_collision_in_the_third_parent(scene):
    one = draft(scene.me, "one", 3, FREE)
    two = draft(scene.me, "two", 4, TAKEN, "main")
    merged(scene.me, "main", one, two)


@row()
def an_octopus_without_collision(scene):
    one = draft(scene.me, "one", 3, FREE)
    two = draft(scene.me, "two", 4, THIRD, "main")
    merged(scene.me, "main", one, two)


@row("FF401", says="COLLIDE-WITH-CMB-0004")
def two_parents_that_collide_with_each_other(scene):
    one = draft(scene.me, "one", 3, FREE)
    merged(scene.me, one, draft(scene.me, "two", 4, FREE, "main"))


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_collision_behind_a_merge_of_a_merge(scene):
    one = draft(scene.me, "one", 3, TAKEN)
    inner = merged(scene.me, draft(scene.me, "two", 4, FREE, "main"), one)
    merged(scene.me, draft(scene.me, "three", 5, THIRD, "main"), inner)


def crossed(scene, key):
    """Two branches that have merged each other, each with a claim of its own."""
    one = draft(scene.me, "one", 3, FREE)
    two = draft(scene.me, "two", 4, key, "main")
    left, right = merged(scene.me, one, two), merged(scene.me, two, one)
    merged(scene.me, left, right, tree=tree_of(scene.me, left))


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_criss_cross_with_a_collision(scene):
    crossed(scene, TAKEN)


@row()
def a_criss_cross_without_one(scene):
    crossed(scene, THIRD)


# Posts that no parent has.


def evil(scene, key):
    """The merge itself adds CMB-0005."""
    one = draft(scene.me, "one", 3, FREE)
    two = draft(scene.me, "two", 4, THIRD, "main")
    merged(scene.me, one, two)
    scene.me.write(path("CMB-0005"), claim("CMB-0005", key))
    scene.me.commit("x", "--amend", "--no-verify")


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_merge_with_a_collision_that_no_parent_has(scene):
    evil(scene, TAKEN)


@row()
def a_merge_with_a_claim_that_no_parent_has(scene):
    evil(scene, "CAMBER:page:fourth")


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_merge_with_the_same_parent_twice(scene):
    me, base = scene.me, scene.me.tip()
    commit_with(me, path("CMB-0003"), blob(me, claim("CMB-0003", TAKEN)), "100644")
    collides = tree_of(me, "HEAD")
    side = me.line("commit-tree", "-m", "y", "-p", base, tree_of(me, base))
    merged(me, base, side, side, tree=collides)


# What a merge leaves out.


@row("FF402")
def a_merge_that_keeps_mine_alone(scene):
    mine = draft(scene.me, "mine", 4, THEIRS)
    published(scene)
    merged(scene.me, "origin/main", mine, tree=tree_of(scene.me, mine))


@row("FF409", says="alters this post")
def an_edit_of_a_published_post_on_a_side_that_is_left_out(scene):
    me, base = scene.me, scene.me.tip()
    me.git("checkout", "-q", "-b", "side")
    edit = put(me, path("CMB-0001"), claim("CMB-0001", FREE, seat="CAMBER-07"))
    merged(me, base, edit, tree=tree_of(me, base))


@row("FF409", says="removes this post")
def a_removal_on_a_side_that_is_left_out(scene):
    me, base = scene.me, scene.me.tip()
    me.git("checkout", "-q", "-b", "side")
    me.git("rm", "-q", path("CMB-0001"))
    merged(me, base, past(me), tree=tree_of(me, base))


@row()
def a_colliding_draft_that_is_left_out(scene):
    """It was never on the feed: nobody could hold anything by it."""
    base = scene.me.tip()
    side = draft(scene.me, "side", 3, TAKEN)
    merged(scene.me, base, side, tree=tree_of(scene.me, base))


@row("FF402")
def a_merge_with_an_older_feed_that_wins(scene):
    """The side starts before the posts were there, so it removes nothing itself."""
    base = scene.me.tip()
    side = draft(scene.me, "side", 3, FREE, "HEAD~1")
    merged(scene.me, base, side, tree=tree_of(scene.me, side))


@row()
def what_a_merge_left_out_is_put_back(scene):
    """The middle of the push lacks a post which only one of its parents has."""
    me, base = scene.me, scene.me.tip()
    side = draft(me, "side", 3, FREE, "HEAD~1")
    merged(me, base, side, tree=tree_of(me, side))
    me.git("checkout", "-q", base, "--", "feed", "README.md")
    past(me)


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def what_a_merge_left_out_is_put_back_beside_a_claim_of_it(scene):
    me, base = scene.me, scene.me.tip()
    side = draft(me, "side", 3, TAKEN, "HEAD~1")
    merged(me, base, side, tree=tree_of(me, side))
    me.git("checkout", "-q", base, "--", "feed", "README.md")
    past(me)


@row("FF402")
def what_a_merge_left_out_is_put_back_otherwise(scene):
    me, base = scene.me, scene.me.tip()
    side = draft(me, "side", 3, TAKEN, "HEAD~1")
    merged(me, base, side, tree=tree_of(me, side))
    me.git("checkout", "-q", base, "--", "feed", "README.md")
    put(me, path("CMB-0001"), post(item="CMB-0001", state="CANCELLED"))


# Histories that have nothing in common.


def unrelated(scene, number, key):
    """A history of its own with one claim; its tip."""
    me, item = scene.me, f"CMB-{number:04d}"
    me.git("checkout", "-q", "--orphan", "other")
    me.git("rm", "-q", "-r", "-f", ".")
    me.write("feed/policy.yaml", scene.server.holds("feed/policy.yaml", "main") or "")
    return put(me, path(item), claim(item, key))


def joined(scene, other):
    me = scene.me
    me.git("checkout", "-q", "-f", "main")
    me.git(
        "merge", "-q", "--no-verify", "--no-edit", "--allow-unrelated-histories", other
    )


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def an_unrelated_history_with_a_collision(scene):
    joined(scene, unrelated(scene, 3, TAKEN))


@row()
def an_unrelated_history_without_one(scene):
    joined(scene, unrelated(scene, 3, FREE))


@row("FF402")
def an_unrelated_history_with_a_published_number(scene):
    other, base = unrelated(scene, 1, TAKEN), scene.server.tip("main")
    collides = tree_of(scene.me, other)
    merged(scene.me, base, other, tree=collides)


@row("FF405", says="would be rewritten")
def an_unrelated_history_alone(scene):
    unrelated(scene, 3, FREE)
    return ["+HEAD:refs/heads/main"]


@pytest.mark.parametrize(("row", "way"), rows_over(TABLE))
def test_merge(row, way, scene):
    push_over(row, way, scene)
