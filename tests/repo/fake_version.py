"""fleetfeed as another version, whose rules have another meaning: `fake_version.py N …`.

To it, nobody holds anything; and it remembers that under `N`.
"""

import sys

from fleetfeed.feed import codec, summary, surface_index

codec.MEANING = int(sys.argv.pop(1))  # type: ignore[misc]
summary.holds_of = surface_index.holds_of = lambda _: iter(())  # type: ignore[attr-defined]

from fleetfeed.__main__ import main  # noqa: E402 - the table's name is made of MEANING

main()
