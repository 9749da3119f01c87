"""Arenas for races, and the one process that starts the racers."""

import pytest
from harness.starting import starter as new_starter
from race.arena import new_arena, rounds_of


@pytest.fixture(scope="session")
def starter():
    with new_starter() as started:
        yield started


@pytest.fixture
def rounds(fleet_template, starter, tmp_path, stress, way):
    """For each round that falls to `way` (one in the small form) an arena of its own."""

    def each():
        for number in rounds_of(way) if stress else (0,):
            with new_arena(
                fleet_template, way, starter, tmp_path / f"{number}"
            ) as made:
                yield made

    made = each()
    yield made
    made.close()
