"""An item under a lease, a clock that is ahead, and holds that end with the test."""

import sqlite3
from contextlib import closing

import pytest
from hold.held import Held
from lease.leased import ahead, asks, later, leased

__all__ = ["ahead", "asks", "later", "leased"]


@pytest.fixture
def started(scene):
    """Starts a hold of CAMBER-06."""
    under_way = []

    def start(script="wait", *flags, **options):
        under_way.append(Held(scene.me, script, *flags, **options))
        return under_way[-1]

    yield start
    for held in under_way:
        held.close()


@pytest.fixture
def stamps(scene):
    """When the server saw an item's last sign of life, by its boot clock."""
    file = scene.server.folder / "fleetfeed/stamps.sqlite"

    def last(item):
        with closing(sqlite3.connect(file)) as db:
            asked = "SELECT max(at) FROM stamp WHERE item = ?"
            return db.execute(asked, (item,)).fetchone()[0]

    return last
