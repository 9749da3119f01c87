"""Each layout, begun in either order on any git's defaults, refuses a collision.

At the commit, before the push, and past the clone's hooks on the server.
"""

import os
from pathlib import Path

import pytest
from harness import claim, path
from install import layouts
from install.layouts import LAYOUTS, World

SURFACE = "CAMBER:file:app.py"

# One of each kind, begun in one order on one default; the others are near relatives,
# and docs/layouts.md plays them, too.
SMALL = {
    layouts.in_the_code, layouts.on_a_branch_of_its_own, layouts.bare_with_worktrees,
    layouts.fork_with_upstream,
}  # fmt: skip
ROWS = [
    pytest.param(layout, order, first, marks=[] if kept else [pytest.mark.large])
    for number, layout in enumerate(LAYOUTS)
    for order in ("init first", "server first")
    for first in ("", "main", "trunk")
    for kept in [layout in SMALL and first != "main"
                 and (order == "server first") == bool(number % 2)
                 and bool(first) == bool(number % 3)]
]  # fmt: skip


@pytest.mark.parametrize(("layout", "order", "first"), ROWS)
def test_a_collision_is_refused_wherever_the_feed_is(layout, order, first, tmp_path):
    if first:
        with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
            config.write(f"[init]\n\tdefaultBranch = {first}\n")
    world = World(tmp_path, order == "server first")
    world.run("git", "init", "-q", "--bare", "fleet.git")
    laid = layout(world)
    ask, post = laid.ask, laid.post
    for each in {ask.folder: ask, post.folder: post}.values():
        joined = each.fleetfeed("join", "--seat", "CAMBER-06", ok=None)
        assert joined.returncode == 0, joined.said
    held = ask.fleetfeed(
        "claim", "--new", "CMB", "--subject", "x", "--surface", SURFACE,
        "--proof", "the only work on it",
    )  # fmt: skip
    assert held.stdout.startswith("CMB-0001\n")
    assert ask.fleetfeed("active", "--surface-claim", SURFACE, ok=None).returncode == 1

    server_ref = laid.ref or world.server.line("config", "fleetfeed.ref")
    before = world.server.tip(server_ref)
    remote = post.line("config", "fleetfeed.remote") if layout.__name__.startswith(
        "fork") else post.line("remote").splitlines()[0]  # fmt: skip
    post.git("fetch", "-q", remote)
    file = path("CMB-0002", feed=laid.feed)
    post.write(file, claim("CMB-0002", SURFACE, seat="CAMBER-07"))
    post.git("add", "--sparse", "-A")
    refused = post.git("commit", "-q", "-m", "a second one", ok=False)
    assert "FF401" in refused.stderr
    post.git("commit", "-q", "--no-verify", "-m", "a second one")
    post.git("pull", "-q", "--no-rebase", "--no-verify", remote, server_ref, ok=None)
    pushed = post.git("push", remote, f"HEAD:{server_ref}", ok=False)
    assert "FF401" in pushed.stderr
    assert "remote: " not in pushed.stderr
    past = post.git("push", "--no-verify", remote, f"HEAD:{server_ref}", ok=False)
    assert "remote: " in past.stderr
    assert "FF401" in past.stderr
    assert world.server.tip(server_ref) == before
