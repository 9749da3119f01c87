"""Long lists on a terminal: the pager and the colours of git's settings, and no others."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from cli.terminals import Terminal

from fleetfeed.cli.colours import coloured

SIX = "CAMBER-06"
ITEM = "CMB-0002"
ESCAPE = "\x1b["
PAGED = "sed 's/^/<p> /'"
"""A pager that leaves its mark on each line."""


@pytest.fixture
def on_terminal(still, tmp_path):
    """What a command prints on a terminal, and its exit code."""
    desk = still.of(SIX)

    def run(*words, folder=desk.folder, settings=(), **env):
        around = {
            k: v
            for k, v in os.environ.items()
            if k not in ("PAGER", "NO_COLOR", "LESS")
        }
        around |= {"FLEETFEED_SEAT": SIX, "TERM": "xterm", **env}
        pairs = dict(enumerate(settings))
        around |= {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in pairs.items()}
        around |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in pairs.items()}
        around |= {"GIT_CONFIG_COUNT": str(len(pairs))}
        line = (sys.executable, "-m", "fleetfeed", *words)
        said, code = Terminal(line, around, folder).rest()
        return said.replace("\r\n", "\n"), code

    return run


SETTINGS = [
    ("GIT_PAGER", {"GIT_PAGER": PAGED}, ()),
    ("PAGER", {"PAGER": PAGED}, ()),
    ("core.pager", {}, (("core.pager", PAGED),)),
    ("pager.fleetfeed", {"PAGER": "cat"}, (("pager.fleetfeed", PAGED),)),
    ("before core", {}, (("core.pager", "cat"), ("pager.fleetfeed", PAGED))),
    ("true", {"PAGER": PAGED}, (("pager.fleetfeed", "true"),)),
    ("GIT_PAGER first", {"GIT_PAGER": PAGED}, (("pager.fleetfeed", "cat"),)),
]


@pytest.mark.parametrize(
    ("env", "settings"), [row[1:] for row in SETTINGS], ids=[r[0] for r in SETTINGS]
)
def test_a_list_goes_through_the_pager_of_gits_settings(on_terminal, env, settings):
    said, code = on_terminal("show", ITEM, "--offline", settings=settings, **env)
    assert code == 0
    assert said.startswith("<p> ")
    assert all(line.startswith("<p> ") for line in said.splitlines())
    # What is said beside the list is not torn from it.
    assert "fetched" in said.splitlines()[-1]


UNPAGED = [
    ("--no-pager", ("--no-pager", "show", ITEM), {"GIT_PAGER": PAGED}, ()),
    ("json", ("show", ITEM, "--json"), {"GIT_PAGER": PAGED}, ()),
    ("dumb", ("show", ITEM), {"GIT_PAGER": PAGED, "TERM": "dumb"}, ()),
    ("false", ("show", ITEM), {"PAGER": PAGED}, (("pager.fleetfeed", "false"),)),
    ("empty", ("show", ITEM), {"GIT_PAGER": ""}, (("core.pager", PAGED),)),
    ("cat", ("show", ITEM), {"GIT_PAGER": "cat"}, ()),
    ("no such", ("show", ITEM), {"GIT_PAGER": "no-such-pager"}, ()),
    (
        "an agent's session",
        ("show", ITEM),
        {"GIT_PAGER": PAGED, "FLEETFEED_SESSION": "a1"},
        (),
    ),
    ("a short answer", ("seat",), {"GIT_PAGER": PAGED}, ()),
]


@pytest.mark.parametrize(
    ("words", "env", "settings"),
    [row[1:] for row in UNPAGED],
    ids=[r[0] for r in UNPAGED],
)
def test_no_pager(on_terminal, words, env, settings):
    said, code = on_terminal(*words, settings=settings, **env)
    assert code == 0
    assert "<p>" not in said
    assert ITEM in said or SIX in said


COLOURS = [
    ("auto", {}, (), True),
    ("never", {}, (("color.ui", "never"),), False),
    ("false", {}, (("color.ui", "false"),), False),
    ("true", {}, (("color.ui", "true"),), True),
    ("of fleetfeed", {}, (("color.ui", "false"), ("color.fleetfeed", "auto")), True),
    ("NO_COLOR", {"NO_COLOR": "1"}, (), False),
    ("NO_COLOR, empty", {"NO_COLOR": ""}, (), True),
    ("always before NO_COLOR", {"NO_COLOR": "1"}, (("color.ui", "always"),), True),
    ("dumb", {"TERM": "dumb"}, (), False),
    (
        "an agent's session",
        {"FLEETFEED_SESSION": "a1"},
        (("color.ui", "always"),),
        False,
    ),
    ("not in the pager", {"GIT_PAGER": PAGED}, (("color.pager", "false"),), False),
    ("in the pager", {"GIT_PAGER": PAGED}, (), True),
]


@pytest.mark.parametrize(
    ("env", "settings", "wanted"), [r[1:] for r in COLOURS], ids=[r[0] for r in COLOURS]
)
def test_colours(on_terminal, env, settings, wanted):
    said, _ = on_terminal(
        "active", "--offline", settings=settings, **{"GIT_PAGER": "cat", **env}
    )
    assert (ESCAPE in said) is wanted
    plain = re.sub(r"\x1b\[\d*m|<p> ", "", said)
    assert f"item={ITEM} state=IN_PROGRESS owner={SIX} " in plain


def test_less_is_told_what_git_tells_it(on_terminal, tmp_path):
    """One screenful is printed at once, and nobody has to press q."""
    pager = 'printf \'%s|%s\\n\' "$LESS" "$LV"; cat'
    said, _ = on_terminal("rule", "FF401", folder=tmp_path, GIT_PAGER=pager)
    assert said.startswith("FRX|-c\n")
    said, _ = on_terminal("rule", folder=tmp_path, GIT_PAGER=pager, LESS="S")
    assert said.startswith("S|-c\n")


@pytest.mark.parametrize(
    "words",
    [("rule",), ("log",), ("active",), ("audit",), ("show", ITEM), ("verify",)],
)
def test_who_leaves_the_pager_hears_nothing(on_terminal, words):
    said, code = on_terminal(*words, GIT_PAGER="true")
    assert said.rpartition("\x1b[K")[2] == ""  # how far an audit is
    assert code == {"audit": 1}.get(words[0], 0)


@pytest.mark.parametrize(("words", "key"), [(("rule",), "q"), (("rule", "FF401"), "")])
def test_less_itself(tmp_path, words, key):
    if not shutil.which("less"):
        pytest.skip("no less here")
    env = {k: v for k, v in os.environ.items() if k not in ("LESS", "GIT_PAGER")}
    env |= {"PAGER": "less", "TERM": "xterm"}
    terminal = Terminal((sys.executable, "-m", "fleetfeed", *words), env, tmp_path)
    terminal.until("FF005" if key else "Mend: ")
    assert terminal.rest(pressing=key)[1] == 0


def test_ctrl_c_is_the_pagers(tmp_path):
    """As in git: it ends what the pager is at, and q ends the pager."""
    if not shutil.which("less"):
        pytest.skip("no less here")
    env = {k: v for k, v in os.environ.items() if k not in ("LESS", "GIT_PAGER")}
    env |= {"PAGER": "less", "TERM": "xterm"}
    terminal = Terminal((sys.executable, "-m", "fleetfeed", "rule"), env, tmp_path)
    terminal.until("(END)", pressing="G")  # and no command that still prints
    terminal.type("\x03")
    said, code = terminal.rest(pressing="q")
    assert (code, "Traceback" in said) == (0, False)


def test_what_goes_wrong_is_told_without_the_pager(on_terminal):
    said, code = on_terminal("show", "CMB-0099", GIT_PAGER=PAGED)
    assert (code, "there is no CMB-0099" in said, "<p>" in said) == (2, True, False)


def _piped(folder, *words, **env):
    around = {
        **os.environ,
        "FLEETFEED_SEAT": SIX,
        "TERM": "xterm",
        "GIT_PAGER": PAGED,
        **env,
    }
    around |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "color.ui",
        "GIT_CONFIG_VALUE_0": "always",
    }
    line = (sys.executable, "-m", "fleetfeed", *words)
    return subprocess.run(
        line, cwd=folder, env=around, capture_output=True, text=True, check=False
    )


def test_in_a_pipe_there_is_neither(still):
    folder = still.of(SIX).folder
    for words in (("active", "--offline"), ("rule",), ("log", "--offline", "--json")):
        done = _piped(folder, *words)
        assert (done.returncode, ESCAPE in done.stdout, "<p>" in done.stdout) == (
            0,
            False,
            False,
        )
    assert json.loads(done.stdout)["answer"] == "listed"


def test_nothing_that_a_stranger_wrote_is_coloured():
    for line in (
        "  item=CMB-0001 state=BLOCKED",
        "      FF001  reject",
        "2026-11-20T15:52:00Z CMB-0001/0001 DONE CAMBER-06: x item=CMB-0001 state=DONE",
        "a: FF001  reject",
    ):
        assert (
            re.sub(r"\x1b\[33mCMB-0001/0001\x1b\[m", "CMB-0001/0001", coloured(line))
            == line
        )
    assert coloured("item=CMB-0001 state=BLOCKED x") != "item=CMB-0001 state=BLOCKED x"
