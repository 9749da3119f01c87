"""Shards summed up by several processes, each with objects of its own."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

from fleetfeed.crew import MOST_JOBS, all_hands, side_by_side
from fleetfeed.git.objects import Objects
from fleetfeed.git.run import Git
from fleetfeed.memo import sum_up
from fleetfeed.places import Shard
from fleetfeed.summary import Summary
from fleetfeed.tree import FeedTree


def summed_up(git: Git, tree: FeedTree, shards: Sequence[Shard]) -> Iterator[Summary]:
    """The summaries of `shards` of `tree`, a feed in the repository of `git`."""

    def own() -> FeedTree:
        return FeedTree(Objects(git), tree.root, tree.folder)

    for at in range(0, len(shards), MOST_JOBS):
        jobs = [partial(_sum_up, shard) for shard in shards[at : at + MOST_JOBS]]
        with closing(side_by_side(jobs, own, all_hands())) as made:
            yield from made


def _sum_up(shard: Shard, tree: FeedTree) -> Summary:
    return sum_up(tree, shard)
