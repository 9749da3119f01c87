"""Shards summed up by several processes, each with objects of its own."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

from fleetfeed.feed.cache import sum_up
from fleetfeed.feed.shards import Shard
from fleetfeed.feed.summary import Summary
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.repo.workers import MOST_JOBS, all_hands, side_by_side


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
