"""What a Tab completes: by the program's answers, and in the shells themselves."""

import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from cli.busy import key
from cli.terminals import Terminal

from fleetfeed.cli.completing import answer
from fleetfeed.feed import cache

SIX = "CAMBER-06"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""Where a shell finds `fleetfeed`."""

BREAKS = " \t\n\"'><=;|&(:"


@pytest.fixture
def asked(still, monkeypatch):
    """What CAMBER-06 is answered in a clone of the busy feed."""
    monkeypatch.setenv("FLEETFEED_SEAT", SIX)
    desk = still.of(SIX)

    def ask(*words, to="zsh", folder=desk.folder):
        with chdir(folder):
            return list(answer(to, BREAKS, "fleetfeed", *words))

    return ask


def values(lines):
    return [line.partition("\t")[0] for line in lines[1:]]


def items(*numbers):
    return [f"CMB-{number:04d}" for number in numbers]


OPEN = items(1, 2, 3, 4, 7, 8, 9, 10, 11)

ITEMS = [
    (("claim", ""), items(1, 3, 4, 9)),
    (("claim", "--resume", ""), items(2, 11)),
    (("claim", "--reason", "silent", "CMB-00"), items(1, 3, 4, 7, 9, 10)),
    (("hold", "cmb-0003"), items(3)),
    (("done", ""), items(2, 3, 4, 11)),
    (("done", "--seat", "CAMBER-07", ""), items(7, 10)),
    (("done", "--seat=CAMBER-07", ""), items(7, 10)),
    (("block", ""), items(2, 4, 11)),
    (("park", ""), items(1, 2, 3, 8, 9, 11)),
    (("release", ""), items(2, 3, 4, 11)),
    (("cancel", ""), items(1, 2, 3, 4, 8, 9, 11)),
    (("renew", ""), items(2, 11)),
    (("fence", ""), items(2, 11)),
    (("handoff", ""), items(1, 2, 8, 9, 11)),
    (("handoff", "CMB-0002", "--to", "CAMBER"), ["CAMBER-06", "CAMBER-06/tests", "CAMBER-07"]),
    (("evict", ""), items(7, 10)),
    (("show", ""), OPEN),
    (("show", "CMB-0005"), items(5)),
    (("log", "CMB-001"), items(10, 11)),
    (("yield", "CMB-0002", "--to", ""), OPEN),
    (("claim", "--park", "CMB-000"), OPEN[:7]),
    (("reserve", "CMB", "--depends-on=CMB-0001"), ["--depends-on=CMB-0001"]),
    (("show", "CMB-0001", ""), []),
]  # fmt: skip
"""What is typed, and the items that it may become."""


@pytest.mark.parametrize(("typed", "found"), ITEMS, ids=" ".join)
def test_items_that_a_command_makes_sense_for(asked, typed, found):
    assert values(asked(*typed)) == found


OTHERS = [
    (("cl",), ["claim"]),
    (("ca", "i"), ["init", "issue"]),
    (("-C", "/nowhere", "ledger", "ex"), ["export"]),
    (("claim", "--re"), ["--resume", "--reason"]),
    (("claim", "--resume", "--re"), ["--reason"]),
    (("claim", "--park", "CMB-0001", "--pa"), ["--park", "--parent"]),
    (("active", "--state", "P"), ["PARKED"]),
    (("active", "--state=p"), ["--state=PARKED"]),
    (("active", "--lane", ""), []),
    (("reserve", ""), ["CMB", "HWD"]),
    (("draft", "C"), ["CMB", *OPEN]),
    (("rule", "ff401"), ["FF401"]),
    (("active", "--surface-claim", "CAMBER:file:src/1"), [key(1), key(11)]),
    (("wait", "camber:file:src/4"), [key(4)]),
    (("release", "CMB-0002", "--owner", "any"), ["any-camber"]),
    (("inbox", "--seat", "FL"), ["FLEET-01"]),
    (("completion", ""), ["bash", "zsh", "fish"]),
    (("log", "--", "CMB-001"), items(10, 11)),
    (("nonsense", "x"), []),
    (("claim", "--no-such", ""), items(1, 3, 4, 9)),
]
"""What is typed, and the other words that it may become."""


@pytest.mark.parametrize(("typed", "found"), OTHERS, ids=" ".join)
def test_other_words(asked, typed, found):
    assert values(asked(*typed)) == found


SHELLS_OWN = [
    (("check", ""), "file"),
    (("-C", ""), "folder"),
    (("claim", "CMB-0001", "-F", ""), "file"),
    (("install", "--feed", ""), "folder"),
    (("hold", "CMB-0001", "--", ""), "command"),
    (("hold", "--new", "CMB", "--", "make", ""), "command"),
    (("claim", ""), "-"),
]


@pytest.mark.parametrize(("typed", "kind"), SHELLS_OWN, ids=" ".join)
def test_what_the_shell_completes_itself(asked, typed, kind):
    assert asked(*typed)[0] == kind


def test_who_chooses_is_told_what_each_is(asked):
    assert asked("evict", "CMB-0007")[1] == "CMB-0007\tIN_PROGRESS work 7"
    (whole,) = asked("renew", "--dry")[1:]
    assert whole.startswith("--dry-run\tJudge and print")


BASH = [
    (("active", "--surface-claim", "CAMBER:file:src/7"), ["src/7.py"]),
    (("active", "--surface-claim=CAMBER:file:src/7"), ["src/7.py"]),
    (("active", "--surface-claim", '"CAMBER:file:src/7'), [key(7)]),
    (("active", "--surface-claim", "'CAMBER:file:src/7"), [key(7)]),
    (("active", "--surface-claim", "CAM\\BER:file:src/7"), ["src/7.py"]),
    (("evict", "CMB-0007"), ["CMB-0007"]),
]
"""What bash takes for the last word so far is what stands behind its last break."""


@pytest.mark.parametrize(("typed", "found"), BASH, ids=" ".join)
def test_a_key_in_bash(asked, typed, found):
    assert asked(*typed, to="bash")[1:] == found


def test_what_bash_would_read_otherwise_is_escaped(asked, monkeypatch):
    from fleetfeed.cli import completing

    odd = "CAMBER:file:(a b)/$x&'y'"
    monkeypatch.setattr(completing, "_of_feed", lambda *_: {odd: ""})
    (word,) = asked("wait", "CAMBER:file:", to="bash")[1:]
    (quoted,) = asked("wait", '"CAMBER:file:', to="bash")[1:]
    said = f"printf '%s\\n' CAMBER:file:{word} \"{quoted}\""
    done = subprocess.run(
        ("bash", "-c", said), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [odd, odd]


def test_many_surfaces_are_told_up_to_the_next_colon(asked, monkeypatch):
    from fleetfeed.cli import candidates

    monkeypatch.setattr(candidates, "_MANY", 3)
    assert asked("active", "--surface-claim", "C") == ["nospace", "CAMBER:"]
    assert asked("active", "--surface-claim", "CAMBER:") == ["nospace", "CAMBER:file:"]


def test_what_would_take_long_to_read_is_left_out(asked, monkeypatch):
    monkeypatch.setattr(cache, "FEW", 3)
    assert values(asked("show", "")) == []
    assert values(asked("reserve", "C")) == ["CMB"]


def test_it_goes_on_from_what_is_remembered_where_little_has_changed(busy, monkeypatch):
    me, other = busy.of(SIX), busy.of("CAMBER-07")
    monkeypatch.setenv("FLEETFEED_SEAT", SIX)
    me("index", "rebuild")
    new = other.new()
    me.seat.git("fetch", "-q")

    def offered():
        with chdir(me.folder):
            return values(list(answer("zsh", "", "fleetfeed", "evict", "")))

    assert offered() == [*items(7, 10), new]
    monkeypatch.setattr(cache, "FEW", 0)
    assert offered() == items(7, 10)


def _everything_below(folder):
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
    }


def _run(folder, *words, **env):
    around = {**os.environ, "FLEETFEED_SEAT": SIX, **env}
    line = (sys.executable, "-m", "fleetfeed", "completion", "--words", *words)
    return subprocess.run(
        line, cwd=folder, env=around, capture_output=True, text=True, check=False
    )


def test_nothing_is_fetched_or_written(busy):
    desk = busy.of(SIX)
    desk.seat.git("remote", "set-url", "origin", str(desk.folder / "nowhere"))
    before = _everything_below(desk.folder)
    done = _run(desk.folder, "zsh", "", "fleetfeed", "evict", "")
    assert values(done.stdout.splitlines()) == items(7, 10)
    assert (done.returncode, done.stderr) == (0, "")
    assert _everything_below(desk.folder) == before


def test_outside_of_a_repository_there_are_commands(tmp_path):
    for words, found in (("cl", ["-", "claim\t"]), ("claim ", ["-"])):
        typed = words.split(" ")
        done = _run(tmp_path, "zsh", "", "fleetfeed", *typed)
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert [a[: len(b)] for a, b in zip(lines, found, strict=True)] == found


def test_a_feed_that_cannot_be_read_completes_nothing(busy):
    desk = busy.of(SIX)
    desk.seat.git("config", "fleetfeed.ref", "no such ref")
    done = _run(desk.folder, "bash", ":", "fleetfeed", "evict", "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "-\n", "")


def test_a_database_is_not_asked(busy):
    desk = busy.of(SIX)
    desk.seat.git("config", "fleetfeed.ledger", "postgresql://203.0.113.1/fleet")
    done = _run(desk.folder, "zsh", "", "fleetfeed", "evict", "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "-\n", "")
    done = _run(desk.folder, "zsh", "", "fleetfeed", "rule", "FF401")
    assert values(done.stdout.splitlines()) == ["FF401"]


def test_a_linked_worktree_the_server_and_another_folder(busy, tmp_path):
    desk = busy.of(SIX)
    desk.seat.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    found = items(7, 10)
    for folder in (
        desk.folder / "feed" / "CMB",
        tmp_path / "linked",
        busy.fleet.server.folder,
    ):
        done = _run(folder, "zsh", "", "fleetfeed", "evict", "")
        assert values(done.stdout.splitlines()) == found, folder
    done = _run(tmp_path, "zsh", "", "fleetfeed", "-C", str(desk.folder), "evict", "")
    assert values(done.stdout.splitlines()) == found


def test_click_is_not_imported(still):
    program = (
        "import sys; from fleetfeed.cli import completing;"
        " completing.main(['zsh', '', 'fleetfeed', 'evict', '']);"
        " print(sorted({'click', 'pygit2', 'sqlite3', 'subprocess'} & {*sys.modules}))"
    )
    folder, env = still.of(SIX).folder, {**os.environ, "FLEETFEED_SEAT": SIX}
    done = subprocess.run(
        (sys.executable, "-c", program),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1:] == [*done.stdout.splitlines()[1:3], "[]"]


DRIVEN = """
cd "$1"
source <(fleetfeed completion bash)
try() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _fleetfeed
    echo "${COMPREPLY[*]}"
}
try fleetfeed evict ''
try fleetfeed active --surface-claim CAMBER : file : src/7
try fleetfeed active --state = B
try fleetfeed active --surface-claim CAMBER :
try fleet-active-queue --wai
try ticket-reserve H
try "$(command -v fleetfeed)" evict CMB-001
HOME=$2 try '~/fleetfeed' evict CMB-001
try fleetfeed hold CMB-0001 -- unam
complete -p fleetfeed feed-append
"""


def test_bash_with_its_words(still):
    folder, env = (
        still.of(SIX).folder,
        {**os.environ, "FLEETFEED_SEAT": SIX, "PATH": PATH},
    )
    done = subprocess.run(
        ("bash", "--norc", "-c", DRIVEN, "-", folder, Path(sys.executable).parent),
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    *rows, _, _ = done.stdout.splitlines()
    assert rows[:3] == ["CMB-0007 CMB-0010", "src/7.py", "BLOCKED"]
    assert rows[3].startswith("file:src/1.py ")
    assert rows[4:8] == ["--waiting", "HWD", "CMB-0010", "CMB-0010"]
    assert "uname" in rows[8].split()


STARTED = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), "source <(fleetfeed completion bash)"),
    "zsh": (("zsh", "-f", "-i"), "autoload -U compinit; compinit -D -u; source <(fleetfeed completion zsh)"),
    "zsh, by fpath": (("zsh", "-f", "-i"), "fleetfeed completion zsh > ~/_fleetfeed; fpath=(~ $fpath); autoload -U compinit; compinit -D -u"),
    "fish": (("fish", "--no-config", "-i"), "fleetfeed completion fish | source"),
}  # fmt: skip
"""Each shell without anybody's settings, and how it is told."""


@pytest.mark.parametrize("shell", STARTED)
def test_a_tab_in_the_shell_itself(still, tmp_path, shell):
    """The completed line is put behind `printf`, and so is read back whole."""
    words, told = STARTED[shell]
    if not shutil.which(words[0]):
        pytest.skip(f"no {words[0]} here")
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PS1": "> "}
    env = {**os.environ, **home, "FLEETFEED_SEAT": SIX, "TERM": "xterm", "PATH": PATH}
    terminal = Terminal(words, env, still.of(SIX).folder)
    terminal.type(f"{told}; echo rea''dy\r")
    terminal.until("ready\r\n")
    for typed, whole in (
        ("fleetfeed evict CMB-001\t", "fleetfeed evict CMB-0010"),
        ("fleetfeed wait CAMBER:file:src/7\t", f"fleetfeed wait {key(7)}"),
        ("fleetfeed completion b\t", "fleetfeed completion bash"),
    ):
        terminal.type(typed)
        terminal.until(whole.rpartition("/")[2] if ":" in whole else whole[-3:])
        terminal.type("\x01printf '%s,' \r")
        terminal.until(",".join([*whole.split(), ""]))
    terminal.type("exit\r")
    terminal.close()
