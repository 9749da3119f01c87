"""The bench that each fault is tried on."""

import sys

import pytest
from faults.bench import Bench
from faults.queue_bench import QueueBench


@pytest.fixture
def bench_of(scene, tmp_path):
    """Makes the bench of a command."""
    if not sys.platform.startswith("linux"):
        pytest.skip("what a run has left behind is read from /proc")
    made = []

    def make(name="claim"):
        made.append(Bench(scene, tmp_path / f"bench-{len(made)}", name))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(bench_of):
    """The bench of `claim --new`."""
    return bench_of()


@pytest.fixture
def queue_bench(fleet, tmp_path):
    """Seats that push to a server's queue by plain git."""
    if not sys.platform.startswith("linux"):
        pytest.skip("who leads is read from /proc")
    made = QueueBench(fleet, tmp_path / "queue")
    yield made
    made.close()
