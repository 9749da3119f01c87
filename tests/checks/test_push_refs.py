"""Pushes of refs: whatever moves the feed ref is judged, whatever its name."""

import pytest
from harness import FREE, TAKEN, claim, path
from harness.pushes import FEED, GIT, Table, play_row, put, slip

TABLE = Table()
row = TABLE.row
MAIN = "refs/heads/main"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_push(row, scene, stress):
    play_row(row, scene, dry_run=stress or row in TABLE.of_each_verdict())


def good(scene):
    return put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


def bad(scene):
    return put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))


def empty(scene, head="main"):
    """The server has the hook and no ref; `head` is what its HEAD names."""
    assert scene.me.folder.exists()
    scene.server.git("update-ref", "-d", MAIN)
    scene.server.git("symbolic-ref", "HEAD", f"refs/heads/{head}")


# The first push, and where the feed is.


@row()
def the_first_push(scene):
    empty(scene)
    good(scene)


@row()
def the_first_push_where_head_is_left_at_master(scene):
    empty(scene, "master")
    good(scene)


@row("FF401")
def a_first_push_with_a_collision(scene):
    empty(scene)
    bad(scene)


@row()
def a_first_push_of_one_commit_with_policy_and_posts(scene):
    empty(scene)
    scene.me.git("checkout", "-q", "--orphan", "fresh")
    scene.me.commit("policy and posts", "--no-verify")


@row("FF406", client="", says="push refs/heads/main first")
def a_feed_on_another_branch_first(scene):
    empty(scene)
    return ["HEAD:refs/heads/work"]


@row()
def the_feed_and_another_branch_first(scene):
    empty(scene)
    return [FEED, "HEAD:refs/heads/work"]


@row("FF406", client="", says="refs/heads/main is missing")
def a_missing_feed_ref_beside_a_tag_that_spells_its_whole_name(scene):
    good(scene)
    scene.server.git("update-ref", f"refs/tags/{MAIN}", "main")
    scene.server.git("branch", "-m", "main", "trunk")
    return ["HEAD:refs/heads/work"]


@row("FF406", client="", says="refs/heads/trunk carries a feed")
def the_old_name_after_the_branch_was_renamed_on_the_server(scene):
    good(scene)
    scene.server.git("branch", "-m", "main", "trunk")


@row("FF406", client="", says="install again with --ref refs/heads/trunk")
def the_new_name_after_the_branch_was_renamed_on_the_server(scene):
    good(scene)
    scene.server.git("branch", "-m", "main", "trunk")
    return ["HEAD:refs/heads/trunk"]


# Other names of the feed ref.


def link(scene, name, target=MAIN):
    scene.server.git("symbolic-ref", f"refs/heads/{name}", target)


@row()
def a_good_push_to_a_symref_to_the_feed_ref(scene):
    link(scene, "master")
    good(scene)
    return ["HEAD:refs/heads/master"]


@row("FF401", client="")
def a_bad_push_to_a_symref_to_the_feed_ref(scene):
    link(scene, "master")
    bad(scene)
    return ["HEAD:refs/heads/master"]


@row("FF401", client="")
def a_bad_push_to_a_symref_to_a_symref(scene):
    link(scene, "master")
    link(scene, "old", "refs/heads/master")
    bad(scene)
    return ["HEAD:refs/heads/old"]


@row("FF405", client="")
def the_deletion_of_a_symref_to_the_feed_ref(scene):
    link(scene, "master")
    return [":refs/heads/master"]


@row("FF401", client="")
def a_bad_push_to_what_the_feed_ref_is_a_symref_to(scene):
    scene.server.git("branch", "trunk", "main")
    link(scene, "main", "refs/heads/trunk")
    bad(scene)
    return ["HEAD:refs/heads/trunk"]


@row("FF411", client="")
def the_feed_ref_under_two_names(scene):
    link(scene, "master")
    good(scene)
    return [FEED, "HEAD:refs/heads/master"]


@row("FF401", client="")
def a_bad_push_to_the_feed_ref_in_capitals(scene):
    bad(scene)
    return ["HEAD:refs/heads/MAIN"]


@row("FF405", client="")
def a_rewrite_of_the_feed_ref_in_capitals(scene):
    return ["HEAD~1:refs/heads/MAIN"]


@row("FF401", client="")
def a_bad_push_to_a_symref_in_capitals(scene):
    link(scene, "master")
    bad(scene)
    return ["HEAD:refs/heads/MASTER"]


# Other refs.


@row()
def a_tag_named_like_the_feed_ref(scene):
    bad(scene)
    return ["HEAD:refs/tags/main"]


@row("FF405")
def a_rewrite_beside_a_tag_named_like_the_feed_ref(scene):
    scene.server.git("tag", "main", "main~1")
    return [f"+HEAD~1:{MAIN}"]


@row()
def a_new_branch_with_a_collision(scene):
    bad(scene)
    return ["HEAD:refs/heads/work"]


@row()
def an_old_branch_with_an_old_feed(scene):
    return ["HEAD~1:refs/heads/old"]


@row()
def a_branch_where_a_file_is_called_feed(scene):
    scene.me.git("checkout", "-q", "--orphan", "pages")
    scene.me.git("rm", "-q", "-r", "-f", ".")
    put(scene.me, "feed", "<rss/>\n")
    return ["HEAD:refs/heads/pages"]


@row()
def a_branch_whose_policy_names_another_ref(scene):
    scene.me.git("config", "fleetfeed.ref", MAIN)
    put(scene.me, "feed/policy.yaml", "ref: refs/heads/other\n")
    return ["HEAD:refs/heads/work"]


@row()
def a_branch_without_a_feed(scene):
    scene.me.git("checkout", "-q", "--orphan", "code")
    scene.me.git("rm", "-q", "-r", "-f", ".")
    put(scene.me, "README", "code\n")
    return ["HEAD:refs/heads/code"]


@row()
def the_deletion_of_another_branch(scene):
    scene.server.git("branch", "work", "main")
    return [":refs/heads/work"]


@row()
def tags_of_commits_trees_and_files(scene):
    scene.me.git("tag", "-a", "-m", "x", "v1")
    scene.me.git("tag", "tree", "HEAD^{tree}")
    scene.me.git("tag", "file", "HEAD:README.md")
    return ["refs/tags/v1", "refs/tags/tree", "refs/tags/file"]


@row("FF401")
def a_good_branch_and_a_bad_feed(scene):
    bad(scene)
    return ["HEAD~1:refs/heads/work", FEED, "HEAD:refs/tags/v1"]


@row()
def several_refs(scene):
    good(scene)
    return ["HEAD~1:refs/heads/work", FEED, "HEAD:refs/tags/v1"]


# Setting the feed ref back.


@row("FF405", says="would be rewritten")
def a_rewrite(scene):
    scene.me.git("reset", "-q", "--hard", "HEAD~1")
    good(scene)
    return ["+" + FEED]


@row("FF405", says="would be rewritten")
def an_old_commit(scene):
    return ["+HEAD~1:refs/heads/main"]


@row("FF405", says="may not be deleted")
def the_deletion_of_the_feed_ref(scene):
    return [f":{MAIN}"]


@row("FF405", says="no commit")
def a_tag_object_on_the_feed_ref(scene):
    good(scene)
    scene.me.git("tag", "-a", "-m", "x", "v1")
    return [f"refs/tags/v1:{MAIN}"]


@row("FF402")
def an_old_branch_merged_over_the_feed(scene):
    scene.me.git("checkout", "-q", "-b", "old", "HEAD~1")
    scene.me.git("merge", "-q", "--no-verify", "--no-edit", "-s", "ours", "main")


@row()
def a_branch_named_by_an_expression_with_blanks(scene):
    good(scene)
    return ["HEAD^{/a commit}:refs/heads/main"]


# Refs that nobody pushes.


@row("FF407", client="", says="other posts than the ones that were judged")
def a_replacement(scene):
    blob = scene.me.line("rev-parse", f"HEAD:{path('CMB-0001')}")
    scene.me.git("replace", blob, scene.me.line("rev-parse", "HEAD:README.md"))
    return [f"refs/replace/{blob}"]


@row("FF407", client="")
def a_replacement_beside_a_good_feed(scene):
    good(scene)
    return [FEED, f"HEAD:refs/Replace/{scene.me.tip()}"]


@row("FF407", client="", says="other posts than the ones that were judged")
def the_deletion_of_a_replacement(scene):
    blob = scene.server.line("rev-parse", f"main:{path('CMB-0001')}")
    scene.server.git("replace", blob, scene.server.line("rev-parse", "main:README.md"))
    return [f":refs/replace/{blob}"]


@pytest.mark.parametrize("name", [MAIN, "refs/fleetfeed/server"])
def test_a_stray_ref_that_git_takes_for_one_of_ours_is_only_taken_away(scene, name):
    stray = f"refs/tags/{name}"
    pushed = scene.me.git("push", "origin", f"HEAD:{stray}", ok=False)
    assert pushed.refusals == {"FF407"}
    scene.server.git("update-ref", stray, "main")
    pushed = scene.me.git("push", "origin", f"+HEAD~1:{stray}", ok=False)
    assert pushed.refusals == {"FF407"}
    scene.me.git("push", "origin", f":{stray}")
    assert scene.server.tip(stray) == ""


@pytest.mark.parametrize("name", ["server", "beats", "beats/CMB-1", "x/y"])
def test_nothing_is_pushed_to_the_servers_own_refs(scene, name):
    pushed = scene.me.git("push", "origin", f"+HEAD:refs/fleetfeed/{name}", ok=False)
    assert pushed.refusals == {"FF407"}
    scene.server.git("update-ref", f"refs/fleetfeed/{name}", "main")
    pushed = scene.me.git("push", "origin", f":refs/fleetfeed/{name}", ok=False)
    assert pushed.refusals == {"FF407"}


def test_no_commit_is_a_beat_and_the_holders_beats_stay(scene):
    beats = "refs/fleetfeed/beats/CMB-0001"
    pushed = scene.me.git("push", "origin", f"HEAD:{beats}", ok=False)
    assert pushed.refusals == {"FF304"}
    scene.server.git("update-ref", beats, "main")
    pushed = scene.me.git("push", "origin", f":{beats}", ok=False)
    assert pushed.refusals == {"FF505"}


@row("FF401", says="COLLIDE-WITH-CMB-0001")
def a_collision_with_a_post_that_the_server_replaces(scene):
    """The replacement says that the surface is free; the post itself does not."""
    done = scene.me.write("done", claim("CMB-0001", TAKEN, state="DONE"))
    blob = scene.server.line("hash-object", "-w", str(done))
    done.unlink()
    held = scene.server.line("rev-parse", f"main:{path('CMB-0001')}")
    scene.server.git("replace", held, blob)
    bad(scene)


# A server that is not whole.


@row("FF406", client="", says="this server has no fleetfeed.ref")
def a_server_that_does_not_know_its_feed_ref(scene):
    good(scene)
    scene.server.git("config", "--unset-all", "fleetfeed.ref")


@row("FF406", client="", says="the policy says refs/heads/main")
def a_server_that_disagrees_with_the_policy(scene):
    good(scene)
    scene.server.git("config", "fleetfeed.ref", "refs/heads/other")
    scene.server.git("branch", "-m", "main", "other")
    return ["HEAD:refs/heads/other"]


@row("FF406", client="", says="no full ref name")
def a_server_whose_feed_ref_is_no_full_name(scene):
    good(scene)
    scene.server.git("config", "fleetfeed.ref", "main")


@row(GIT, client="", says="its Python is gone")
def a_server_whose_interpreter_is_gone(scene):
    good(scene)
    hook = scene.server.folder / "hooks/pre-receive"
    text = hook.read_text()
    line = next(x for x in text.splitlines() if x.startswith("fleetfeed_python="))
    hook.write_text(text.replace(line, "fleetfeed_python=/nowhere/python"))


@row(GIT, client="", says="No module named fleetfeed")
def a_server_whose_fleetfeed_is_gone(scene):
    good(scene)
    hook = scene.server.folder / "hooks/pre-receive"
    hook.write_text(hook.read_text().replace("-E -P -m", "-E -P -S -m"))


# pre-push, where it says more or less than the server.


def test_a_remote_that_was_not_fetched(scene):
    me = scene.me
    put(scene.other, path("CMB-0004"), claim("CMB-0004", FREE, seat="CAMBER-07"))
    slip(scene.other)
    good(scene)
    pushed = me.git("push", "origin", "+" + FEED, ok=False)
    assert "which is not here; fetch, rebase or merge, and push again" in pushed.said
    me.git("fetch", "-q")
    me.git("rebase", "-q", "origin/main")
    assert me.push(ok=False).refusals == {"FF401"}


def test_a_mirror_is_no_place_of_claims(scene):
    scene.server.git("init", "-q", "--bare", "../mirror.git")
    scene.me.git("remote", "add", "mirror", "../../mirror.git")
    bad(scene)
    scene.me.git("push", "mirror", FEED)
    scene.me.push(ok=False)
