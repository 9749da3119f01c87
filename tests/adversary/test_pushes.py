"""Ways to push a collision with plain git, over real transports."""

import os

import pytest
from adversary.over import NETWORK, push_over, rows_over
from harness import FREE, TAKEN, Repo, claim, path
from harness.pushes import FEED, GIT, Table, everything, put, slip

TABLE = Table()
row = TABLE.row
MAIN = "refs/heads/main"
WORK = "HEAD:refs/heads/work"


def bad(scene):
    return put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))


def good(scene):
    return put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


# Options of the push.


@row("FF401")
def a_push_by_force(scene):
    bad(scene)
    return ["--force", FEED]


@row("FF401")
def a_push_by_force_with_a_lease(scene):
    base = scene.me.tip()
    bad(scene)
    return [f"--force-with-lease={MAIN}:{base}", FEED]


@row("FF405", says="would be rewritten")
def a_rewrite_by_force_with_a_lease(scene):
    scene.me.git("reset", "-q", "--hard", "HEAD~1")
    good(scene)
    return [f"--force-with-lease={MAIN}:{scene.server.tip(MAIN)}", FEED]


@row("FF401")
def an_atomic_push_of_several_refs(scene):
    bad(scene)
    return ["--atomic", "HEAD~1:refs/heads/work", FEED, "HEAD:refs/tags/v1"]


@row("FF401")
def several_refs_of_which_one_is_the_feed(scene):
    bad(scene)
    return ["HEAD~1:refs/heads/work", FEED, "HEAD:refs/tags/v1"]


@row("FF401 FF407")
def a_mirror(scene):
    """It would take away the ref by which the server says that it keeps time."""
    bad(scene)
    return ["--mirror"]


@row("FF405 FF407", says="may not be deleted")
def a_mirror_that_lacks_the_feed(scene):
    bad(scene)
    scene.me.git("checkout", "-q", "-b", "work")
    scene.me.git("branch", "-q", "-D", "main")
    return ["--mirror"]


@row("FF401 FF407")
def a_mirror_with_a_replacement(scene):
    replaced(scene)
    return ["--mirror"]


@row("FF405", says="may not be deleted")
def a_push_that_prunes(scene):
    bad(scene)
    return ["--prune", "refs/heads/none*:refs/heads/*"]


@row("FF401")
def all_branches_and_their_tags(scene):
    bad(scene)
    scene.me.git("tag", "-a", "-m", "x", "v1")
    return ["--all", "--follow-tags"]


@row("FF401")
def a_push_with_options_for_the_server(scene):
    scene.server.git("config", "receive.advertisePushOptions", "true")
    bad(scene)
    return ["--push-option=ci.skip", "-o", "fleetfeed.skip=true", FEED]


@row("FF401")
def a_thin_pack(scene):
    bad(scene)
    return ["--thin", FEED]


@row("FF401")
def a_thick_pack_that_the_server_keeps_as_a_pack(scene):
    scene.server.git("config", "receive.unpackLimit", "1")
    bad(scene)
    return ["--no-thin", FEED]


@row()
def a_thin_pack_that_the_server_keeps_as_a_pack(scene):
    scene.server.git("config", "receive.unpackLimit", "1")
    good(scene)
    return ["--thin", FEED]


# Names of the feed ref.


@row("FF401")
def a_symref_to_the_feed_ref(scene):
    scene.server.git("symbolic-ref", "refs/heads/master", MAIN)
    bad(scene)
    return ["HEAD:refs/heads/master"]


@row("FF411")
def a_symref_beside_the_feed_ref(scene):
    scene.server.git("symbolic-ref", "refs/heads/master", MAIN)
    good(scene)
    return [FEED, "HEAD:refs/heads/master"]


def unborn(scene):
    """The feed ref is not there yet, and another branch is a symref to it."""
    assert scene.me.folder.exists()
    scene.server.git("update-ref", "-d", MAIN)
    scene.server.git("symbolic-ref", "refs/heads/master", MAIN)


@row("FF406", says="push refs/heads/main first")
def a_symref_to_a_feed_ref_that_is_not_there_yet(scene):
    """git lists no symref that leads nowhere, and a push to it makes the feed ref."""
    unborn(scene)
    bad(scene)
    return ["HEAD:refs/heads/master"]


@row("FF401")
def the_feed_ref_in_capitals(scene):
    bad(scene)
    return ["HEAD:refs/heads/Main"]


@row("FF401")
def a_ref_whose_name_is_no_text_beside_it(scene):
    bad(scene)
    return [FEED, "HEAD:" + os.fsdecode(b"refs/heads/\xff")]


@row()
def a_sound_push_beside_a_ref_whose_name_is_no_text(scene):
    good(scene)
    return [FEED, "HEAD:" + os.fsdecode(b"refs/heads/\xff")]


@row("FF405", says="no commit")
def a_tag_of_a_collision(scene):
    bad(scene)
    scene.me.git("tag", "-a", "-m", "x", "v1")
    return [f"+refs/tags/v1:{MAIN}"]


# What the client's git is made to believe.


def replaced(scene):
    """For my git CMB-0001 is done: the collision looks lawful here."""
    me = scene.me
    done = claim("CMB-0001", TAKEN, state="DONE", seat="CAMBER-07")
    held = me.line("rev-parse", f"HEAD:{path('CMB-0001')}")
    id_ = me.git("hash-object", "-w", "--stdin", stdin=done).stdout.strip()
    me.git("replace", held, id_)
    return bad(scene)


@row("FF401")
def a_replaced_post(scene):
    replaced(scene)


@row("FF407")
def a_replacement_alone(scene):
    replaced(scene)
    return ["refs/replace/*:refs/replace/*"]


@row("FF401")
def a_replaced_commit(scene):
    """For my git the colliding commit is a sound one."""
    me, base = scene.me, scene.me.tip()
    sound = good(scene)
    me.git("reset", "-q", "--hard", base)
    me.git("replace", bad(scene), sound)
    assert FREE in (me.holds(path("CMB-0003")) or "")


@row(GIT, says="unpacker error")
def a_graft_that_hides_the_commits_in_between(scene):
    """My git sends the tip as a child of the base, and not what lies between."""
    me, base = scene.me, scene.me.tip()
    bad(scene)
    edit = put(me, path("CMB-0001"), claim("CMB-0001", FREE, seat="CAMBER-07"))
    me.git("checkout", "-q", base, "--", "feed")
    tip = put(me, path("CMB-0004"), claim("CMB-0004", FREE))
    assert edit in me.line("rev-list", "HEAD")
    me.write(".git/info/grafts", f"{tip} {base}\n")


@row("FF405", says="would be rewritten")
def a_graft_that_makes_a_rewrite_look_forward(scene):
    me, base = scene.me, scene.me.tip()
    me.git("reset", "-q", "--hard", "HEAD~1")
    me.write(".git/info/grafts", f"{good(scene)} {base}\n")


# Objects that the server has, or gets by another way.


@row("FF401")
def a_collision_whose_objects_are_on_another_branch(scene):
    """The pack is empty: the server has it all."""
    bad(scene)
    scene.me.git("push", "-q", "--no-verify", "origin", WORK)


@row("FF401")
def a_collision_whose_objects_are_in_an_alternate(scene):
    """As in the forks of a hosting service, which share one store."""
    bad(scene)
    fork = Repo.init(scene.folder / "fork.git", "--bare")
    scene.me.git("push", "-q", "--no-verify", str(fork.folder), FEED)
    share(scene.server.folder / "objects", fork)


@row()
def a_sound_push_whose_objects_are_in_an_alternate(scene):
    good(scene)
    fork = Repo.init(scene.folder / "fork.git", "--bare")
    scene.me.git("push", "-q", "--no-verify", str(fork.folder), FEED)
    share(scene.server.folder / "objects", fork)


def share(objects, other):
    (objects / "info").mkdir(exist_ok=True)
    (objects / "info/alternates").write_text(f"{other.folder / 'objects'}\n")


@row("FF401")
def a_clone_that_shares_the_servers_objects(scene):
    other_clone(scene, "--shared")
    bad(scene)


def other_clone(scene, *options):
    """My clone, made by plain git with options."""
    scene.server.git("config", "uploadpack.allowFilter", "true")
    folder = scene.folder / "seats/CAMBER-06"
    plain = not options or options[0] == "--shared"
    origin = str(scene.server.folder) if plain else f"file://{scene.server.folder}"
    scene.server.git("clone", "-q", *options, origin, str(folder))


@row("FF401")
def a_shallow_clone(scene):
    other_clone(scene, "--depth=1")
    bad(scene)


@row()
def a_sound_push_from_a_shallow_clone(scene):
    other_clone(scene, "--depth=1")
    good(scene)


@row("FF401")
def a_partial_clone(scene):
    other_clone(scene, "--filter=blob:none")
    bad(scene)


# Commits that no checkout has seen.


def stream(seat, tip, *posts):
    """A commit for each post, by `git fast-import`."""
    text, start = "", f"from {tip}\n"
    for item, key in posts:
        data = claim(item, key)
        text += (
            f"commit {MAIN}\ncommitter T <t@example.invalid> 1 +0000\ndata 1\nx\n{start}"
            f"M 100644 inline {path(item)}\ndata {len(data)}\n{data}\n"
        )
        start = ""
    seat.git("fast-import", "--quiet", "--force", stdin=text)


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_collision_by_fast_import(scene):
    stream(scene.me, scene.me.tip(), ("CMB-0003", FREE), ("CMB-0004", TAKEN))


@row()
def a_sound_history_by_fast_import(scene):
    stream(scene.me, scene.me.tip(), ("CMB-0003", FREE), ("CMB-0004", f"{FREE}-4"))


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_collision_from_a_bundle(scene):
    bad(scene)
    scene.me.git(
        "bundle", "create", "-q", ".git/b", "HEAD", f"^{scene.server.tip(MAIN)}"
    )
    scene.me.git("reset", "-q", "--hard", "HEAD~1")
    scene.me.git("pull", "-q", ".git/b", "HEAD")


# What is right in the end and was not on the way.


@row("FF409", says="alters this post")
def an_edit_that_is_taken_back(scene):
    me, base = scene.me, scene.me.tip()
    put(me, path("CMB-0001"), claim("CMB-0001", FREE, seat="CAMBER-07"))
    me.git("checkout", "-q", base, "--", "feed")
    good(scene)


@row("FF404 FF409", says="removes this post")
def a_feed_that_was_a_link_in_between(scene):
    me, base = scene.me, scene.me.tip()
    me.git("mv", "feed", "elsewhere")
    (me.folder / "feed").symlink_to("elsewhere")
    me.commit("x", "--no-verify")
    me.git("rm", "-q", "-r", "feed", "elsewhere")
    me.git("checkout", "-q", base, "--", "feed")
    good(scene)


@row("FF409")
def a_colliding_draft_that_is_removed_again(scene):
    bad(scene)
    scene.me.git("rm", "-q", path("CMB-0003"))
    put(scene.me, path("CMB-0004"), claim("CMB-0004", FREE))


@pytest.mark.parametrize(("row", "way"), rows_over(TABLE))
def test_push(row, way, scene):
    push_over(row, way, scene)


@pytest.mark.large
@pytest.mark.parametrize("way", NETWORK, ids=str)
def test_a_sound_first_push_beside_a_symref_to_where_it_goes(scene, way):
    """git itself refuses two values for one ref."""
    unborn(scene)
    sound = scene.me.tip()
    bad(scene)
    with way.open(scene.server) as address:
        push = ("push", "--no-verify", "origin", f"{sound}:{MAIN}")
        address.join(scene.me).git(*push, "HEAD:refs/heads/master", ok=False)
    assert not scene.server.tip(MAIN)


# A program of the client's choice runs at nobody's but its own path.


@pytest.mark.parametrize("way", NETWORK, ids=str)
def test_the_program_that_a_client_asks_for_is_not_run(scene, way):
    """`slip` goes around every hook, where there is a path to the repository."""
    bad(scene)
    before = everything(scene.server)
    with way.open(scene.server) as address:
        address.join(scene.me)
        with pytest.raises(AssertionError):
            slip(scene.me)
    assert everything(scene.server) == before
