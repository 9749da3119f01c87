"""The worlds that the contract of a store is tested in."""

import pytest
from store.worlds import WORLDS

_FORCED = ("memory", "hook-less")


def pytest_generate_tests(metafunc):
    """`world` is each of the worlds; `forced` is two, the others being further cases.

    What a forced order shows is not the server's doing.
    """
    if "world" in metafunc.fixturenames:
        metafunc.parametrize("world", list(WORLDS), indirect=True)
    if "forced" in metafunc.fixturenames:
        rows = [
            pytest.param(name, marks=[] if name in _FORCED else pytest.mark.large)
            for name in WORLDS
        ]
        metafunc.parametrize("forced", rows, indirect=True)


def _made(request):
    # Only git's worlds need a fleet to be made.
    fleet = None if request.param == "memory" else request.getfixturevalue("fleet")
    here = WORLDS[request.param](fleet)
    yield here
    here.close()


@pytest.fixture
def world(request):
    """A feed without items."""
    yield from _made(request)


@pytest.fixture
def forced(request):
    """The same, for tests that force an order."""
    yield from _made(request)
