"""fleetfeed with slow shards and a line of progress after a chosen time: `fake_slow_shards.py SECONDS AFTER …`."""

import sys
import time

from fleetfeed.__main__ import main
from fleetfeed.feed import cache
from fleetfeed.util import progress

seconds, line_after = (float(sys.argv.pop(1)) for _ in range(2))
quick = cache.item_entries


def slow(tree, shard):  # type: ignore[no-untyped-def]
    """As ever, later."""
    time.sleep(seconds)
    return quick(tree, shard)


cache.item_entries = slow
progress._PATIENCE = line_after  # noqa: SLF001
main()
