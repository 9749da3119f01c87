"""Shards summed up by several processes, each with objects of its own."""

from collections.abc import Callable, Iterator, Sequence

from fleetfeed.crew import share
from fleetfeed.git.objects import Objects
from fleetfeed.git.run import Git
from fleetfeed.memo import sum_up
from fleetfeed.places import Shard
from fleetfeed.summary import Summary
from fleetfeed.tree import FeedTree


def summed_up(git: Git, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
    """The summaries of `shards` of `tree`, a feed in the repository of `git`."""

    def begin() -> Callable[[Shard], Summary]:
        objects = Objects(git)
        mine = FeedTree(objects, tree.root, tree.folder)

        def work(shard: Shard) -> Summary:
            return sum_up(mine, shard)

        return work

    return share(shards, begin)
