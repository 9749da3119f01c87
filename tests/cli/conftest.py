"""The commands on feeds of their own, run in the process that tests.

The server has no hook here: what is refused, the command has refused by itself. (What
the hook does is told in `tests/entrance`, what processes do in `tests/race`.)
"""

import pytest
from cli.busy import SEEDS
from cli.desk import Desk, Desks
from harness import make_home


@pytest.fixture
def desks(fleet) -> Desks:
    """A server without hooks that carries an empty feed, and a desk for each seat."""
    return Desks.unguarded(fleet)


@pytest.fixture
def me(desks) -> Desk:
    """The desk of CAMBER-06."""
    return desks.of("CAMBER-06")


@pytest.fixture
def other(desks) -> Desk:
    """The desk of CAMBER-07."""
    return desks.of("CAMBER-07")


@pytest.fixture(scope="session")
def _settled(tmp_path_factory):
    """A home for what is made before the first test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in make_home(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def _busy_template(fleet_template, tmp_path_factory, _settled) -> Desks:
    desks = Desks.unguarded(fleet_template.copy(tmp_path_factory.mktemp("busy") / "t"))
    desks.seed(SEEDS)
    return desks


@pytest.fixture
def busy(_busy_template, tmp_path) -> Desks:
    """The feed of `busy.py`, for a test that writes to it."""
    return _busy_template.copy(tmp_path / "busy")


@pytest.fixture(scope="session")
def still(_busy_template, tmp_path_factory, _settled) -> Desks:
    """The same, for all tests that write nothing."""
    return _busy_template.copy(tmp_path_factory.mktemp("still") / "busy")
