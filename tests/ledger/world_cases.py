"""The feeds that a store is tested on."""

import pytest
from ledger.gen_worlds import WORLDS

# On which feeds a test is run, by what it asks for. The others are further cases, for
# `make stress`: a forced order, say, is the same whatever the server.
SMALL = {
    "world": ("memory", "hook-less", "guarded", "checked-out", "bare"),
    "two": ("memory", "hook-less"),
    "one": ("memory",),
    "feed": ("memory", "hook-less"),
}

# Of the shipped suite, what is asked of every kind of repository at each change.
EVERYWHERE = {
    "test_a_first_post_lands",
    "test_another_number_than_expected",
    "test_a_surface_that_is_held",
    "test_a_park_and_a_claim",
    "test_the_same_op_after_others_and_the_item_went_on",
}


def pytest_generate_tests(metafunc):
    """Each kind of feed is a case; those that are not among the small are marked."""
    for name, small in SMALL.items():
        own = name in vars(metafunc.module)  # which says itself on which feeds
        if name in metafunc.fixturenames and not own:
            everywhere = metafunc.function.__name__ in EVERYWHERE
            rows = [
                pytest.param(
                    each,
                    marks=[] if everywhere or each in small else pytest.mark.large,
                )
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


@pytest.fixture
def feed(request, stress):
    """The same, of every store, for the suite that is shipped."""
    for each in _made(request):
        each.rounds = 30 if stress else each.rounds
        yield each
