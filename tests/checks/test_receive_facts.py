"""What git does around pre-receive, tried and not guessed: each a reason for our code."""

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager, suppress

import pytest
from harness import FREE, TAKEN, Repo, claim, path, post
from harness.pushes import FEED, everything, past, put, slip

HOOK = "hooks/pre-receive"
MAIN = "refs/heads/main"


def hook(server, script, name=HOOK):
    """Put a hook of the test's own in place of ours; it answers in the file `seen`."""
    file = server.folder / name
    file.write_text(f"#!/bin/sh\nexec >seen 2>&1\n{script}\n")
    file.chmod(0o755)


def seen(server):
    return (server.folder / "seen").read_text()


def free(clone, number=3, **fields):
    item = f"CMB-{number:04d}"
    return put(clone, path(item), claim(item, f"{FREE}-{number}", **fields))


# The quarantine.


def test_git_moves_no_ref_inside_the_quarantine(scene):
    hook(scene.server, "git update-ref refs/heads/made HEAD; exit 1")
    free(scene.me)
    scene.me.git("push", "--no-verify", "origin", FEED, ok=False)
    assert "ref updates forbidden inside quarantine environment" in seen(scene.server)
    assert not scene.server.tip("refs/heads/made")


def test_libgit2_does_and_leaves_it_corrupt(scene):
    """So what runs in pre-receive never writes a ref."""
    tip = free(scene.me)
    make = (
        "import os, pygit2; from pygit2.enums import RepositoryOpenFlag as F; "
        "r = pygit2.Repository(os.environ['GIT_DIR'], F.FROM_ENV); "
        f"r.references.create('refs/heads/made', '{tip}')"
    )
    python = next(
        line.partition("=")[2]
        for line in (scene.server.folder / HOOK).read_text().splitlines()
        if line.startswith("fleetfeed_python=")
    )
    hook(scene.server, f'{python} -c "{make}"; exit 1')
    scene.me.git("push", "--no-verify", "origin", FEED, ok=False)
    broken = scene.server.git("rev-parse", "refs/heads/made^{tree}", ok=False)
    assert "refs/heads/made" in broken.said


def test_a_judged_push_writes_neither_refs_nor_objects(scene):
    """Also where it passes: there is then exactly what git itself has stored."""
    free(scene.me)
    plain = scene.copy(scene.folder.parent / "plain")
    (plain.server.folder / HOOK).unlink()
    for server in (scene.server, plain.server):
        address = str(server.folder)
        scene.me.git("push", "--no-verify", address, FEED)
    ours, theirs = everything(scene.server), everything(plain.server)
    assert ours[0] == theirs[0]
    assert [file.name for file in ours[1]] == [file.name for file in theirs[1]]
    assert not list(scene.server.folder.glob("**/incoming-*"))
    assert not list(scene.server.folder.glob("**/tmp_objdir*"))


def test_what_is_judged_is_seen_in_the_quarantine_alone(scene):
    """The objects of a refused push are nowhere else."""
    tip = put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    refused = scene.me.git("push", "--no-verify", "origin", FEED, ok=False)
    assert refused.refusals == {"FF401"}
    scene.server.git("cat-file", "-e", tip, ok=False)
    scene.server.git("fsck", "--strict", "--no-dangling")


# Which ref, and what it says.


def test_the_hook_sees_the_name_of_the_symref_that_was_pushed_to(scene):
    hook(scene.server, "cat")
    scene.server.git("symbolic-ref", "refs/heads/master", MAIN)
    tip = free(scene.me)
    scene.me.git("push", "--no-verify", "origin", "HEAD:refs/heads/master")
    assert seen(scene.server).split()[2] == "refs/heads/master"
    assert scene.server.tip(MAIN) == tip


def test_a_tag_wins_a_short_name_and_not_a_full_one(scene):
    scene.server.git("tag", "main", "main~1")
    assert scene.server.line("rev-parse", "main~0") != scene.server.tip(MAIN)
    free(scene.me)
    scene.me.git("push", "--no-verify", "origin", FEED)


def test_a_missing_full_name_falls_through_to_a_tag(scene):
    server = scene.server
    server.git("update-ref", f"refs/tags/{MAIN}", "main")
    server.git("update-ref", "-d", MAIN)
    assert server.line("rev-parse", MAIN)
    refused = scene.me.git(
        "push", "--no-verify", "origin", "HEAD:refs/heads/work", ok=False
    )
    assert "refs/heads/main is missing" in refused.said


def test_a_bare_repository_starts_with_the_branch_of_its_makers_settings(tmp_path):
    server = Repo.init(tmp_path / "bare.git", "--bare")
    assert server.line("symbolic-ref", "HEAD") == MAIN
    plain = server.git(
        "-c", "init.defaultBranch=", "init", "-q", "--bare", "x", ok=None
    )
    head = server.folder / "x/HEAD"
    assert not plain.ok or head.read_text() == "ref: refs/heads/master\n"


def test_deny_settings_guard_branches_only(scene):
    """So a feed ref elsewhere is guarded by the hook or by nothing."""
    server, ref = scene.server, "refs/fleet/feed"
    server.git("config", "receive.denyNonFastForwards", "true")
    server.git("config", "receive.denyDeletes", "true")
    server.git("update-ref", ref, "main")
    rewrite, delete = (f"+HEAD~1:{ref}", f":{ref}")
    (server.folder / HOOK).rename(server.folder / "hooks/ours")
    scene.me.git("push", "--no-verify", "origin", "+HEAD~1:refs/heads/main", ok=False)
    scene.me.git("push", "--no-verify", "origin", rewrite)
    scene.me.git("push", "--no-verify", "origin", delete)
    server.git("update-ref", ref, "main")
    (server.folder / "hooks/ours").rename(server.folder / HOOK)
    server.git("config", "fleetfeed.ref", ref)
    for refspec in (rewrite, delete):
        refused = scene.me.git("push", "--no-verify", "origin", refspec, ok=False)
        assert refused.refusals == {"FF405"}


# Two pushes.


def wait_for(server):
    """A hook that says that it runs, and ends when the test lets it."""
    file = server.folder / HOOK
    ours = file.read_text().replace("#!/bin/sh\n", "", 1)
    file.write_text(f"#!/bin/sh\necho here >started\nread go <go\n{ours}")
    for name in ("started", "go"):
        os.mkfifo(server.folder / name)


@contextmanager
def pushing(seat):
    """A push to the feed that has come as far as `wait_for`, ended with all it began."""
    child = subprocess.Popen(
        ("git", "push", "--no-verify", "origin", FEED),
        cwd=seat.folder,
        env=seat.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("ref", [MAIN, "refs/heads/other"])
def test_two_pushes_at_once(scene, ref):
    """To one ref one lands; to two refs both do, and neither saw the other."""
    server = scene.server
    whole = (server.folder / HOOK).read_text()
    me, other = scene.me, scene.other
    mine, theirs = free(me), free(other, 4, seat="CAMBER-07")
    wait_for(server)
    with pushing(me) as slow:
        assert (server.folder / "started").read_text() == "here\n"
        (server.folder / HOOK).write_text(whole)
        other.git("push", "--no-verify", "origin", f"HEAD:{ref}")
        (server.folder / "go").write_text("go\n")
        _, said = slow.communicate(timeout=30)
    assert server.tip(ref) == theirs
    if ref == MAIN:
        assert slow.returncode
        assert "cannot lock ref 'refs/heads/main': is at" in said
    else:
        assert server.tip(MAIN) == mine


def test_the_object_that_is_already_there_is_up_to_date(scene):
    """No hook runs, and the answer is 0: a claim's commit must be like no other."""
    free(scene.me)
    scene.me.git("push", "--no-verify", "origin", FEED)
    hook(scene.server, "echo ran; exit 1")
    again = scene.me.git("push", "--no-verify", "--porcelain", "origin", FEED)
    assert "[up to date]" in again.stdout
    assert not (scene.server.folder / "seen").exists()


@pytest.mark.timeout(60)
def test_a_killed_client_can_still_win(scene):
    """git on the server goes on: what was pushed must be read again."""
    server, tip = scene.server, free(scene.me)
    wait_for(server)
    moved = '[ "$1" != committed ] || echo moved >moved'
    with pushing(scene.me) as push:
        assert (server.folder / "started").read_text() == "here\n"
        push.kill()
        push.wait()
        assert server.tip(MAIN) != tip
        hook(server, moved, "hooks/reference-transaction")
        os.mkfifo(server.folder / "moved")
        # Open for both, so that a second word blocks nobody.
        told = os.open(server.folder / "moved", os.O_RDWR)
        (server.folder / "go").write_text("go\n")
        assert os.read(told, 6) == b"moved\n"
        os.close(told)
    assert server.tip(MAIN) == tip


# Objects that are read in two ways.


def test_a_replacement_makes_git_read_another_post(scene):
    """Unless GIT_NO_REPLACE_OBJECTS says no; libgit2's object store knows none."""
    where, server = f"main:{path('CMB-0001')}", scene.server
    other = server.git("hash-object", "-w", "--stdin", stdin="other\n").stdout.strip()
    server.git("replace", server.line("rev-parse", where), other)
    off = {"GIT_NO_REPLACE_OBJECTS": "1"}
    assert server.git("cat-file", "-p", where).stdout == "other\n"
    assert TAKEN in server.git("cat-file", "-p", where, env=off).stdout


def test_a_replaced_commit_does_not_hide_a_rewrite(scene):
    """`merge-base` would follow the replacement's parents."""
    me, server = scene.me, scene.server
    tip = server.tip(MAIN)
    me.git("reset", "-q", "--hard", "HEAD~1")
    new = free(me)
    slip(me, "HEAD:refs/heads/new")
    grafted = server.line("commit-tree", "-m", "x", "-p", tip, f"{new}^{{tree}}")
    server.git("replace", new, grafted)
    refused = me.git("push", "--no-verify", "origin", "+" + FEED, ok=False)
    assert refused.refusals == {"FF405"}


def test_a_default_server_takes_a_tree_with_two_entries_of_one_name(scene):
    me, server = scene.me, scene.server
    blob = bytes.fromhex(me.line("rev-parse", "HEAD:README.md"))
    raw = me.write(".git/raw", (b"100644 a\0" + blob) * 2)
    tree = me.line("hash-object", "--literally", "-w", "-t", "tree", str(raw))
    commit = me.line("commit-tree", "-m", "x", tree)
    server.git("config", "receive.fsckObjects", "false")
    me.git("push", "--no-verify", "origin", f"{commit}:refs/heads/odd")
    server.git("update-ref", "-d", "refs/heads/odd")
    shutil.rmtree(server.folder / "objects" / commit[:2])
    server.git("config", "receive.fsckObjects", "true")
    said = me.git(
        "push", "--no-verify", "origin", f"{commit}:refs/heads/odd", ok=None
    ).said
    assert "duplicateEntries" in said


# Who stands outside, and who is told.


def test_a_path_to_the_repository_goes_around_every_hook(scene):
    """The docs and `doctor` say so."""
    put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    slip(scene.me)
    assert scene.server.tip(MAIN) == scene.me.tip()


def test_gitlab_shows_only_what_has_its_prefix(scene):
    put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    options = {"GL_REPOSITORY": "project-1"}
    push = ("push", "--no-verify", "origin", FEED)
    told = scene.me.git(*push, ok=False, env=options).stderr.splitlines()
    ours = [line for line in told if "COLLIDE-WITH-" in line or "fleetfeed:" in line]
    assert ours
    assert all(line.startswith("remote: GL-HOOK-ERR: ") for line in ours)
    assert "GL-HOOK-ERR" not in scene.me.git(*push, ok=False).stderr


def test_the_settings_of_the_hook_are_not_taken_from_the_pusher(scene):
    """git drops what binds to a repository; the feed ref stays the server's."""
    put(scene.me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    push = ("-c", "fleetfeed.ref=refs/heads/x", "push", "--no-verify", "origin", FEED)
    assert scene.me.git(*push, ok=False).refusals == {"FF401"}


@pytest.mark.parametrize("name", ["GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_settings_for_patterns_do_not_stop_the_hook(scene, name):
    free(scene.me)
    scene.me.git("push", "--no-verify", "origin", FEED, env={name: "1"})


def test_after_a_pull_the_old_tip_is_off_the_first_parent_chain(scene):
    """So the judge compares two trees, and does not walk back by first parents."""
    me, other = scene.me, scene.other
    tip = free(other, 4, seat="CAMBER-07")
    slip(other)
    free(me)
    me.git("fetch", "-q")
    me.git("merge", "-q", "--no-verify", "--no-edit", "origin/main")
    assert tip not in me.line("rev-list", "--first-parent", "HEAD").split()
    assert me.git("push", "--no-verify", "origin", FEED).ok


def test_a_path_is_not_a_pattern(scene):
    """A stray name with a star is one file, and is refused by its name."""
    put(scene.me, "feed/CMB/*", post())
    past(scene.me)
    refused = scene.me.git("push", "--no-verify", "origin", FEED, ok=False)
    assert refused.refusals == {"FF020"}


def test_a_hook_without_a_config_is_told_by_its_flags(scene):
    """As on an appliance: the script names ref, folder and server."""
    server, tip = scene.server, scene.server.tip("refs/heads/main")
    for name in ("fleetfeed.ref", "fleetfeed.dir", "fleetfeed.server"):
        server.git("config", "--unset-all", name)
    line = f"{tip} {tip} refs/heads/main\n"
    flags = ("--ref", "refs/heads/main", "--dir", "feed", "--server", "our-appliance")
    done = server.fleetfeed("hook", "pre-receive", *flags, stdin=line)
    assert "fleetfeed: judged by server our-appliance in feed/" in done.stderr
    refused = server.fleetfeed(
        "hook", "pre-receive", "--dir", "x", stdin=line, ok=False
    )
    assert "this server has no fleetfeed.ref" in refused.stderr
