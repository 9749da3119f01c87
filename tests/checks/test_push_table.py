"""Pushes of posts: what is published stays, and every commit of a push is whole."""

import pytest
from harness import FREE, MINE, TAKEN, claim, path, post
from harness.pushes import FEED, Table, past, play_row, put, slip

TABLE = Table()
row = TABLE.row
THEIRS = "CAMBER:file:theirs"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_push(row, scene, stress):
    play_row(row, scene, dry_run=stress or row in TABLE.of_each_verdict())


def bare(seat, *numbers):
    """Items without a surface, in one commit."""
    for number in numbers:
        item = f"CMB-{number:04d}"
        seat.write(path(item), post(item=item))
    past(seat)


# Claims.


@row()
def a_claim_of_what_is_free(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_claim_of_what_is_taken(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))


@row("FF401", says="COLLIDE-WITH-CMB-0004")
def two_claims_of_one_surface_in_one_commit(scene):
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE))
    put(scene.me, path("CMB-0004"), claim("CMB-0004", FREE))


@row("FF401", says="COLLIDE-WITH-CMB-0004")
def two_claims_of_one_surface_in_two_commits(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    put(scene.me, path("CMB-0004"), claim("CMB-0004", FREE))


@row()
def parking_one_item_and_claiming_for_the_next(scene):
    scene.me.write(path("CMB-0002", 2), post(item="CMB-0002", state="PARKED"))
    put(scene.me, path("CMB-0003"), claim("CMB-0003", MINE))


@row()
def a_whole_life_and_the_next_claim(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    put(scene.me, path("CMB-0003", 2), post(item="CMB-0003", state="DONE"))
    put(scene.me, path("CMB-0004"), claim("CMB-0004", FREE))


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_claim_parked_again_under_the_nose_of_the_holder(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    put(scene.me, path("CMB-0003", 2), post(item="CMB-0003", state="PARKED"))


@row("FF502", client="", says="CAMBER-07 holds CMB-0001 and is alive")
def a_takeover_while_the_lease_runs(scene):
    taken = post(item="CMB-0001", state="IN_PROGRESS", reason="it is gone", epoch=2)
    put(scene.me, path("CMB-0001", 2), taken)


@row("FF301", says="the holder CAMBER-07")
def another_seats_item(scene):
    put(scene.me, path("CMB-0001", 2), post(item="CMB-0001", state="BLOCKED", epoch=2))


# Published posts.


@row("FF402 FF409", says="CMB-0001/0002.yaml")
def an_edited_post(scene):
    put(scene.me, path("CMB-0001"), claim("CMB-0001", FREE, seat="CAMBER-07"))


@row("FF402 FF409")
def a_removed_post(scene):
    scene.me.git("rm", "-q", path("CMB-0001"))
    past(scene.me)


@row("FF402 FF409")
def a_renumbered_post(scene):
    (scene.me.folder / path("CMB-0002", 2)).parent.mkdir(parents=True, exist_ok=True)
    scene.me.git("mv", path("CMB-0002"), path("CMB-0002", 2))
    past(scene.me)


@row("FF402 FF409")
def a_published_post_made_executable(scene):
    scene.me.git("update-index", "--chmod=+x", path("CMB-0001"))
    scene.me.git("commit", "-q", "--no-verify", "-m", "x")


@row("FF402 FF409", says="this note of CAMBER-07 is published")
def an_edited_note(scene):
    note = "feed/notes/2026/11/20261120T155200Z-CAMBER-07-9f3a.yaml"
    put(scene.me, note, "SEAT: CAMBER-07\nBODY: seen\n")
    slip(scene.me)
    put(scene.me, note, "SEAT: CAMBER-07\nBODY: not seen\n")


@row("FF402 FF409", says="more")
def the_whole_feed_removed(scene):
    bare(scene.me, *range(3, 53))
    slip(scene.me)
    scene.me.git("rm", "-q", "-r", "feed")
    past(scene.me)


@row("FF409", says="alters this post")
def an_edited_post_put_back(scene):
    put(scene.me, path("CMB-0002"), claim("CMB-0002", FREE))
    put(scene.me, path("CMB-0002"), claim("CMB-0002", MINE))


# Drafts: every commit of a push is looked at.


@row("FF409", says="alters this post")
def a_post_added_and_then_edited(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE, priority=2))


@row("FF409", says="removes this post")
def a_post_added_and_then_removed(scene):
    bare(scene.me, 3)
    scene.me.git("rm", "-q", path("CMB-0003"))
    past(scene.me)


@row()
def an_edited_draft_squashed(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE, priority=2))
    scene.me.commit("squashed", "--amend", "--no-verify")


# Unreadable posts.

BROKEN = f"ITEM: CMB-0002\nSURFACE_KEY: {FREE}\nSTATE: [\n"


def slip_in(scene, where):
    """A post that cannot be read is on the feed: it came past the hooks."""
    put(scene.me, where, BROKEN)
    slip(scene.me)


@row("FF006")
def an_unreadable_post(scene):
    put(scene.me, path("CMB-0002", 2), BROKEN)


@row()
def another_item_beside_an_unreadable_post(scene):
    slip_in(scene, path("CMB-0002", 2))
    put(scene.me, path("CMB-0003"), claim("CMB-0003", THEIRS))


@row("FF401", says="COLLIDE-WITH-CMB-0002")
def a_claim_of_what_an_unreadable_post_names(scene):
    slip_in(scene, path("CMB-0002", 2))
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF309", says="REPAIRS: 2")
def a_post_after_an_unreadable_one(scene):
    slip_in(scene, path("CMB-0002", 2))
    put(scene.me, path("CMB-0002", 3), post(item="CMB-0002", state="BLOCKED"))


@row()
def the_repair_of_an_unreadable_post(scene):
    slip_in(scene, path("CMB-0002", 2))
    mended = post(item="CMB-0002", state="BLOCKED", repairs=2)
    put(scene.me, path("CMB-0002", 3), mended)


@row("FF302")
def the_repair_of_an_unreadable_first_post_without_a_reason(scene):
    slip_in(scene, path("CMB-0003"))
    put(scene.me, path("CMB-0003", 2), post(item="CMB-0003", repairs=1))


@row()
def the_repair_of_an_unreadable_first_post(scene):
    slip_in(scene, path("CMB-0003"))
    mended = post(item="CMB-0003", repairs=1, reason="nobody can read it")
    put(scene.me, path("CMB-0003", 2), mended)


@row("FF402 FF409")
def an_unreadable_post_edited_into_a_readable_one(scene):
    slip_in(scene, path("CMB-0002", 2))
    put(scene.me, path("CMB-0002", 2), post(item="CMB-0002", state="BLOCKED"))


def stream(tip, count):
    """`count` commits for `git fast-import`, each with a first post."""
    for number in range(3, count + 3):
        item = f"CMB-{number:04d}"
        text = post(item=item)
        start = f"from {tip}\n" if number == 3 else ""
        yield (
            f"commit refs/heads/many\ncommitter T <t@example.invalid> 1 +0000\n"
            f"data 1\nx\n{start}M 100644 inline {path(item)}\ndata {len(text)}\n{text}\n"
        )


@pytest.mark.parametrize("sound", [True, False])
def test_500_commits_in_one_push(scene, sound):
    scene.me.git("fast-import", "--quiet", stdin="".join(stream(scene.me.tip(), 500)))
    scene.me.git("checkout", "-q", "many")
    if not sound:
        put(scene.me, path("CMB-0250"), post(item="CMB-0250", priority=2))
    pushed = scene.me.git("push", "--no-verify", "origin", FEED, ok=sound)
    assert pushed.refusals == (set() if sound else {"FF409"})
