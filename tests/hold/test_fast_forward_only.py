"""Beats on a server that lets nobody move a ref back, or take one away.

So it is for a `RW` user of Gitolite below `refs/fleetfeed/` (see `forward_only`). Each
connection is counted.
"""

import pytest
from hold.connections import Connections
from hold.forward_only import forward_only
from hold.held import ITEM, wait_for

from fleetfeed.git.process import Git
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.view import newest_view
from fleetfeed.writing.ended_beats import clear

LEASE = ("--lease", "6s")


@pytest.fixture
def strict(scene):
    """A server that only fast-forwards below refs/fleetfeed."""
    return forward_only(scene.server)


def posts(server):
    names = server.git("ls-tree", "-r", "--name-only", "main").stdout
    return names.count(ITEM)


def beats(server):
    return server.git("for-each-ref", "refs/fleetfeed/beats").stdout.split()


def test_a_beat_is_heard_although_its_ref_stays(scene, strict, started, stamps):
    held, refused = started("wait", *LEASE), strict.folder / "refused"
    wait_for(refused.exists, held.process)
    asked, began, seen = Connections(scene.me), beats(strict), stamps(ITEM)
    before = len(refused.read_text().split())
    wait_for(lambda: stamps(ITEM) > seen + 6, held.process)
    # All of these were beats, one connection each; the last may still be under way.
    heard = len(refused.read_text().split()) - before
    assert heard > 2
    assert heard <= len(asked) + 1 <= heard + 2
    assert posts(strict) == 1
    strict.install()
    assert beats(strict) == began
    held.process.terminate()
    code, said = held.ended()
    assert code == 143
    assert "DENIED" not in said
    assert posts(strict) == 2


def test_a_server_that_keeps_refs_is_not_asked_again(scene, strict):
    asked, counts = Connections(scene.me), []
    beaten = f"git -C '{strict.folder}' rev-parse refs/fleetfeed/beats/$FLEETFEED_ITEM"
    script = f"until {beaten}; do sleep 0.1; done"
    for number in range(3):
        new = ("--new", "CMB", "--subject", f"work {number}", "--seat", "CAMBER-06")
        # A beat of each is left behind, as by a hold that was killed.
        scene.me.fleetfeed("hold", *new, *LEASE, "--", "sh", "-c", script)
        counts.append(asked.settled())
    first, second, third = (
        after - before for before, after in zip([0, *counts], counts, strict=False)
    )
    print("connections:", first, second, third)
    assert first > second
    assert len(beats(strict)) == 9
    said = strict.install()
    assert said.ok
    assert not beats(strict)


def test_a_server_without_our_hook_is_told_by_posts(scene, strict, started):
    scene.server.disarm()
    held = started("wait", *LEASE)
    wait_for(lambda: posts(strict) > 2, held.process)
    held.process.terminate()
    said = held.ended()[1]
    assert said.count("so a post renewed CMB-0003") == 1
    assert "FATAL: + refs/fleetfeed/beats/CMB-0003 DENIED by fallthru" in said


def test_what_the_server_says_of_beat_and_post_is_passed_on(scene, strict, started):
    hook = strict.folder / "hooks/update"
    strict.install("--no-queue")  # which judges on where pre-receive is gone
    held = started("wait", *LEASE)
    (strict.folder / "hooks/pre-receive").unlink()
    hook.write_text("#!/bin/sh\necho closed for repairs $1 >&2\nexit 1\n")
    code, said = held.ended()
    assert code == 3
    assert "closed for repairs refs/fleetfeed/beats/CMB-0003" in said
    assert "closed for repairs refs/heads/main" in said


def test_other_hooks_of_the_server_may_refuse_beats(scene, started, stamps):
    """Whoever has stamped a beat has heard it, whatever hook is asked behind ours."""
    hook = scene.server.folder / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in *beats*) exit 1; esac\n")
    hook.chmod(0o755)
    held = started("wait", *LEASE)
    seen = stamps(ITEM)
    wait_for(lambda: stamps(ITEM) > seen + 6, held.process)
    assert not beats(scene.server)
    assert posts(scene.server) == 1


def test_what_our_hook_refuses_is_asked_again(scene):
    """An item is in progress again: that says nothing of who may delete."""
    item = scene.me.fleetfeed("reserve", "CMB", "--subject", "later").stdout.split()[0]
    repo = Repo(Git(scene.me.folder, scene.me.environment))
    then = newest_view(repo, offline=False).snapshot
    scene.me.fleetfeed("claim", item, "--op", "acquired")
    beat = f"ITEM: {item}\nEPOCH: 1\nOP: acquired\nBEAT: 0\n"
    blob = scene.me.git("hash-object", "-w", "--stdin", stdin=beat).stdout.strip()
    ref = f"refs/fleetfeed/beats/{item}"
    scene.me.git("push", "-q", "origin", f"{blob}:{ref}")
    clear(repo, then, 30.0)
    assert beats(scene.server)
    scene.me.fleetfeed("done", item)
    clear(repo, then, 30.0)
    assert not beats(scene.server)
