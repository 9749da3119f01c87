"""A small torture, as `make torture` plays it: seats, a server that breaks, the checker."""

import re
import subprocess
import sys
from pathlib import Path

from harness import clean
from race.fake_no_swap_cli import TWIN

PATH = ("--transport", "path", "--identity", "none", "--seed", "20", "--minutes", "0.2")


def torture(folder, *options):
    """A process of its own: it forks, and its servers are threads."""
    folders = ("--folder", str(folder), "--keep", str(folder / "kept"))
    return subprocess.run(
        (sys.executable, "-m", "torture", *PATH, *folders, *options),
        env=clean(PYTHONPATH=str(Path(__file__).parents[1])),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_small_torture_finds_nothing(tmp_path):
    done = torture(tmp_path, "--way", "queue", "--seats", "4")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "said:" not in said, said
    assert int(re.search(r"^operations: (\d+)", said, re.MULTILINE)[1]), said
    kept = tmp_path / "kept/20-0-path-queue-none/history.jsonl"
    assert kept.exists(), said


def test_commands_that_do_not_compare_and_set_are_found_out(tmp_path):
    """The races' twin of a ledger reads, checks, and writes: nothing else is broken."""
    twin = ("--way", "direct", "--calm", "--program", TWIN, "--no-hooks")
    done = torture(tmp_path, *twin)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "ANOMALY won is missing" in said, said
    again = re.search(r"again: PYTHONPATH=tests \S+ (.*)", said)[1].split()
    assert again[:3] == ["-m", "torture", "check"]
