"""What every store promises, as tests for anyone's ledger, with races and a probe.

Say how a ledger is opened onto a fresh feed, and pytest runs the rest:

    import pytest
    from fleetfeed.ledger.testing import Feed, TestStore
    from mystore import MyLedger

    @pytest.fixture
    def feed(tmp_path):
        return Feed(MyLedger, tmp_path / "feed.db")

The probe is run first, and what fails it ends the run. pytest is imported here and
nowhere else in the package, which imports nothing from here.
"""

import pytest

pytest.register_assert_rewrite(
    "fleetfeed.ledger.testing.contract",
    "fleetfeed.ledger.testing.probe",
    "fleetfeed.ledger.testing.races",
)

from fleetfeed.ledger.testing.contract import TestContract  # noqa: E402
from fleetfeed.ledger.testing.feeds import Feed  # noqa: E402
from fleetfeed.ledger.testing.probe import (  # noqa: E402
    Cell,
    TestConditionalWrite,
    TestProbe,
)
from fleetfeed.ledger.testing.races import TestRaces  # noqa: E402


class TestStore(TestRaces, TestContract, TestProbe):
    """All of it. pytest runs what the last one has first: the probe."""


__all__ = ["Cell", "Feed", "TestConditionalWrite", "TestStore"]
