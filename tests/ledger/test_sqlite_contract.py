"""The shipped suite on a store that was written from docs/library.md alone."""

import pytest
from ledger.sqlite_ledger import SQLiteLedger

from fleetfeed.ledger.testing import Feed, TestStore

__all__ = ["TestStore"]


@pytest.fixture
def feed(tmp_path, stress):
    rounds = 30 if stress else 3
    made = Feed(SQLiteLedger, tmp_path / "feed.db", rounds=rounds)
    yield made
    made.close()
