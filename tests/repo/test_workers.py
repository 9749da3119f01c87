"""Several processes for one work: nothing is lost, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial

import pytest
from harness import Repo

from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, GitFailed
from fleetfeed.model.findings import Place
from fleetfeed.repo.workers import side_by_side
from fleetfeed.util.processes import descendants

# Later Pythons warn of a fork beside the threads of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def twice(number, own):
    return own, number, number * 2


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(workers):
    jobs = [partial(twice, number) for number in range(200)]
    found = list(side_by_side(jobs, os.getpid, workers))
    assert [(number, double) for _, number, double in found] == [
        (number, number * 2) for number in range(200)
    ]
    by = {pid for pid, _, _ in found}
    assert (os.getpid() in by) == (workers == 1)
    assert len(by) <= workers


def test_large_results_do_not_block():
    jobs = [lambda _: b"x" * 1_000_000] * 20
    assert sum(map(len, side_by_side(jobs, int, 2))) == 20_000_000


@contextmanager
def nobody_left():
    """What other tests have left under way in this process is theirs."""
    before = set(descendants(os.getpid()))
    yield
    assert set(descendants(os.getpid())) <= before


def first_of(jobs, error):
    with nobody_left(), pytest.raises(error) as raised:
        list(side_by_side(jobs, int, 2))
    return raised.value


def refused(number, own):
    raise CannotTell(f"object {number}", finding("FF410", Place("x"), "missing"))


def failed(own):
    raise GitFailed(("rev-list",), 128, "fatal: bad object")


def test_the_first_job_that_cannot_tell_is_the_answer():
    jobs = [partial(twice, 1), *(partial(refused, number) for number in range(9))]
    error = first_of(jobs, CannotTell)
    assert str(error) == "object 0"
    assert error.finding.code == "FF410"


def test_an_error_that_is_not_made_from_its_text():
    assert "git rev-list failed" in str(first_of([failed], CannotTell))


def test_a_bug_comes_with_its_trace():
    assert "in twice" in str(first_of([partial(twice, None)], RuntimeError))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_who_is_killed_leaves_no_answer(number):
    jobs = [partial(twice, 1), lambda _: os.kill(os.getpid(), number)]
    assert f"ended by signal {number}; try again" in str(first_of(jobs, CannotTell))


def test_who_ends_before_its_time_leaves_no_answer():
    assert "with code 7" in str(first_of([lambda _: os._exit(7)], CannotTell))


def test_many_jobs_are_not_too_many():
    jobs = [partial(twice, number) for number in range(1000)]
    assert len(list(side_by_side(jobs, int, 2))) == 1000


def test_where_no_process_can_be_started_nobody_can_tell(monkeypatch):
    def fork():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert "can be started" in str(first_of([partial(twice, 1)], CannotTell))


def test_who_wants_no_more_ends_the_others():
    found = side_by_side([partial(twice, 1), lambda _: time.sleep(100)] * 9, int, 3)
    with nobody_left():
        next(found)
        found.close()


def test_a_git_of_before_can_be_ended_meanwhile(tmp_path):
    """The processes hold its input open, so the end of that would never reach it."""
    repo = Repo.init(tmp_path / "repo")
    repo.write("file", "text")
    repo.git("add", "file")
    repo.git("commit", "-q", "-m", "one")
    reader = Objects(Git(repo.folder))
    assert reader.head() == repo.tip()
    found = side_by_side([partial(twice, 1)] * 99, int, 2)
    next(found)
    reader.close()
    assert len(list(found)) == 98


_SLEEPERS = """
import os, time
from fleetfeed.repo.workers import side_by_side
def sleep(own):
    os.write(1, f"{own}\\n".encode())
    time.sleep(100)
list(side_by_side([sleep] * 9, os.getpid, 2))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nobody_outlives_the_first_process(number):
    with subprocess.Popen(
        (sys.executable, "-c", _SLEEPERS),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as first:
        for _ in range(2):
            assert int(first.stdout.readline()) > 0
        first.send_signal(number)
        first.wait()
        assert first.stdout.read() == b""  # all who could write are gone
