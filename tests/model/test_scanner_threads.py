"""The scanner is imported once, however many threads ask for it first."""

import subprocess
import sys

import pytest

_MANY = """
import sys, threading
from fleetfeed.model.yaml import scanner
sys.setswitchinterval(1e-6)
start, wrong = threading.Barrier(16), []
def first():
    start.wait()
    try:
        scanner.fastest()("STATE: DONE")
    except BaseException as error:
        wrong.append(repr(error))
threads = [threading.Thread(target=first) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not wrong, wrong
assert scanner.fastest() is scanner.c_scanner()
"""


@pytest.mark.parametrize("_", range(6))  # without a lock one in three fails
def test_many_threads_ask_for_it_first(_):
    asked = (sys.executable, "-c", _MANY)
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
