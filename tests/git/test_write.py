"""Objects that we write, as a pack: git takes in what they hold, under the ids that we expect."""

import pytest
from harness import Repo

from fleetfeed.feed.objects import object_id
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell

# Where the header of an entry gets another byte: sizes of four bits, eleven, eighteen.
SIZES = (0, 1, 15, 16, 2047, 2048, 262_143, 262_144)
FORMATS = {"sha1": 20, "sha256": 32}


@pytest.fixture(params=FORMATS)
def repo(request, tmp_path):
    return Repo.init(tmp_path / "repo", f"--object-format={request.param}")


def test_git_stores_what_is_packed(repo):
    size = FORMATS[repo.line("rev-parse", "--show-object-format")]
    blobs = [("blob", b"x" * each) for each in SIZES]
    tree = b"100644 a\0" + bytes.fromhex(object_id("blob", b"", size))
    made = [*blobs, ("tree", tree)]
    objects = Objects(Git(repo.folder, repo.environment))
    objects.write(made, size)
    for kind, data in made:
        assert objects.read(object_id(kind, data, size)) == (kind, data)
    objects.close()
    repo.git("fsck", "--strict")


def test_a_repository_that_takes_nothing_says_so(repo):
    objects = Objects(Git(repo.folder, repo.environment))
    (repo.folder / ".git/objects").rename(repo.folder / "away")
    with pytest.raises(CannotTell, match=r"cannot be written .* make room, or mend"):
        objects.write([("blob", b"a post")], 20)
