"""What the hook file has asked git, and hands to Python, is what git says to Python."""

import subprocess
import sys

import pytest
from harness import FREE, Scene, claim, path

from fleetfeed.git.process import Git
from fleetfeed.git.queries import staged_question
from fleetfeed.hooks.prefetch import printed

ROWS = (
    "git", "diff", "--cached", "--raw", "--no-abbrev", "--no-ext-diff", "--no-renames",
    "--no-color", "--ignore-submodules=none", "--", "feed",
)  # fmt: skip
NAMES = ["feed/a", "feed/a b", "feed/f\u00f6d", "feed/\ttab", 'feed/"', "feed/x\\y"]


def rows_of(me) -> list[str]:
    said = me.run(ROWS).stdout
    return said.splitlines()


@pytest.mark.parametrize("quoted", ["true", "false"])
@pytest.mark.parametrize("name", NAMES)
def test_rows_are_what_git_prints_or_are_not_taken(scene: Scene, name, quoted):
    me = scene.me
    me.git("config", "core.quotePath", quoted)
    me.write(name, "text")
    me.write("feed/plain", "text")
    me.git("add", ".")
    me.git("rm", "-q", "--cached", path("CMB-0001"))
    asked = Git(me.folder).out(*staged_question("feed"))
    told = printed(rows_of(me))
    assert told in {asked, None}
    assert (told is None) == any('\t"' in row for row in rows_of(me))


def judged(me, given: str) -> int:
    """The hook's exit code, where the hook file hands it `given`."""
    command = [sys.executable, "-E", "-P", "-m", "fleetfeed", "hook", "pre-commit"]
    done = subprocess.run(
        [*command, "--staged", "feed"],
        input=given,
        text=True,
        cwd=me.folder,
        env=dict(me.environment),
        check=False,
        capture_output=True,
    )
    return done.returncode


def test_a_list_that_breaks_off_is_asked_for_again(scene: Scene):
    me = scene.me
    me.stage(path("CMB-0003"), claim("CMB-0003", FREE, subject=None))
    whole = "".join(f"{row}\n" for row in rows_of(me))
    assert whole
    for given in (f"{whole}end\n", whole, whole[:40], "", "\n"):
        assert judged(me, given) == 1
    # What is handed over is what is judged.
    assert judged(me, "end\n") == 0
