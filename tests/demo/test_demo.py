import itertools
import os
import pty
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import command
from harness.rows import of_each_kind

ITEMS = {"CAMBER-06": "CMB-0001", "HEARTWOOD-03": "HWD-0001"}
SEATS = tuple(ITEMS)

_USERS_CONFIG = """\
[user]
	useConfigOnly = true
[core]
	hooksPath = {hooks}
[commit]
	gpgSign = true
[push]
	default = nothing
"""
# Stands in for git where a test decides how the pushes of the race end.
_GIT = """\
#!/bin/sh
if [ "$*" = "push -q" ]; then
    {race}
fi
exec {git} "$@"
"""


@dataclass(frozen=True)
class Theatre:
    """A temporary folder to watch, in a world that wishes the demo ill."""

    folder: Path

    @property
    def tmp(self) -> Path:
        return self.folder / "tmp"

    def environment(self, **more: str) -> dict[str, str]:
        users = self.folder / "users.gitconfig"
        users.write_text(_USERS_CONFIG.format(hooks=self.folder / "hooks"))
        hostile = {
            "TMPDIR": str(self.tmp),
            "GIT_CONFIG_GLOBAL": str(users),
            "GIT_DIR": str(self.folder / "elsewhere.git"),
            "GIT_INDEX_FILE": str(self.folder / "elsewhere.index"),
            "FLEETFEED_SEAT": "ORA-02",
        }
        return {**os.environ, **hostile, **more}

    def start(
        self, *options: str, stdout: int = subprocess.PIPE, **more: str
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command("demo", *options),
            cwd=self.folder,
            env=self.environment(**more),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            # A job in the background of a shell inherits an ignored SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def play(self, *options: str, **more: str) -> tuple[int, str, str]:
        process = self.start(*options, **more)
        said, complained = process.communicate()
        return process.returncode, said, complained

    def git_that(self, race: str) -> str:
        """PATH with a git whose pushes in the race do `race` first."""
        folder = self.folder / "bin"
        folder.mkdir()
        real = subprocess.check_output(
            ["sh", "-c", "command -v git"], text=True
        ).strip()
        (folder / "git").write_text(_GIT.format(race=race, git=real))
        (folder / "git").chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    def left(self) -> list[str]:
        return sorted(entry.name for entry in self.tmp.iterdir())


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    hook = tmp_path / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return Theatre(tmp_path)


def _words(text: str) -> str:
    """`text` without the teller's line breaks and bars."""
    return " ".join(text.replace(" | ", " ").split())


def _check(said: str) -> str:
    """All that must be told, whoever wins; the winner."""
    won = re.search(
        r"so one landed: (\S+) won, and (\S+) is not up to date", _words(said)
    )
    assert won, said
    winner, loser = won.groups()
    assert {winner, loser} == set(SEATS)
    mine, theirs = ITEMS[winner], ITEMS[loser]
    steps = re.findall(r"(?m)^\d+\. .*", said)
    assert steps == [
        "1. A server with an empty feed, and two clones of it",
        "2. Both seats claim CAMBER:file:tools/push.mjs",
        "3. Both push at the same moment",
        f"4. {loser} fetches, rebases and pushes again",
        f"5. {winner} goes on with {mine}, on the same surface",
        f"6. {loser} pushes its claim once more",
        "7. What is open",
    ]
    third, fourth = _words(_step(said, 3)), _words(_step(said, 4))
    assert f"{winner} $ git push (accepted: {mine} is on the server)" in third
    assert re.search("cannot lock ref|fetch first|which is not here", third)
    assert (
        f"feed/{theirs[:3]}/000/{theirs}/0001.yaml:5:14: FF401 COLLIDE-WITH-{mine}: {winner} holds CAMBER:file:tools/push.mjs"
        in fourth
    )
    assert "failed to push" not in third
    assert "`fleetfeed rule FF401` explains" in fourth
    assert f"(accepted: {mine} is DONE)" in _step(said, 5)
    assert f"(accepted: {theirs} is on the server)" in _step(said, 6)
    assert f"item={theirs} state=IN_PROGRESS owner={loser}" in _words(_step(said, 7))
    assert mine not in _step(said, 7)
    return winner


def _step(said: str, number: int) -> str:
    return said.partition(f"\n{number}. ")[2].partition(f"\n{number + 1}. ")[0]


@pytest.mark.parametrize(
    "run", [0, *(pytest.param(run, marks=pytest.mark.large) for run in (1, 2))]
)
def test_one_wins_and_the_other_is_refused_by_the_server(theatre, run):
    code, said, complained = theatre.play()
    assert (code, complained) == (0, "")
    _check(said)
    assert theatre.left() == []
    assert max(map(len, said.splitlines())) <= 88
    assert said.replace("…", "").isascii()
    assert said.replace("\n", "").isprintable()


@pytest.mark.large
@pytest.mark.parametrize("late", SEATS)
def test_the_text_follows_the_winner(theatre, late):
    race = f"""\
if [ "$GIT_AUTHOR_NAME" = {late} ]; then
    until [ "$(git -C ../server.git rev-list --count main)" -gt 1 ]; do sleep 0.02; done
    fi"""
    code, said, complained = theatre.play(PATH=theatre.git_that(race))
    assert (code, complained) == (0, "")
    assert _check(said) != late


@pytest.mark.parametrize(("end", "who"), [(0, "both pushes"), (1, "neither push")])
def test_a_race_without_one_winner_is_an_error(theatre, end, who):
    code, said, complained = theatre.play(PATH=theatre.git_that(f"exit {end}"))
    assert code == 3
    assert f"the demo went astray: {who} of the race went through" in complained
    assert "4. " not in said
    assert theatre.left() == []


def test_without_git_it_says_so(theatre):
    code, _, complained = theatre.play(PATH=str(theatre.folder))
    assert (code, complained) == (3, "fleetfeed: git is not installed\n")
    assert theatre.left() == []


@pytest.mark.parametrize(
    ("at", "sent"),
    of_each_kind(
        itertools.product(
            ("fleetfeed demo:", "3. ", "4. "), (signal.SIGINT, signal.SIGTERM)
        ),
        {("fleetfeed demo:", signal.SIGINT), ("4. ", signal.SIGTERM)}.__contains__,
    ),
)
def test_a_signal_leaves_nothing_behind(theatre, sent, at):
    process = theatre.start()
    assert process.stdout
    for line in process.stdout:
        if line.startswith(at):
            break
    process.send_signal(sent)
    said, complained = process.communicate()
    assert process.returncode == 128 + sent
    assert theatre.left() == []
    assert "7. " not in said
    assert complained == ""


def test_a_reader_that_goes_away_leaves_nothing_behind(theatre):
    process = theatre.start()
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 141  # as on SIGPIPE
    assert theatre.left() == []
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize(
    ("no_color", "first"), [("", "\x1b[1mfleetfeed"), ("1", "fleetfeed")]
)
def test_colour_is_for_a_terminal_that_wants_it(theatre, no_color, first):
    ours, its = pty.openpty()
    process = theatre.start(stdout=its, NO_COLOR=no_color)
    os.close(its)
    with open(ours, "rb") as screen:  # noqa: PTH123 - a descriptor, no path
        assert screen.readline().decode().startswith(first)
        process.terminate()
        process.communicate()
    assert theatre.left() == []


def test_keep_keeps_the_folder(theatre):
    code, said, _ = theatre.play("--keep")
    kept = Path(said.rpartition("Kept: ")[2].strip())
    assert code == 0
    assert [kept.name] == theatre.left()
    assert (kept / "server.git" / "hooks" / "pre-receive").exists()
