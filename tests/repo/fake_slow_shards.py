"""fleetfeed with slow shards and a chosen patience: `slow.py SECONDS PATIENCE …`."""

import sys
import time

from fleetfeed import memo, progress
from fleetfeed.__main__ import main

seconds, patience = (float(sys.argv.pop(1)) for _ in range(2))
quick = memo.places


def slow(tree, shard):  # type: ignore[no-untyped-def]
    """As ever, later."""
    time.sleep(seconds)
    return quick(tree, shard)


memo.places = slow
progress._PATIENCE = patience  # noqa: SLF001
main()
