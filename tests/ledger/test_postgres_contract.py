"""The shipped suite, on PostgreSQL."""

import pytest
from ledger.postgres_feed import PostgresFeed

from fleetfeed.ledger.testing import TestStore

__all__ = ["TestStore"]


@pytest.fixture
def feed(postgres, stress):
    made = PostgresFeed(postgres)
    made.rounds = 30 if stress else made.rounds
    yield made
    made.close()
