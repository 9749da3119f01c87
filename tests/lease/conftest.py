"""An item under a lease, and a clock that is ahead.

Whoever is ahead is so with all that its command starts. A queue's leader would live on
with the clock of whoever started it, so the servers here have no queue;
`test_takeover_queued.py` has one.
"""

import pytest
from lease.leased import ahead, asks, later, leased

__all__ = ["ahead", "asks", "later", "leased"]


def _direct(template, folder):
    """A copy of a template whose server has no queue."""
    made = template.copy(folder.mktemp("direct") / "template")
    server = getattr(made, "fleet", made).server
    server.install("--no-queue")
    server.git("prune")  # what it said of itself before
    return made


@pytest.fixture(scope="session")
def fleet_template(fleet_template, tmp_path_factory):
    return _direct(fleet_template, tmp_path_factory)


@pytest.fixture(scope="session")
def scene_template(scene_template, tmp_path_factory):
    return _direct(scene_template, tmp_path_factory)


@pytest.fixture(scope="session")
def signed_template(signed_template, tmp_path_factory):
    return _direct(signed_template, tmp_path_factory)


@pytest.fixture(scope="session")
def pushers_template(pushers_template, tmp_path_factory):
    return _direct(pushers_template, tmp_path_factory)
