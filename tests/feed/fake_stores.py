"""Stores for tests: the real cache file, and objects, without a repository."""

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.tree import FeedTree
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.cache_store import DiskCacheStore


class LocalCacheStore(DiskCacheStore):
    """The cache file in a folder; shards are summed up in this process."""

    def __init__(self, folder):
        super().__init__(None, lambda: str(folder))

    def _in_parallel(self, make, tree, shards):
        return (make(tree, shard) for shard in shards)


class Objects:
    """The objects of many feeds, as in a repository."""

    def __init__(self):
        self.trees, self.blobs = {}, {}

    def tree(self, id_):
        return _there(self.trees, id_)

    def blob(self, id_):
        return _there(self.blobs, id_)

    whole = blob

    def expect(self, ids):
        """All is at hand."""

    def stored(self, files) -> FeedTree:
        """The tree of a feed's files."""
        made = from_files(files)
        self.trees.update(made.store.trees)
        self.blobs.update(made.store.blobs)
        return FeedTree(self, made.root)


class Counting(Objects):
    """Objects that know how many files were read."""

    read = 0

    def blob(self, id_):
        self.read += 1
        return super().blob(id_)

    whole = blob


def _there(objects, id_):
    if id_ not in objects:
        raise CannotTell(id_)
    return objects[id_]
