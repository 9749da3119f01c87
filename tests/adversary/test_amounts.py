"""Small packs that mean much: the server must answer soon, and refuse."""

import subprocess
import time
from itertools import product

import pytest
from harness import TAKEN, claim, path
from harness.crafted import blob, commit_with, tree
from harness.pushes import FEED, everything, slip
from harness.rows import of_each_kind
from harness.transport import GIT_DAEMON

SECONDS = 10


def folders(seat, levels):
    """A folder of ten folders of ten folders …, of a few objects in all; its id."""
    id_ = tree(seat, *(("100644", str(n), blob(seat, "x")) for n in range(10)))
    for _ in range(levels - 1):
        id_ = tree(seat, *(("40000", str(n), id_) for n in range(10)))
    return id_


def push_soon(scene):
    """What a push says; TimeoutExpired where that takes long. The server is ended then."""
    with GIT_DAEMON.open(scene.server) as address:
        me = address.join(scene.me)
        return subprocess.run(
            ("git", "push", "--no-verify", "origin", FEED),
            cwd=me.folder,
            env=me.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        ).stderr


PLACES = ("feed/CMB/000/CMB-0003", "feed/elsewhere")
LEVELS = (6, 9, 40)


def check_refused_soon(scene):
    """Every entrance that judges a push answers soon, and alike; nothing lands."""
    me, server, before = scene.me, scene.server, everything(scene.server)[0]
    tip = server.tip("refs/heads/main")
    line = f"HEAD {me.tip()} refs/heads/main {tip}\n"
    for args, stdin in (
        (("hook", "pre-push", "origin", "x"), line),
        (("check", "--range", f"{tip}..HEAD"), ""),
    ):
        started = time.monotonic()
        said = me.fleetfeed(*args, stdin=stdin, ok=False)
        assert said.refusals & {"FF020", "FF022"}, said
        assert time.monotonic() - started < SECONDS
    assert "FF020" in push_soon(scene)
    assert everything(server)[0] == before


def at_the_tip(seat, where, bomb):
    commit_with(seat, where, bomb)


def in_between(seat, where, bomb):
    sound = seat.line("rev-parse", "HEAD^{tree}")
    commit_with(seat, where, bomb)
    taken_out(seat, sound, "-p", "HEAD")


def taken_out(seat, sound, *parents):
    """A commit with a sound tree on `parents`, and HEAD there."""
    made = seat.line("commit-tree", "-m", "y", *parents, sound)
    seat.git("reset", "-q", "--soft", made)


def in_both_sides_of_a_merge(seat, where, bomb):
    base, sound = seat.tip(), seat.line("rev-parse", "HEAD^{tree}")
    one = commit_with(seat, where, bomb)
    seat.git("reset", "-q", "--soft", base)
    two = commit_with(seat, f"{where}-2", bomb)
    taken_out(seat, sound, "-p", one, "-p", two)


def made_by_a_merge(seat, where, bomb):
    """Neither parent has it; git's own combined diff would gather it all."""
    base, sound = seat.tip(), seat.line("rev-parse", "HEAD^{tree}")
    commit_with(seat, where, bomb)
    whole = seat.line("rev-parse", "HEAD^{tree}")
    seat.git("reset", "-q", "--soft", base)
    side = seat.line("commit-tree", "-m", "z", "-p", base, sound)
    taken_out(seat, whole, "-p", base, "-p", side)
    taken_out(seat, sound, "-p", "HEAD")


WAYS = (at_the_tip, in_between, in_both_sides_of_a_merge, made_by_a_merge)


# Each way, and each place with the least and the greatest depth.
SMALL = [*zip(WAYS, product(PLACES, (6, 40)), strict=True)]


@pytest.mark.parametrize(
    ("way", "where", "levels"),
    of_each_kind(product(WAYS, PLACES, LEVELS), lambda row: (row[0], row[1:]) in SMALL),
)
def test_a_milliard_files_that_are_thirty_objects(scene, way, where, levels):
    way(scene.me, where, folders(scene.me, levels))
    check_refused_soon(scene)


@pytest.mark.parametrize("way", WAYS)
def test_an_audit_of_what_slipped_in_goes_on(scene, way):
    me = scene.me
    way(me, PLACES[1], folders(me, 9))
    edited = claim("CMB-0001", TAKEN, seat="CAMBER-07", priority=1)
    commit_with(me, path("CMB-0001"), blob(me, edited), "100644")
    slip(me)
    started = time.monotonic()
    said = me.fleetfeed("audit", ok=False)
    assert said.refusals >= {"FF020", "FF409"}, said
    assert time.monotonic() - started < SECONDS


def test_a_milliard_files_that_slipped_in_may_be_taken_out(scene):
    me, sound = scene.me, scene.me.line("rev-parse", "HEAD^{tree}")
    commit_with(me, PLACES[1], folders(me, 9))
    slip(me)
    taken_out(me, sound, "-p", "HEAD")
    push_soon(scene)
    assert scene.server.tip("refs/heads/main") == me.tip()


def test_a_stray_folder_that_a_later_commit_mends(scene):
    """The first push was refused, and its author did as was said."""
    in_between(scene.me, PLACES[1], folders(scene.me, 2))
    push_soon(scene)
    assert scene.server.tip("refs/heads/main") == scene.me.tip()


def many(seat, names, id_, mode="40000"):
    return tree(seat, *((mode, name, id_) for name in names))


def test_places_that_are_a_feeds_and_files_that_are_not(scene):
    """A thousand prefixes of a thousand shards of a thousand files of no item."""
    me = scene.me
    thousand = [f"{n:03d}" for n in range(1000)]
    files = many(me, thousand, blob(me, "x"), "100644")
    shards = many(me, thousand, files)
    commit_with(me, "feed", many(me, [f"A{n}" for n in thousand], shards))
    check_refused_soon(scene)


def test_one_folder_of_posts_under_many_items(scene):
    me = scene.me
    names = [f"{n:04d}.yaml" for n in range(1, 1001)]
    posts = many(me, names, blob(me, claim("CMB-0003", TAKEN)), "100644")
    items = [f"ZZ-{n:04d}" for n in range(1, 1000)]
    commit_with(me, "feed/ZZ/000", many(me, items, posts))
    assert "FF105" in push_soon(scene)


@pytest.mark.large
def test_a_milliard_files_beside_the_feed(scene):
    """They are nobody's business here."""
    commit_with(scene.me, "elsewhere", folders(scene.me, 9))
    push_soon(scene)
    assert scene.server.tip("refs/heads/main") == scene.me.tip()


HFS_IGNORES = "\u200c\u200d\u200e\u200f\u202a\u202e\u206a\u206f\ufeff"


def test_a_second_feed_where_hfs_leaves_characters_out(scene):
    """macOS's HFS+ ignores such characters: both would be one folder there."""
    me = scene.me
    commit_with(me, path("CMB-0003"), blob(me, claim("CMB-0003", TAKEN)), "100644")
    other = me.line("rev-parse", "HEAD:feed")
    me.git("reset", "-q", "--soft", "HEAD~1")
    commit_with(me, f"fe{HFS_IGNORES}ed", other)
    assert "FF023" in push_soon(scene)


def test_a_post_of_zeros(scene):
    """A few kilobytes on the way."""
    me = scene.me
    (me.folder / "zeros").write_bytes(bytes(50_000_000))
    id_ = me.line("hash-object", "-w", "zeros")
    commit_with(me, path("CMB-0003"), id_, "100644")
    assert "FF004" in push_soon(scene)
