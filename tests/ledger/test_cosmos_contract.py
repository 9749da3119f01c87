"""The shipped suite on Cosmos DB, and first of all its probe of the emulator."""

from functools import partial

import pytest
from harness.cosmos import cosmos_server
from ledger.cosmos_feed import (
    ContainerCell,
    CosmosFeed,
    client,
    container,
    new_container,
)

from fleetfeed.ledger.testing import TestConditionalWrite, TestStore

__all__ = ["TestConditionalWrite", "TestStore"]


@pytest.fixture
def cell(cosmos):
    name = new_container(cosmos)
    with client(cosmos) as one:
        row = {"id": "one", "feed": "feed", "value": "old"}
        container(one, name).create_item(row)
    return partial(ContainerCell, cosmos, name)


@pytest.fixture
def feed(cosmos, stress):
    made = CosmosFeed(cosmos)
    made.racers, made.rounds, made.stops = (6, 30, 99) if stress else (4, 2, 12)
    yield made
    made.close()


def test_the_probe_has_found_what_is_mended_in_the_emulator():
    with cosmos_server(mended=False) as url:
        one = ContainerCell(url, new_container(url))
        assert not one.missing()
        one.close()
