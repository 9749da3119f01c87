"""Packs that are made in memory: git finds in them what was put in."""

from hashlib import shake_256
from itertools import product

import pytest
from harness import Repo

from fleetfeed.feed.objects import object_id
from fleetfeed.git.objects import Objects
from fleetfeed.git.pack import count_in, entry, entry_by_base, packed
from fleetfeed.git.process import Git

SIZES = (*product((0, 1, 63, 128, 300), repeat=4), (70_000, 9, 140_000, 70_000))
"""Bytes of a stretch that stays, of what was behind it, of what stays, of what is new."""


@pytest.fixture(params={"sha1": 20, "sha256": 32}.items())
def stored(request, tmp_path):
    """A repository, as git and we see it, and the bytes of its ids."""
    name, size = request.param
    repo = Repo.init(tmp_path / "repo", f"--object-format={name}")
    git = Git(repo.folder, repo.environment)
    objects = Objects(git)
    yield git, objects, size
    objects.close()
    repo.git("fsck", "--strict")


def test_what_is_told_by_what_it_was_is_what_it_is(stored):
    git, objects, size = stored
    olds, news = {}, {}
    for number, sizes in enumerate(SIZES):
        drawn = (
            shake_256(b"%d %d" % (number, n)).digest(s) for n, s in enumerate(sizes)
        )
        ahead, was, behind, now = drawn
        old, new = ahead + was + behind, ahead + now + behind
        base = object_id("blob", old, size)
        olds[base] = ("blob", old)
        told = entry_by_base("blob", new, base, old)
        news[object_id("blob", new, size)] = new, told
        # It is as small as what is other: a stretch that is copied takes few bytes.
        assert len(old) < 64 or len(told) < len(now) * 1.02 + len(old) / 4000 + 80
    objects.write(olds.values(), size)
    pack = packed([told for _, told in news.values()], size)
    assert count_in(pack) == len(news)
    git.run("unpack-objects", "-q", "--strict", stdin=pack)
    for id_, (new, _) in news.items():
        assert objects.read(id_, len(new)) == ("blob", new)


def test_a_whole_pack_is_one_that_git_can_keep(stored):
    git, objects, size = stored
    blobs = [b"%d" % number for number in range(300)]
    pack = packed([entry("blob", each) for each in blobs], size)
    assert count_in(pack) == len(blobs)
    git.run("index-pack", "--stdin", "--strict", stdin=pack)
    assert objects.blob(object_id("blob", b"299", size)) == b"299"
