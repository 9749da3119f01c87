"""Each test of a store is run in the worlds that it asks for."""

from ledger.world_cases import one, pytest_generate_tests, two, world

__all__ = ["one", "pytest_generate_tests", "two", "world"]
