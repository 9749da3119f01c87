"""Each test of a store is run on the feeds that it asks for."""

from ledger.world_cases import feed, one, pytest_generate_tests, two, world

__all__ = ["feed", "one", "pytest_generate_tests", "two", "world"]
