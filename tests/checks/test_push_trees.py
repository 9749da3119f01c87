"""Pushes of odd entries and malformed trees, and from clones that are not whole."""

import shutil
from itertools import cycle, product

import pytest
from harness import FREE, MINE, TAKEN, Seat, claim, path
from harness.crafted import blob, commit_with, tree
from harness.pushes import FEED, Table, everything, past, play_row, put
from harness.rows import of_each_kind

TABLE = Table()
row = TABLE.row
ITEM = "feed/CMB/000/CMB-0003"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_push(row, scene, stress):
    play_row(row, scene, dry_run=stress or row in TABLE.of_each_verdict())


# Entries that are no plain files.


@row("FF021", says="a symbolic link is no post")
def a_post_that_is_a_link(scene):
    target = scene.me.write("elsewhere.yaml", claim("CMB-0003", FREE))
    link = scene.me.folder / path("CMB-0003")
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    past(scene.me)


@row("FF021", says="a executable file is no post")
def an_executable_post(scene):
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE)).chmod(0o755)
    past(scene.me)


def entry(scene, mode, id_, where):
    """Commit one entry that no work tree holds."""
    scene.me.git("update-index", "--add", "--cacheinfo", f"{mode},{id_},{where}")
    scene.me.git("commit", "-q", "--no-verify", "-m", "x")


@row("FF021", says="a submodule is no post")
def a_post_that_is_a_submodule(scene):
    entry(scene, 160000, scene.me.tip(), path("CMB-0003"))


@row("FF020")
def an_item_that_is_a_submodule(scene):
    entry(scene, 160000, scene.me.tip(), ITEM)


@row("FF021", says="feed is no folder but a symbolic link")
def a_feed_that_is_a_link(scene):
    shutil.move(scene.me.folder / "feed", scene.me.folder / "elsewhere")
    (scene.me.folder / "feed").symlink_to("elsewhere")
    past(scene.me)


@row("FF021", says="feed is no folder but a submodule")
def a_feed_that_is_a_submodule(scene):
    scene.me.git("rm", "-q", "-r", "--cached", "feed")
    entry(scene, 160000, scene.me.tip(), "feed")


@row("FF020")
def a_stray_file(scene):
    put(scene.me, "feed/CMB/000/readme.md", "hello\n")


@row("FF020 FF023", says="differ only in")
def names_that_differ_in_case(scene):
    put(scene.me, "feed/Policy.yaml", "ref: refs/heads/main\n")


# Malformed trees: only raw objects can say them.


def blobs(seat):
    """Two different posts of CMB-0003, stored."""
    return [blob(seat, claim("CMB-0003", key)) for key in (TAKEN, FREE)]


def twice(seat):
    one, two = blobs(seat)
    rows = [("100644", "0001.yaml", one), ("100644", "0001.yaml", two)]
    commit_with(seat, ITEM, tree(seat, *rows))


def unsorted(seat):
    one, two = blobs(seat)
    rows = [("100644", "0002.yaml", two), ("100644", "0001.yaml", one)]
    commit_with(seat, ITEM, tree(seat, *rows))


def dot_git(seat):
    commit_with(seat, ITEM, tree(seat, ("100644", ".GIT", blobs(seat)[0])))


def slash(seat):
    rows = [("100644", "CMB-0003/0001.yaml", blobs(seat)[1])]
    commit_with(seat, "feed/CMB/000", tree(seat, *rows))


def two_feeds(seat):
    """The folder of the feed itself stands twice in the root."""
    good = seat.line("rev-parse", "HEAD:feed")
    commit_with(seat, ITEM, tree(seat, ("100644", "0001.yaml", blobs(seat)[0])))
    bad = seat.line("rev-parse", "HEAD:feed")
    seat.git("reset", "-q", "--soft", "HEAD~1")
    commit_with(seat, "", tree(seat, ("40000", "feed", good), ("40000", "feed", bad)))


SHAPES = (twice, unsorted, dot_git, slash, two_feeds)
PLACES = ("at the tip", "in between", "before a merge")


@pytest.mark.parametrize(
    ("shape", "place"),
    of_each_kind(
        product(SHAPES, PLACES),
        # Each shape, and each place.
        [*zip(SHAPES, cycle(PLACES), strict=False)].__contains__,
    ),
)
def test_malformed_trees(scene, shape, place):
    """git reads on behind a malformed tree, so more findings may come with it."""
    me, sound = scene.me, scene.me.tip()
    shape(me)
    if place != "at the tip":
        parents = ["-p", "HEAD"] + (["-p", sound] if "merge" in place else [])
        whole = me.line("commit-tree", "-m", "x", *parents, f"{sound}^{{tree}}")
        me.git("reset", "-q", "--soft", whole)
    before = everything(scene.server)
    by_git = me.git("push", "--no-verify", "origin", FEED, ok=False)
    assert "fatal: fsck error in packed object" in by_git.said
    scene.server.git("config", "receive.fsckObjects", "false")
    for option in ("--verify", "--no-verify"):
        refused = me.git("push", option, "origin", FEED, ok=False)
        assert "FF022" in refused.refusals
    assert everything(scene.server) == before


# Clones that are not whole.


def other_clone(scene, *options):
    """My clone, made with options; it has what the server has now."""
    folder = scene.folder / "seats/CAMBER-06"
    for name in ("allowFilter", "allowAnySHA1InWant"):
        scene.server.git("config", f"uploadpack.{name}", "true")
    origin = f"file://{scene.server.folder}"
    scene.server.git("clone", "-q", "--no-checkout", *options, origin, str(folder))
    Seat(folder, scene.server.environment).install()
    scene.me.git("reset", "-q")


def stage(seat, where, text):
    """Commit one file; `git commit` would fetch every other one for its summary."""
    seat.write(where, text)
    seat.git("add", where)
    tree = seat.line("write-tree", "--missing-ok")
    seat.git(
        "reset", "-q", "--soft", seat.line("commit-tree", "-m", "x", "-p", "HEAD", tree)
    )


def missing(seat):
    said = seat.line("rev-list", "--objects", "--missing=print", "HEAD")
    return sum(line.startswith("?") for line in said.splitlines())


@row()
def a_good_push_from_a_partial_clone(scene):
    other_clone(scene, "--filter=blob:none")
    stage(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    assert missing(scene.me)


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_bad_push_from_a_partial_clone(scene):
    other_clone(scene, "--filter=blob:none")
    stage(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    assert missing(scene.me)


@row("FF402 FF409")
def an_edited_post_from_a_clone_without_trees(scene):
    other_clone(scene, "--filter=tree:0")
    stage(scene.me, path("CMB-0002"), claim("CMB-0002", MINE, priority=1))


@row()
def a_good_push_from_a_shallow_clone(scene):
    other_clone(scene, "--depth=1")
    stage(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF401")
def a_bad_push_from_a_shallow_clone(scene):
    other_clone(scene, "--depth=1")
    stage(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))


@row("FF402 FF409")
def an_edited_post_from_a_shallow_clone(scene):
    other_clone(scene, "--depth=1")
    stage(scene.me, path("CMB-0002"), claim("CMB-0002", MINE, priority=1))


def test_a_missing_object_is_not_an_absent_path(scene):
    """Without its remote a partial clone cannot say that a surface is free."""
    other_clone(scene, "--filter=blob:none")
    me, tip = scene.me, scene.me.tip()
    stage(me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    line = f"HEAD {me.tip()} refs/heads/main {tip}\n"
    scene.server.folder.rename(scene.folder / "gone.git")
    said = me.fleetfeed("hook", "pre-push", "origin", "x", stdin=line, ok=False)
    assert said.refusals == {"FF410"}
    assert "is missing here and could not be fetched" in said.said
    assert said.returncode == 3


def test_a_server_without_one_of_its_objects(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))
    held = scene.server.line("rev-parse", f"main:{path('CMB-0001')}")
    (scene.server.folder / "objects" / held[:2] / held[2:]).unlink()
    refused = scene.me.git("push", "--no-verify", "origin", FEED, ok=False)
    assert refused.refusals == {"FF410"}
