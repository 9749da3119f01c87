"""Every way of committing that the table of commits knows.

A way brings `inside` to be committed as a post of CMB-0003, while `outside`, another
text, lies wherever a careless reader would look: in the work tree, in the real index,
in the index of another checkout. So a hook that looks there gives the wrong verdict.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import Repo, Result, Scene, Seat, claim, path

POST = path("CMB-0003")
NEXT = path("CMB-0004")


@dataclass(frozen=True, slots=True)
class Done:
    """A commit that was tried: where, how it ended, and what HEAD was before."""

    repo: Repo
    result: Result
    before: str


Way = Callable[[Scene, str, str], Done]
WAYS: dict[str, Way] = {}


def way(name: str) -> Callable[[Way], Way]:
    """Registers a way of committing."""

    def register(function: Way) -> Way:
        WAYS[name] = function
        return function

    return register


def commit(
    repo: Repo,
    *args: str,
    stdin: str = "",
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Done:
    """`git commit`, whatever comes of it."""
    before, words = repo.tip(), ("commit", "-q", "-m", "a post", *args)
    result = repo.git(*words, ok=None, stdin=stdin, cwd=cwd, env=env)
    return Done(repo, result, before)


def as_next(text: str) -> str:
    """The same post, of the item CMB-0004."""
    return text.replace("CMB-0003", "CMB-0004")


@way("git commit: staged, the work tree says otherwise")
def staged(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me)


@way("git commit: staged, the work tree has lost it")
def staged_only(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    shutil.rmtree((scene.me.folder / POST).parent)
    scene.me.write(NEXT, as_next(outside))
    return commit(scene.me)


@way("git commit -a")
def all_(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.write(POST, inside)
    return commit(scene.me, "-a")


@way("git commit -a: a file assumed unchanged stays as staged")
def all_but_assumed(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.git("update-index", "--assume-unchanged", POST)
    scene.me.write(POST, outside)
    return commit(scene.me, "-a")


@way("git commit -p: yes to the hunk")
def patch_yes(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.write(POST, inside)
    return commit(scene.me, "-p", stdin="y\n")


@way("git commit -p: no to the hunk")
def patch_no(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me, "-p", stdin="n\n")


@way("git commit <path>")
def named(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.write(POST, inside)
    return commit(scene.me, "--", POST)


@way("git commit --only <path>: what else is staged stays out")
def only(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.stage(NEXT, as_next(outside))
    return commit(scene.me, "--only", "--", POST)


@way("git commit -i <path>: what is named")
def include_named(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.write(POST, inside)
    scene.me.stage("README.md", "another\n")
    return commit(scene.me, "-i", "--", POST)


@way("git commit -i <path>: what is staged already")
def include_staged(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    scene.me.write("README.md", "another\n")
    return commit(scene.me, "-i", "--", "README.md")


@way("git commit --amend of a draft")
def amend(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, claim("CMB-0003", "CAMBER:draft:first"))
    commit(scene.me)
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me, "--amend")


@way("git commit from a subfolder")
def subfolder(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me, cwd=(scene.me.folder / POST).parent)


@way("git commit <path> from a subfolder")
def named_in_subfolder(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.write(POST, inside)
    return commit(scene.me, "--", "0001.yaml", cwd=(scene.me.folder / POST).parent)


@way("git add -N: no part of the commit")
def intent(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    scene.me.write(NEXT, as_next(outside))
    scene.me.git("add", "-N", NEXT)
    return commit(scene.me)


@way("git add -N, then git commit -a: part of it")
def intent_all(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.write(POST, outside)
    scene.me.git("add", "-N", POST)
    scene.me.write(POST, inside)
    return commit(scene.me, "-a")


@way("a linked worktree")
def linked_worktree(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    folder = scene.folder / "linked"
    scene.me.git("worktree", "add", "-q", "-b", "side", str(folder))
    linked = Repo(folder, scene.me.environment)
    linked.stage(POST, inside)
    return commit(linked)


@way("the main worktree beside a linked one")
def beside_linked_worktree(scene: Scene, inside: str, outside: str) -> Done:
    folder = scene.folder / "linked"
    scene.me.git("worktree", "add", "-q", "-b", "side", str(folder))
    Repo(folder, scene.me.environment).stage(POST, outside)
    scene.me.stage(POST, inside)
    return commit(scene.me)


def elsewhere(scene: Scene, inside: str, outside: str) -> dict[str, str]:
    """Stages `inside` from a work tree elsewhere; the variables that name both."""
    tree = scene.folder / "elsewhere"
    where = {"GIT_DIR": str(scene.me.folder / ".git"), "GIT_WORK_TREE": str(tree)}
    shutil.copytree(
        scene.me.folder, tree, ignore=shutil.ignore_patterns(".git"), symlinks=True
    )
    scene.me.write(POST, outside)
    Repo(tree, scene.me.environment).write(POST, inside)
    scene.me.git("add", POST, cwd=tree, env=where)
    return where


@way("--work-tree elsewhere")
def work_tree(scene: Scene, inside: str, outside: str) -> Done:
    where = elsewhere(scene, inside, outside)
    options = ("--git-dir", where["GIT_DIR"], "--work-tree", where["GIT_WORK_TREE"])
    before, words = scene.me.tip(), (*options, "commit", "-q", "-m", "a post")
    return Done(scene.me, scene.me.git(*words, ok=None, cwd=scene.folder), before)


@way("GIT_DIR and GIT_WORK_TREE from elsewhere")
def git_dir(scene: Scene, inside: str, outside: str) -> Done:
    where = elsewhere(scene, inside, outside)
    return commit(scene.me, env=where, cwd=scene.folder)


@way("GIT_INDEX_FILE of one's own")
def index_file(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    own = {"GIT_INDEX_FILE": str(scene.folder / "own index")}
    scene.me.git("read-tree", "HEAD", env=own)
    scene.me.write(POST, inside)
    scene.me.git("add", POST, env=own)
    return commit(scene.me, env=own)


def sparse(scene: Scene, inside: str, outside: str, *options: str) -> Done:
    """A commit where the feed is not in the checkout at all."""
    scene.me.stage("docs/page", "a page\n")
    commit(scene.me)
    scene.me.git("sparse-checkout", "set", "--cone", *options, "docs")
    assert not (scene.me.folder / "feed").exists()
    scene.me.write(POST, inside)
    scene.me.git("add", "--sparse", POST)
    scene.me.write(POST, outside)
    return commit(scene.me)


@way("a sparse checkout")
def sparse_checkout(scene: Scene, inside: str, outside: str) -> Done:
    return sparse(scene, inside, outside, "--no-sparse-index")


@way("a sparse index")
def sparse_index(scene: Scene, inside: str, outside: str) -> Done:
    return sparse(scene, inside, outside, "--sparse-index")


@way("a split index")
def split_index(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, outside)
    scene.me.git("update-index", "--split-index")
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    assert list((scene.me.folder / ".git").glob("sharedindex.*"))
    return commit(scene.me)


@way("a detached HEAD")
def detached(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.git("checkout", "-q", "--detach")
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me)


@way("core.hooksPath")
def hooks_path(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.fleetfeed("uninstall")
    scene.me.git("config", "core.hooksPath", str(scene.folder / "hooks"))
    scene.me.install()
    assert not (scene.me.folder / ".git/hooks/pre-commit").exists()
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me)


@way("an earlier hook that stages something else")
def earlier_hook(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.fleetfeed("uninstall")
    scene.me.write("late", inside)
    hook = scene.me.write(
        ".git/hooks/pre-commit", f"#!/bin/sh\ncp late {POST} && git add {POST}\n"
    )
    hook.chmod(0o755)
    scene.me.install()
    scene.me.stage(POST, outside)
    return commit(scene.me)


@way("a filter between the work tree and the index")
def filtered(scene: Scene, inside: str, outside: str) -> Done:
    kept = scene.me.write(".git/inside", inside)
    scene.me.write(".git/info/attributes", f"{POST} filter=swap\n")
    scene.me.git("config", "filter.swap.clean", f"cat >/dev/null; cat '{kept}'")
    scene.me.stage(POST, outside)
    return commit(scene.me)


@way("a user's settings for git diff")
def diff_settings(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.write(".git/info/attributes", "*.yaml -diff\n")
    for name, value in {
        "diff.external": "false",
        "diff.noprefix": "true",
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.ignoreSubmodules": "all",
        "core.quotePath": "true",
        "core.pager": "false",
        "color.ui": "always",
    }.items():
        scene.me.git("config", name, value)
    scene.me.stage(POST, inside)
    scene.me.write(POST, outside)
    return commit(scene.me)


@way("a replacement for the blob")
def replaced(scene: Scene, inside: str, outside: str) -> Done:
    scene.me.stage(POST, inside)
    blobs = [
        scene.me.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
        for text in (inside, outside)
    ]
    scene.me.git("replace", *blobs)
    done = commit(scene.me)
    scene.me.git("replace", "-d", blobs[0])
    return done


@way("a first commit, policy and all")
def no_commit_yet(scene: Scene, inside: str, outside: str) -> Done:
    first = lone(scene, "first")
    first.stage(POST, inside)
    first.write(POST, outside)
    return commit(first)


@way("a repository of SHA-256")
def sha256(scene: Scene, inside: str, outside: str) -> Done:
    repo = lone(scene, "sha256", "--object-format=sha256")
    commit(repo)
    repo.stage(POST, inside)
    repo.write(POST, outside)
    return commit(repo)


def lone(scene: Scene, name: str, *options: str) -> Seat:
    """A guarded repository without a remote, the scene's feed staged in it."""
    repo = Seat.init(scene.folder / name, *options)
    seat = Seat(repo.folder, repo.environment)
    shutil.copytree(scene.me.folder / "feed", seat.folder / "feed")
    seat.git("add", "feed")
    seat.install()
    return seat
