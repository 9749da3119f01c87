"""What every store promises, asked of each one: the suite that is shipped."""

from fleetfeed.ledger.testing import TestContract, TestProbe

__all__ = ["TestContract", "TestProbe"]
