"""The worlds that the contract of a store is tested in."""

import pytest
from ledger.gen_worlds import WORLDS

# In which worlds a test is run, by what it asks for. The others are further cases, for
# `make stress`: a forced order, say, is the same whatever the server.
SMALL = {
    "world": tuple(WORLDS),
    "two": ("memory", "hook-less"),
    "one": ("memory",),
}


def pytest_generate_tests(metafunc):
    """Each world is a case; those that are not among the small are marked."""
    for name, small in SMALL.items():
        if name in metafunc.fixturenames:
            rows = [
                pytest.param(each, marks=[] if each in small else pytest.mark.large)
                for each in WORLDS
            ]
            metafunc.parametrize(name, rows, indirect=True)


def _made(request):
    # Only git's worlds need a fleet to be made.
    fleet = None if request.param == "memory" else request.getfixturevalue("fleet")
    here = WORLDS[request.param](fleet)
    yield here
    here.close()


@pytest.fixture
def world(request):
    """A feed without items, in every world."""
    yield from _made(request)


@pytest.fixture
def two(request):
    """The same, in memory and over git."""
    yield from _made(request)


@pytest.fixture
def one(request):
    """The same, in memory."""
    yield from _made(request)
