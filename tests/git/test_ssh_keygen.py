"""ssh-keygen is tried before it is trusted: what is in its place may be old, or lie."""

import shutil

import pytest

from fleetfeed.git.ssh_keygen import Question, Verifier, tried
from fleetfeed.model.errors import CannotTell

OLD = """\
for word; do
    shift
    case "$word" in -Overify-time=*) ;; *) set -- "$@" "$word" ;; esac
done
exec "$REAL" "$@" -Overify-time=20250101000000
"""


@pytest.fixture
def stands_for(tmp_path, monkeypatch):
    """Put a script in ssh-keygen's place."""

    def put(script):
        program = tmp_path / "ssh-keygen"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    monkeypatch.setenv("REAL", shutil.which("ssh-keygen") or "")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return put


def test_the_one_of_this_machine_can_verify():
    assert tried() == ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (OLD, "takes what has expired for valid"),
        ("exit 0", "finds any signature good"),
        ("exit 255", "finds no signature good"),
    ],
)
def test_one_that_cannot_is_told(stands_for, script, words):
    stands_for(script)
    assert tried() == words


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "exit 127"])
def test_an_end_that_is_no_answer(stands_for, script):
    stands_for(script)
    with (
        pytest.raises(CannotTell, match="and no answer; where it did, install OpenSSH"),
        Verifier(b"", b"") as verifier,
    ):
        verifier.ask([Question(b"", b"", "git")] * 5)
