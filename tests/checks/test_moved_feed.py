"""Moving a feed to another branch: the server's keeper pins, one commit follows."""

from harness import Scene, claim, path
from harness.scene import FREE, TAKEN

TRUNK = "refs/heads/trunk"
POLICY = "feed/policy.yaml"


def _move(scene: Scene) -> None:
    scene.me.git("config", "fleetfeed.seat", "CAMBER-06")  # makes the clone
    scene.server.git("branch", "-m", "main", "trunk")
    scene.server.install("--ref", TRUNK)
    scene.me.git("fetch", "-q", "--prune")
    scene.me.git("branch", "-m", "trunk")
    scene.me.git("config", "fleetfeed.ref", TRUNK)


def _name_trunk(scene: Scene) -> None:
    text = scene.me.holds(POLICY) or ""
    scene.me.stage(POLICY, text.replace("refs/heads/main", TRUNK))


def test_until_the_policy_follows_nothing_else_passes(scene: Scene) -> None:
    _move(scene)
    scene.me.stage(path("CMB-0003"), claim("CMB-0003", FREE))
    refused = scene.me.git("commit", "-qm", "x", ok=False)
    assert "FF406" in refused.stderr
    scene.me.git("commit", "-q", "--no-verify", "-m", "x")
    refused = scene.me.push("--no-verify", f"HEAD:{TRUNK}", ok=False)
    assert "FF406" in refused.stderr
    assert "make the two name the same ref" in refused.stderr


def test_a_policy_that_follows_passes_alone(scene: Scene) -> None:
    _move(scene)
    _name_trunk(scene)
    scene.me.stage(path("CMB-0003"), claim("CMB-0003", FREE))
    assert "FF40" in scene.me.git("commit", "-qm", "both at once", ok=False).stderr
    scene.me.git("rm", "-q", "--cached", path("CMB-0003"))
    scene.me.git("commit", "-qm", "the feed moves to trunk")
    scene.me.push(f"HEAD:{TRUNK}")
    assert scene.server.tip(TRUNK) == scene.me.tip()


def test_after_the_move_claims_are_judged_there(scene: Scene) -> None:
    _move(scene)
    _name_trunk(scene)
    scene.me.git("commit", "-qm", "the feed moves to trunk")
    scene.me.push(f"HEAD:{TRUNK}")
    scene.me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    scene.me.git("commit", "-q", "--no-verify", "-m", "x")
    refused = scene.me.push("--no-verify", f"HEAD:{TRUNK}", ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused.stderr
