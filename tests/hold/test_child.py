"""How a command is ended: in the time that it is given, and with what is known after."""

import os
import signal
from pathlib import Path

import pytest
from hold.held import wait_for

from fleetfeed.hold import child, guard
from fleetfeed.hold.child import Child

SECONDS = 2.0


@pytest.fixture
def begun(tmp_path):
    """Begins a command in a shell; it has said that it is there."""
    at_work = []

    def begin(script):
        words = ("sh", "-c", f"echo $$ > $HERE/pid; : > $HERE/ready; {script}")
        at_work.append(Child(words, {**os.environ, "HERE": str(tmp_path)}, SECONDS))
        wait_for((tmp_path / "ready").exists)
        return at_work[-1], int((tmp_path / "pid").read_text())

    yield begin
    for each in at_work:
        if not each.ended:
            os.killpg(int((tmp_path / "pid").read_text()), signal.SIGKILL)
            each.wait(60)
            each.over()


def test_what_it_has_started_has_no_more_time_than_itself(begun, monkeypatch, tmp_path):
    """It ends late, and something of it never does: that has not the seconds anew."""
    at_work, _ = begun(
        "trap 'sleep 1; exit' TERM; (trap '' TERM; exec sleep 600) & : > $HERE/set; wait"
    )
    wait_for((tmp_path / "set").exists)
    given, really = [], guard.end_family

    def end_family(pid, over, *, alone):
        given.append(over)
        really(pid, over, alone=alone)

    monkeypatch.setattr(guard, "end_family", end_family)
    before = guard.boot_clock()
    assert at_work.stop() == ""
    assert len(given) == 1
    # Before it was told it had not ended, so its end is counted from no later than that.
    assert before + SECONDS <= given[0] < before + SECONDS + 1


def test_a_process_that_is_not_ours_to_end_is_told_of(begun, monkeypatch):
    """Another user's: whoever started it by sudo may not end it."""
    at_work, pid = begun("exec sleep 600")
    monkeypatch.setattr(guard, "strike", lambda *_, **__: False)
    monkeypatch.setattr(child, "_GONE", 0.1)
    said = at_work.stop()
    assert said.startswith(f"process {pid} works on"), said
    assert f"`kill -9 {pid}`" in said
    assert Path(f"/proc/{pid}").exists()
