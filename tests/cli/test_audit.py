"""`fleetfeed audit` of a long history: progress, Ctrl-C, and helpers that are killed."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import time

import pytest
from harness import command
from harness.history import imported, one_after_the_other
from harness.rows import pairs_of

from fleetfeed.util.processes import descendants

LONG = 6000
"""Commits: enough for more than one process."""


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("long"), one_after_the_other(LONG))


class Audit:
    """An audit whose errors go to a terminal, in a process group of its own."""

    def __init__(self, repo):
        self.screen, its = pty.openpty()
        self.process = subprocess.Popen(
            command("audit", "--offline", "main"),
            cwd=repo.folder,
            env=dict(repo.environment),
            stdout=subprocess.PIPE,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        self.said = ""

    def read(self):
        """What is on the screen next; empty at the end."""
        try:
            said = os.read(self.screen, 1000).decode()
        except OSError:  # as Linux says that nobody has it open any more
            said = ""
        self.said += said
        return said

    def until(self, words):
        while not re.search(words, self.said):
            assert self.read(), self.said

    def end(self):
        """The exit code; all that it has started has ended, too."""
        while self.read():
            pass
        stdout = self.process.communicate()[0].decode()
        os.close(self.screen)
        deadline = time.monotonic() + 10
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(self.process.pid, 0)
                time.sleep(0.01)
            pytest.fail("a process is left")
        return self.process.returncode, stdout


def test_progress_is_shown_on_a_terminal(long):
    audit = Audit(long)
    assert audit.end() == (0, "fleetfeed: nothing to refuse\n")
    counts = [int(n) for n in re.findall(rf"commits: (\d+) of {LONG}", audit.said)]
    assert counts == sorted(counts)
    assert counts[-1] == LONG
    assert audit.said.endswith("\r\x1b[K")


def test_nothing_of_it_elsewhere(long):
    said = long.fleetfeed("audit", "main")
    assert said.said == "fleetfeed: nothing to refuse\n"


@pytest.mark.parametrize(
    ("words", "all_of_them"), pairs_of(["items: ", "commits: "], [True, False])
)
def test_ctrl_c_ends_all_of_it(long, words, all_of_them):
    audit = Audit(long)
    audit.until(words)
    if all_of_them:
        os.killpg(audit.process.pid, signal.SIGINT)
    else:
        audit.process.send_signal(signal.SIGINT)
    assert audit.end() == (130, "")
    assert "Traceback" not in audit.said


def helpers(audit):
    """The processes of Python that the audit has started."""
    return descendants(audit.process.pid, but=lambda words: words[0] == b"git")


@pytest.mark.skipif(os.cpu_count() == 1, reason="an audit on one core helps itself")
def test_a_helper_that_is_killed_is_no_clean_history(long):
    audit = Audit(long)
    audit.until("items: ")
    os.kill(helpers(audit)[0], signal.SIGKILL)
    assert audit.end() == (3, "")
    assert "ended by signal 9; try again" in audit.said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_helpers_end_with_the_audit(long, number):
    audit = Audit(long)
    audit.until("items: ")
    audit.process.send_signal(number)
    assert audit.end() == (-number, "")
