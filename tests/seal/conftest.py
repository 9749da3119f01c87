"""A fleet whose first shard is closed: thirty items that are over, and a later one."""

import pytest
from cli.desk import Desk, Desks
from harness import Scene, make_home
from seal.gen_feeds import beyond, shard


@pytest.fixture(scope="session")
def closed_template(fleet_template, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in make_home(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        fleet = fleet_template.copy(tmp_path_factory.mktemp("closed") / "template")
        first = fleet.first()
        for name, text in (shard() | beyond()).items():
            first.write(name, text)
        first.commit("thirty items that are over")
        first.push()
        first.git("pull", "-q", "--ff-only")
        return Scene(fleet.folder)


@pytest.fixture
def closed(closed_template, tmp_path):
    """The fleet, guarded; seats are made on demand."""
    return closed_template.copy(tmp_path / "closed")


@pytest.fixture
def desks(closed):
    return Desks(closed)


@pytest.fixture
def me(desks) -> Desk:
    return desks.of("CAMBER-06")


@pytest.fixture
def other(desks) -> Desk:
    return desks.of("CAMBER-07")
