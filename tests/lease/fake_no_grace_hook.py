"""pre-receive without the rule of beats and takeovers: both may win.

A beat counts whenever it comes, as long as the item is at its epoch, and a takeover is
lawful as soon as the lease is over. All else is the real hook.
"""

import sys

from fleetfeed.checks import server_leases
from fleetfeed.hooks.main import main
from fleetfeed.lease.lease import standing


def beat(self, feed, item, object_):
    """Stamp it, late or not."""
    self._stamps.stamp([(item.id, item.epoch, object_)])
    return True


if __name__ == "__main__":
    server_leases.ServerLeases.stamp_beat = beat
    server_leases.standing = lambda over, now, grace: standing(over, now, grace * 0)
    sys.exit(main(["pre-receive"]))
