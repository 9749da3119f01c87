"""Commits whose verdict hangs on what they do to posts that are there already.

`PASSES` and `REFUSED` rows name the codes that must be said, no more and no fewer.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from checks.commit_ways import POST, Done, commit
from harness import FREE, TAKEN, Repo, Scene, Seat, claim, path, post

HELD = path("CMB-0001")
OWN = path("CMB-0002")
OWN_NEXT = path("CMB-0002", 2)
NOTE = "feed/notes/2026/05/20260503T120000Z-CAMBER-06-0a1b.yaml"
POLICY = "feed/policy.yaml"
LAWFUL = claim("CMB-0003", FREE)

Play = Callable[[Scene], Done]


@dataclass(frozen=True, slots=True)
class Row:
    """A way of committing, what must be said, and which words must be in it."""

    name: str
    play: Play
    refused: frozenset[str]
    warned: frozenset[str]
    words: tuple[str, ...]


ROWS: list[Row] = []


def row(
    name: str, refused: str = "", warned: str = "", words: tuple[str, ...] = ()
) -> Callable[[Play], Play]:
    """Registers a row: the codes that refuse, those that warn, words that are said."""

    def register(play: Play) -> Play:
        codes = (frozenset(refused.split()), frozenset(warned.split()))
        ROWS.append(Row(name, play, *codes, words))
        return play

    return register


def draft(me: Seat, file: str = POST, text: str = LAWFUL) -> None:
    """Commits a lawful post that stays unpushed."""
    me.stage(file, text)
    assert commit(me).result.ok


def renewed(body: str, **more: str) -> str:
    """The next post of CMB-0002 by its holder, who may be at work in two clones."""
    return post(item="CMB-0002", state="IN_PROGRESS", subject=None, body=body, **more)


def publish(scene: Scene, files: dict[str, str]) -> None:
    """Another clone publishes posts by path, and `me` fetches without merging."""
    me = scene.me  # before the push, or a new clone would have the posts already
    for file, text in files.items():
        scene.other.write(file, text)
    scene.other.commit("published", "--no-verify")
    scene.other.push("--no-verify")
    me.git("fetch", "-q")


# What is published.


@row("a published post edited", "FF402", words=("post 1 of CMB-0001", "CAMBER-07"))
def edit(scene: Scene) -> Done:
    scene.me.stage(HELD, claim("CMB-0001", FREE, seat="CAMBER-07"))
    return commit(scene.me)


@row("a published post edited, in the work tree only")
def edit_outside(scene: Scene) -> Done:
    scene.me.write(HELD, "BROKEN")
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


@row("a published post edited with --amend", "FF402", words=(OWN_NEXT,))
def amend_published(scene: Scene) -> Done:
    scene.me.stage(OWN, claim("CMB-0002", FREE))
    return commit(scene.me, "--amend")


@row("another message for a published commit")
def amend_message(scene: Scene) -> Done:
    return commit(scene.me, "--amend")


@row("a deletion only, of a published post", "FF402", words=("may not be removed",))
def delete(scene: Scene) -> Done:
    scene.me.git("rm", "-q", HELD)
    return commit(scene.me)


@row("a deletion only, from the index alone", "FF402")
def delete_cached(scene: Scene) -> Done:
    scene.me.git("rm", "-q", "--cached", HELD)
    return commit(scene.me)


@row("a deletion with git commit -a", "FF402")
def delete_all(scene: Scene) -> Done:
    (scene.me.folder / HELD).unlink()
    return commit(scene.me, "-a")


@row("a deletion in the work tree only")
def delete_outside(scene: Scene) -> Done:
    (scene.me.folder / HELD).unlink()
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


@row("the whole feed removed", "FF402 FF404")
def delete_feed(scene: Scene) -> Done:
    scene.me.git("rm", "-q", "-r", "feed")
    return commit(scene.me)


@row("a published post renamed", "FF402", words=("put it back", OWN_NEXT))
def rename(scene: Scene) -> Done:
    scene.me.git("mv", OWN, OWN_NEXT)
    return commit(scene.me)


@row("a published post moved out of the feed", "FF402")
def move_out(scene: Scene) -> Done:
    scene.me.git("mv", HELD, "kept.yaml")
    return commit(scene.me)


@row("a published post made executable", "FF402")
def mode(scene: Scene) -> Done:
    scene.me.git("update-index", "--chmod=+x", HELD)
    return commit(scene.me)


@row("a published note removed", "FF402", words=("note",))
def delete_note(scene: Scene) -> Done:
    publish(scene, {NOTE: "SEAT: CAMBER-06\nBODY: seen\n"})
    scene.me.git("merge", "-q", "--ff-only", "origin/main")
    scene.me.git("rm", "-q", NOTE)
    return commit(scene.me)


# Drafts: committed, not yet pushed.


@row("a draft edited on top", warned="FF408", words=("--amend", "squashed"))
def edit_draft(scene: Scene) -> Done:
    draft(scene.me)
    scene.me.stage(POST, claim("CMB-0003", "CAMBER:page:else"))
    return commit(scene.me)


@row("a draft removed", warned="FF408")
def delete_draft(scene: Scene) -> Done:
    draft(scene.me)
    scene.me.git("rm", "-q", POST)
    return commit(scene.me)


@row("a draft renumbered with --amend", warned="FF408")
def rename_draft(scene: Scene) -> Done:
    draft(scene.me)
    scene.me.git("rm", "-q", POST)
    scene.me.stage(path("CMB-0004"), LAWFUL.replace("CMB-0003", "CMB-0004"))
    return commit(scene.me, "--amend")


@row("a draft that gives its surface up to another post", warned="FF408")
def draft_gives_up(scene: Scene) -> Done:
    draft(scene.me)
    scene.me.git("rm", "-q", POST)
    scene.me.stage(path("CMB-0004"), claim("CMB-0004", FREE))
    return commit(scene.me, "--amend")


@row("a draft that collides with another draft", "FF401", words=("CMB-0003",))
def two_drafts(scene: Scene) -> Done:
    draft(scene.me)
    scene.me.stage(path("CMB-0004"), claim("CMB-0004", FREE))
    return commit(scene.me)


@row("two posts of one commit that collide", "FF401")
def two_posts(scene: Scene) -> Done:
    scene.me.stage(POST, LAWFUL)
    scene.me.stage(path("CMB-0004"), claim("CMB-0004", FREE))
    return commit(scene.me)


# The policy.


@row("a policy change alone")
def policy(scene: Scene) -> Done:
    text = scene.me.holds(POLICY) or ""
    scene.me.stage(POLICY, text.replace("surface: warn", "surface: required"))
    return commit(scene.me)


@row("a policy change together with a post", "FF404", words=("policy first",))
def policy_and_post(scene: Scene) -> Done:
    scene.me.stage(POST, LAWFUL)
    return policy(scene)


@row("a policy change together with a note", "FF404")
def policy_and_note(scene: Scene) -> Done:
    scene.me.stage(NOTE, "SEAT: CAMBER-06\nBODY: seen\n")
    return policy(scene)


@row("a policy that allows what comes with it", "FF308 FF404", words=("CMB, FLT",))
def policy_for_itself(scene: Scene) -> Done:
    text = (scene.me.holds(POLICY) or "").replace("# prefixes:", "prefixes:")
    draft(scene.me, POLICY, text)
    scene.me.stage(POLICY, text.replace("prefixes: {", "prefixes: {ORA: ORA, "))
    scene.me.stage(path("ORA-0001"), claim("ORA-0001", FREE))
    return commit(scene.me)


@row("a policy change staged beside git commit <path> of a post")
def policy_beside_post(scene: Scene) -> Done:
    scene.me.stage(POLICY, "BROKEN")
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me, "--", POST)


@row("a policy that nobody can read", "FF009 FF403")
def policy_broken(scene: Scene) -> Done:
    scene.me.stage(POLICY, "surface: *x y: z")
    return commit(scene.me)


# The fetched feed ref, of which HEAD lacks something.


@row("a post whose number others have published", "FF402", words=(path("CMB-0002", 3),))
def stale_number(scene: Scene) -> Done:
    publish(scene, {OWN_NEXT: renewed("theirs")})
    scene.me.stage(OWN_NEXT, renewed("mine"))
    return commit(scene.me)


@row("a post beyond others' that are not merged", "FF306", words=("up to 2", "merge"))
def stale_beyond(scene: Scene) -> Done:
    publish(scene, {OWN_NEXT: renewed("theirs")})
    scene.me.stage(path("CMB-0002", 3), renewed("mine"))
    return commit(scene.me)


@row("a surface that was taken since", "FF401", words=("CMB-0005", "fetched 0 s ago"))
def stale_surface(scene: Scene) -> Done:
    publish(scene, {path("CMB-0005"): claim("CMB-0005", FREE, seat="CAMBER-07")})
    # However long a busy machine takes from the fetch to the commit.
    soon = time.time() + 600
    os.utime(scene.me.folder / ".git/FETCH_HEAD", (soon, soon))
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


@row("a surface that was let go since", warned="FF208", words=("half-done, PARKED",))
def stale_let_go(scene: Scene) -> Done:
    parked = post(item="CMB-0001", state="PARKED", seat="CAMBER-07", subject=None)
    publish(scene, {path("CMB-0001", 2): parked})
    scene.me.stage(POST, claim("CMB-0003", TAKEN))
    return commit(scene.me)


@row("an item's number that was taken since", "FF402", words=("CMB-0004",))
def stale_item(scene: Scene) -> Done:
    publish(scene, {POST: claim("CMB-0003", "CAMBER:page:else", seat="CAMBER-07")})
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


@row("a branch while the feed ref is nowhere", "FF406", words=("refs/heads/main",))
def no_feed_ref(scene: Scene) -> Done:
    scene.me.git("checkout", "-q", "-b", "side")
    scene.me.git("branch", "-q", "-D", "main")
    scene.me.git("update-ref", "-d", "refs/remotes/origin/main")
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


@row("a policy that names another ref than the settings", "FF406")
def other_ref(scene: Scene) -> Done:
    scene.me.git("config", "fleetfeed.ref", "refs/heads/else")
    scene.me.stage(POST, LAWFUL)
    return commit(scene.me)


# Merges.


def merge(scene: Scene, *options: str, other: str = "origin/main") -> Done:
    """Merges what was fetched, or `other`, whatever comes of it."""
    before, words = scene.me.tip(), ("--no-ff", "-m", "x", *options, other)
    return Done(scene.me, scene.me.git("merge", *words, ok=None), before)


@row("a merge that brings others' posts")
def clean_merge(scene: Scene) -> Done:
    draft(scene.me)
    publish(scene, {path("CMB-0005"): claim("CMB-0005", "CAMBER:db:x", seat="ORA-01")})
    return merge(scene)


@row("a merge that brings another policy beside a draft")
def merge_policy(scene: Scene) -> Done:
    draft(scene.me)
    text = scene.me.holds(POLICY) or ""
    publish(scene, {POLICY: text.replace("surface: warn", "surface: required")})
    return merge(scene)


@row("a merge that brings a policy and posts, in two commits")
def merge_policy_and_posts(scene: Scene) -> Done:
    text = scene.me.holds(POLICY) or ""
    draft(scene.me)
    publish(scene, {POLICY: text + "# another line\n"})
    publish(scene, {path("CMB-0005"): claim("CMB-0005", "CAMBER:db:x", seat="ORA-01")})
    return merge(scene)


@row("the same, where the pre-commit framework calls us under pre-commit's name")
def merge_in_framework(scene: Scene) -> Done:
    hook = scene.me.folder / ".git/hooks/pre-merge-commit"
    text = hook.read_text().replace("hook pre-merge-commit", "hook pre-commit")
    hook.write_text(text)
    return merge_policy_and_posts(scene)


@row("a merge that brings what a draft claims", "FF401", words=("CMB-0005", POST))
def colliding_merge(scene: Scene) -> Done:
    draft(scene.me)
    publish(scene, {path("CMB-0005"): claim("CMB-0005", FREE, seat="CAMBER-07")})
    return merge(scene)


@row("a merge that brings an old unlawful post is not judged for it")
def merge_old_sin(scene: Scene) -> Done:
    draft(scene.me)
    scene.server.git("config", "core.hooksPath", "/dev/null")
    publish(scene, {path("CMB-0005"): claim("CMB-0005", TAKEN, seat="ORA-01")})
    return merge(scene)


def conflicted(scene: Scene) -> None:
    """Both sides have written post 2 of CMB-0002, and the merge has stopped there."""
    draft(scene.me, OWN_NEXT, renewed("mine"))
    publish(scene, {OWN_NEXT: renewed("theirs")})
    assert "CONFLICT" in merge(scene).result.stdout


@row("a draft renumbered while merging")
def renumber(scene: Scene) -> Done:
    conflicted(scene)
    scene.me.git("checkout", "-q", "--theirs", OWN_NEXT)
    scene.me.git("add", OWN_NEXT)
    scene.me.stage(path("CMB-0002", 3), renewed("mine"))
    return commit(scene.me)


@row("a draft renumbered while merging, that now collides", "FF401", words=(TAKEN,))
def renumber_colliding(scene: Scene) -> Done:
    conflicted(scene)
    scene.me.git("checkout", "-q", "--theirs", OWN_NEXT)
    scene.me.git("add", OWN_NEXT)
    text = renewed("mine", surface_key=TAKEN, no_overlap_proof="none that I know")
    scene.me.stage(path("CMB-0002", 3), text)
    return commit(scene.me)


@row(
    "a conflict settled over the published post", "FF402", words=("post 2 of CMB-0002",)
)
def settled_wrongly(scene: Scene) -> Done:
    conflicted(scene)
    scene.me.git("checkout", "-q", "--ours", OWN_NEXT)
    scene.me.git("add", OWN_NEXT)
    return commit(scene.me)


@row("a conflict in a linked worktree settled over the published post", "FF402")
def settled_wrongly_elsewhere(scene: Scene) -> Done:
    draft(scene.me, OWN_NEXT, renewed("mine"))
    publish(scene, {OWN_NEXT: renewed("theirs")})
    scene.me.git("worktree", "add", "-q", "-b", "side", "../linked")
    linked = Repo(scene.me.folder.parent / "linked", scene.me.environment)
    linked.git("merge", "-q", "origin/main", ok=False)
    linked.git("checkout", "-q", "--ours", OWN_NEXT)
    linked.git("add", OWN_NEXT)
    return commit(linked)


@row("a merge that leaves out what others have published", "FF402", words=("CMB-0005",))
def merge_left_out(scene: Scene) -> Done:
    scene.me.stage("README.md", "mine\n")
    commit(scene.me)
    news = {path("CMB-0005"): claim("CMB-0005", FREE, seat="CAMBER-07")}
    publish(scene, {"README.md": "theirs\n", **news})
    assert "CONFLICT" in merge(scene).result.stdout
    scene.me.git("checkout", "-q", "--ours", "README.md")
    scene.me.git("add", "README.md")
    scene.me.git("rm", "-q", "-f", path("CMB-0005"))
    return commit(scene.me)


@row("a clean merge that leaves out what others have published", "FF402")
def merge_ours(scene: Scene) -> Done:
    draft(scene.me)
    publish(
        scene, {path("CMB-0005"): claim("CMB-0005", "CAMBER:db:x", seat="CAMBER-07")}
    )
    return merge(scene, "-sours")


@row("a clean merge of an older branch")
def merge_older(scene: Scene) -> Done:
    scene.me.git("branch", "old", "HEAD~1")
    scene.me.git("checkout", "-q", "old")
    scene.me.stage("old.txt", "old\n")
    commit(scene.me)
    scene.me.git("checkout", "-q", "main")
    return merge(scene, other="old")


@row("a conflict committed with its markers", "FF402", words=("put it back",))
def markers(scene: Scene) -> Done:
    conflicted(scene)
    scene.me.git("add", OWN_NEXT)
    return commit(scene.me)


# Whatever touches no post.


@row("no post touched: no Python is started")
def untouched(scene: Scene) -> Done:
    hook = scene.me.folder / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))
    scene.me.write(POST, LAWFUL)
    scene.me.stage("README.md", "another\n")
    done = commit(scene.me)
    scene.me.git("add", POST)
    assert "its Python is gone" in commit(scene.me).result.stderr
    return done


@row("a merge that touches no post: no Python is started")
def untouched_merge(scene: Scene) -> Done:
    hook = scene.me.folder / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))
    scene.me.git("checkout", "-q", "-b", "side")
    scene.me.stage("README.md", "one side\n")
    commit(scene.me)
    scene.me.git("checkout", "-q", "main")
    scene.me.stage("README.md", "the other\n")
    commit(scene.me)
    scene.me.git("merge", "side", ok=False)
    scene.me.stage("README.md", "both\n")
    return commit(scene.me)
