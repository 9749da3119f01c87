"""Pushes of merges: they bring in others' posts, and may change none."""

import pytest
from harness import FREE, TAKEN, claim, path, post
from harness.pushes import Table, past, play_row, put, slip

TABLE = Table()
row = TABLE.row
THEIRS = "CAMBER:file:theirs"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_push(row, scene, stress):
    play_row(row, scene, dry_run=stress or row in TABLE.of_each_verdict())


def diverge(scene, item="CMB-0004", key=FREE):
    """The other seat has published CMB-0003, and I have a draft on the old tip."""
    me = scene.me
    theirs = claim("CMB-0003", THEIRS, seat="CAMBER-07")
    put(scene.other, path("CMB-0003"), theirs)
    slip(scene.other)
    put(me, path(item), claim(item, key))
    me.git("fetch", "-q")


def merge(seat, other="origin/main", *options, ok=True):
    seat.git("merge", "-q", "--no-verify", "--no-edit", *options, other, ok=ok)


def merge_open(seat, other="origin/main"):
    """A merge that is not committed yet, conflicted or not."""
    merge(seat, other, "--no-commit", "--no-ff", ok=None)


@row()
def a_merge_with_mine_as_first_parent(scene):
    diverge(scene)
    merge(scene.me)


@row()
def a_merge_with_theirs_as_first_parent(scene):
    diverge(scene)
    scene.me.git("checkout", "-q", "-b", "side", "origin/main")
    merge(scene.me, "main")


@row("FF401", says="COLLIDE-WITH-CMB-0003")
def a_merge_that_brings_in_the_holder(scene):
    diverge(scene, key=THEIRS)
    merge(scene.me)


@row()
def a_merge_that_takes_theirs(scene):
    diverge(scene, "CMB-0003")
    merge_open(scene.me)
    scene.me.git("checkout", "-q", "--theirs", "feed")
    past(scene.me)


@row("FF402")
def a_merge_that_takes_mine(scene):
    diverge(scene, "CMB-0003")
    merge_open(scene.me)
    scene.me.git("checkout", "-q", "--ours", "feed")
    past(scene.me)


@row("FF402 FF409")
def a_merge_that_takes_neither_side(scene):
    diverge(scene, "CMB-0003")
    merge_open(scene.me)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE, priority=2))


@row("FF402")
def a_merge_that_drops_their_post(scene):
    diverge(scene)
    merge_open(scene.me)
    scene.me.git("rm", "-q", "-f", path("CMB-0003"))
    past(scene.me)


@row("FF402 FF409")
def a_merge_that_drops_a_post_of_both_sides(scene):
    diverge(scene)
    merge_open(scene.me)
    scene.me.git("rm", "-q", "-f", path("CMB-0001"))
    past(scene.me)


@row("FF402 FF409")
def a_merge_that_edits_a_post_of_both_sides(scene):
    diverge(scene)
    merge_open(scene.me)
    put(scene.me, path("CMB-0001"), claim("CMB-0001", TAKEN, seat="CAMBER-07", op="x"))


@row("FF402")
def a_merge_that_keeps_the_old_feed(scene):
    diverge(scene)
    merge(scene.me, "origin/main", "-s", "ours")


def two_drafts(scene, *items):
    """Two branches of mine, neither published, with a post each."""
    one, other = items
    scene.me.git("branch", "side")
    put(scene.me, path(one), claim(one, FREE))
    scene.me.git("checkout", "-q", "side")
    put(scene.me, path(other), claim(other, THEIRS))
    merge_open(scene.me, "main")


@row("FF409", says="removes this post")
def a_merge_that_drops_a_draft_of_both_sides(scene):
    put(scene.me, path("CMB-0003"), post(item="CMB-0003"))
    two_drafts(scene, "CMB-0004", "CMB-0005")
    scene.me.git("rm", "-q", "-f", path("CMB-0003"))
    past(scene.me)


@row("FF409", says="removes this post")
def a_merge_that_drops_a_draft_on_which_the_sides_differ(scene):
    two_drafts(scene, "CMB-0003", "CMB-0003")
    scene.me.git("rm", "-q", "-f", path("CMB-0003"))
    past(scene.me)
