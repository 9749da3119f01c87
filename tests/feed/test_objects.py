"""Objects where libgit2 cannot have them: through git, with the same answer."""

import shutil

import pytest
from harness import Scene, Server, claim, path
from harness.scene import FREE, TAKEN


@pytest.mark.parametrize("name", ["a:b.git", 'a"b.git', "a b;c.git", "\u00e4.git"])
def test_a_server_in_an_odd_folder_judges(scene: Scene, name: str) -> None:
    """git hands the quarantine's neighbour over in quotes where its path has a colon."""
    me = scene.me
    odd = Server(scene.server.folder.with_name(name), scene.server.environment)
    shutil.move(scene.server.folder, odd.folder)
    me.git("remote", "set-url", "origin", f"file://{odd.folder}")
    me.stage(path("CMB-0003"), claim("CMB-0003", TAKEN))
    me.git("commit", "-q", "--no-verify", "-m", "a collision")
    refused = me.push("--no-verify", "HEAD:refs/heads/main", ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused.stderr
    me.stage(path("CMB-0003"), claim("CMB-0003", FREE))
    me.git("commit", "-q", "--amend", "--no-verify", "-m", "a claim")
    me.push("--no-verify", "HEAD:refs/heads/main")
