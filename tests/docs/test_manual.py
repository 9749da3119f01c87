"""The man pages are those of the commands there are, and render without a warning."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fleetfeed.cli.commands import COMMANDS

TOP = Path(__file__).parents[2]
PAGES = sorted((TOP / "docs" / "man").glob("*.1"))
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}


@pytest.fixture(scope="module")
def manual():
    file = TOP / "docs" / "manual.py"
    spec = importlib.util.spec_from_file_location("manual", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_current(manual):
    made = manual.pages()
    assert sorted(made) == [page.name for page in PAGES], "run `make docs`"
    for page in PAGES:
        assert made[page.name].split() == page.read_text("utf-8").split(), page.name


def test_there_is_a_page_for_each_command():
    names = {page.stem for page in PAGES}
    assert {f"fleetfeed-{name}" for name in COMMANDS} <= names
    assert {"fleetfeed", "fleetfeed-ca-issue", "fleetfeed-ledger-export"} <= names


def test_each_page_says_what_a_page_says():
    for page in PAGES:
        said = re.findall(r"^\.SH (.*)$", page.read_text("utf-8"), re.MULTILINE)
        assert said[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"], page.name
        assert said[-3:-1] == ["EXAMPLES", "EXIT STATUS"] or page.stem == "fleetfeed"
        assert said[-1] == "SEE ALSO"
    top = (TOP / "docs" / "man" / "fleetfeed.1").read_text("utf-8")
    for heading in ("EXIT STATUS", "CONFIGURATION", "ENVIRONMENT", "FILES"):
        section = top.partition(f"\n.SH {heading}\n")[2].partition("\n.SH ")[0]
        assert section.startswith(".TP\n"), heading


def test_other_pages_that_are_named_exist():
    names = {page.stem for page in PAGES} | {"git"}
    for page in PAGES:
        for name in re.findall(r"\\fB(\S+)\\fR\(1\)", page.read_text("utf-8")):
            assert name.replace("\\-", "-") in names, page.name


def test_every_variable_is_described():
    files = [*(TOP / "fleetfeed").rglob("*.py"), *(TOP / "hooks").iterdir()]
    named = {
        name
        for file in files
        if file.is_file()
        for name in re.findall(r"\bFLEETFEED_[A-Z]{2,}", file.read_text("utf-8"))
    }
    text = (TOP / "docs" / "command-line.md").read_text("utf-8")
    assert len(named) > 6
    assert not [name for name in named if f"| `{name}` |" not in text]


def _needs(program):
    if not shutil.which(program):
        pytest.skip(f"no {program} here")


def test_groff_has_nothing_to_say_against_them():
    _needs("groff")
    words = ("groff", "-man", "-Tutf8", "-ww", "-z", *PAGES)
    done = subprocess.run(words, env=UTF8, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_mandoc_finds_no_error():
    _needs("mandoc")
    words = ("mandoc", "-Tlint", "-W", "warning", *PAGES)
    done = subprocess.run(words, env=UTF8, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    # A date would have to change with every release.
    assert not [line for line in said if "missing date" not in line]


@pytest.mark.parametrize("name", ["fleetfeed", "fleetfeed-claim"])
def test_man_shows_a_page(name):
    _needs("man")
    _needs("groff")
    words = (
        "man",
        "--warnings",
        "-E",
        "UTF-8",
        "-l",
        TOP / "docs" / "man" / f"{name}.1",
    )
    done = subprocess.run(words, env=UTF8, capture_output=True, text=True, check=True)
    said = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
    assert done.stderr == ""
    assert said.startswith(name.upper())
    if name != "fleetfeed":
        assert (
            '    fleetfeed claim --new CMB --subject "verify the job ids" \\\n' in said
        )
