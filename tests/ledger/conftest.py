"""Each test of a store is run on the feeds that it asks for."""

import pytest
from harness.cosmos import cosmos_server
from ledger.world_cases import feed, one, pytest_generate_tests, two, world

__all__ = ["feed", "one", "pytest_generate_tests", "two", "world"]


@pytest.fixture(scope="session")
def cosmos():
    """The URL of a Cosmos DB emulator; skips where there can be none."""
    with cosmos_server() as url:
        yield url
