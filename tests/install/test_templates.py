import re
import subprocess
import sys
from pathlib import Path

import pytest

from fleetfeed.install import hook_file
from fleetfeed.install.hook_file import CLIENT_HOOKS, SERVER_HOOK, hook_text, is_ours
from fleetfeed.model.errors import FleetfeedError

EVERY = (*CLIENT_HOOKS, SERVER_HOOK)
AWKWARD = '/o\'p t/"py"\nthon$HOME`x`;\\'


@pytest.mark.parametrize("name", EVERY)
def test_values_reach_the_shell_as_they_are(name, tmp_path):
    lines = hook_text(name, AWKWARD, "a 'feed'").decode().partition("\nrefused()")[0]
    probe = tmp_path / "probe"
    probe.write_text(lines + '\nprintf "%s|%s" "$fleetfeed_python" "$fleetfeed_dir"\n')
    said = subprocess.check_output(["sh", str(probe)]).decode()
    assert said == f"{AWKWARD}|" + ("a 'feed'" if "commit" in name else "")


@pytest.mark.parametrize("name", EVERY)
def test_a_hook_knows_itself(name, tmp_path):
    file = tmp_path / name
    file.write_bytes(hook_text(name, sys.executable))
    assert is_ours(file)
    assert f"Installed by fleetfeed as {name}".encode() in file.read_bytes()
    assert f"{name}.before-fleetfeed".encode() in file.read_bytes()


def test_the_two_commit_hooks_differ_in_name_and_in_what_they_merge():
    """Only a merge looks at the sides that git names: it may cost a process there."""
    one, other = hook_text("pre-commit", "p"), hook_text("pre-merge-commit", "p")
    renamed = other.replace(b"pre-merge-commit", b"pre-commit")
    unlike = re.compile(rb"(staged\" \]; then\n).*?(\nfi\n)", re.DOTALL)
    # What a merge takes over was judged with the commits that it merges.
    code = re.compile(rb"# Code: .*?\nfi\n\n", re.DOTALL)
    assert code.search(one)
    alike = code.sub(b"", unlike.sub(rb"\1\2", one))
    assert unlike.sub(rb"\1\2", renamed) == alike


def test_other_files_are_not_ours(tmp_path):
    (tmp_path / "x").write_text("#!/bin/sh\n")
    assert not is_ours(tmp_path / "x")
    assert not is_ours(tmp_path / "missing")
    assert not is_ours(tmp_path)


def test_an_installation_without_its_hook_files_says_so(monkeypatch):
    monkeypatch.setattr(hook_file, "_FOLDERS", (Path("/nowhere"),))
    with pytest.raises(FleetfeedError, match="install fleetfeed again"):
        hook_text("pre-commit", "p")
