"""What a write starts: as few gits for several posts as for one."""

import pytest
from ledger.gen_worlds import Remote

from fleetfeed.git.process import Git

POST = b"no real post, but a ledger does not judge\n"
STORING = {"hash-object", "mktree", "unpack-objects", "commit-tree"}


@pytest.mark.parametrize("posts", [1, 3])
def test_all_objects_of_a_write_go_to_one_git(fleet, monkeypatch, posts):
    remote, started, run = Remote(fleet, guarded=False), [], Git.run

    def noted(self, *args, **options):
        started.extend(each for each in args if each in STORING)
        return run(self, *args, **options)

    monkeypatch.setattr(Git, "run", noted)
    ledger = remote.ledger()
    files = {f"CMB/000/CMB-000{n}/0001.yaml": POST for n in range(1, posts + 1)}
    ended = ledger.swap(ledger.read(30), files, "some posts\n\n", 30)
    assert ended.commit == fleet.server.tip("refs/heads/main")
    assert started == ["unpack-objects", "commit-tree"]
    remote.close()
