"""The answer itself cannot be written: the exit code must not say another."""

import os

import pytest

FULL = "/dev/full"


@pytest.fixture
def full():
    if not os.path.exists(FULL):  # noqa: PTH110 - a device
        pytest.skip("no device here is always full")
    with open(FULL, "wb") as device:  # noqa: PTH123
        yield device


def test_standard_output_is_full(bench, full):
    ran = bench.run(stdout=full)
    assert (ran.code, bench.landed()) == (3, 1)
    assert "it was written, and the answer cannot be printed" in ran.err
    bench.check(ran)


@pytest.mark.large
def test_both_are_full(bench, full):
    run = bench.start(stdout=full, stderr=full)
    assert (run.end().code, bench.landed()) == (3, 1)


@pytest.mark.large
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_refusal_that_cannot_be_said(bench, full, more):
    """The surface is another's: that is 1, whoever can read it."""
    assert bench.scene.other.fleetfeed(*bench.command[:-1], "another").ok
    assert bench.run(*more, stdout=full, stderr=full).code == 1


@pytest.mark.large
def test_a_refusal_in_json_that_cannot_be_written_is_said(bench, full):
    assert bench.scene.other.fleetfeed(*bench.command[:-1], "another").ok
    ran = bench.run("--json", stdout=full)
    assert ran.code == 1
    assert "held since" in ran.err


@pytest.mark.large
def test_no_standard_error(bench):
    """As `2>&-` leaves it."""
    shell = ("sh", "-c", 'exec "$@" 2>&-', "sh")
    ran = bench.run(under=shell)
    assert (ran.code, bench.landed()) == (0, 1)
