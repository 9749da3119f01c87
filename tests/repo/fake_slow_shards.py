"""fleetfeed with slow shards and a chosen patience: `fake_slow_shards.py SECONDS PATIENCE …`."""

import sys
import time

from fleetfeed.__main__ import main
from fleetfeed.feed import cache
from fleetfeed.util import progress

seconds, patience = (float(sys.argv.pop(1)) for _ in range(2))
quick = cache.item_entries


def slow(tree, shard):  # type: ignore[no-untyped-def]
    """As ever, later."""
    time.sleep(seconds)
    return quick(tree, shard)


cache.item_entries = slow
progress._PATIENCE = patience  # noqa: SLF001
main()
