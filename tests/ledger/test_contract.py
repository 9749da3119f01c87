"""What every store promises, asked of each one: the suite that is shipped."""

from fleetfeed.ledger.testing import TestStore

__all__ = ["TestStore"]
