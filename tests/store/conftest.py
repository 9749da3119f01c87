"""The worlds that the contract of a store is tested in."""

import pytest
from store.worlds import WORLDS


def pytest_generate_tests(metafunc):
    """A test that asks for `world` is run in each; if it forces an order, in two.

    What a forced order shows is not the server's doing: in the others it is a further
    case, for `make stress`.
    """
    if "world" not in metafunc.fixturenames:
        return
    forced = metafunc.definition.get_closest_marker("forced")
    rows = [
        pytest.param(
            name,
            marks=[pytest.mark.large]
            if forced and name not in {"memory", "hook-less"}
            else [],
        )
        for name in WORLDS
    ]
    metafunc.parametrize("world", rows, indirect=True)


@pytest.fixture
def world(request):
    """A feed without items."""
    made = request.param
    # Only git's worlds need a fleet to be made.
    fleet = None if made == "memory" else request.getfixturevalue("fleet")
    here = WORLDS[made](fleet)
    yield here
    here.close()
