"""The C scanner comes without ruamel.yaml, and ruamel.yaml comes whole all the same."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from harness import clean

pytest.importorskip("_ruamel_yaml")

ENDS = """
def events(text):
    parser, found = CParser(text), []
    while True:
        found.append(type(event := parser.get_event()))
        if found[-1].__name__ == "StreamEndEvent":
            return found
"""
LIGHTLY = "import sys\nfrom fleetfeed.model.yaml.scanner import c_parser\nCParser = c_parser()\n"


def ran(code):
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        env=clean(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# Tried, the oldest and the newest, by the tests below. Of another one try them, and name
# it here: where they fail, a hook takes 10 ms more, and the verdicts stay what they are.
HOLDS_FOR = {
    "ruamel.yaml": ("0.18.", "0.19."),
    "ruamel.yaml.clib": ("0.2.12", "0.2.15"),
}


@pytest.mark.parametrize("package", HOLDS_FOR)
def test_it_holds_for_the_version_that_is_here(package):
    assert version(package).startswith(HOLDS_FOR[package])


def test_scanning_does_without_the_rest():
    code = LIGHTLY + ENDS + "events('A: [b, c]\\n'); print(*sys.modules)"
    loaded = {name for name in ran(code) if name.startswith("ruamel.yaml.")}
    wanted = {f"ruamel.yaml.{name}" for name in ("error", "events", "nodes", "tokens")}
    assert wanted <= loaded
    for name in ("main", "constructor", "representer", "scanner", "comments"):
        assert f"ruamel.yaml.{name}" not in loaded


def test_the_pure_scanner_beside_it_needs_no_more():
    code = LIGHTLY + (
        "from fleetfeed.model.yaml import scanner\n"
        "get = scanner.pure_scanner()('A: b')\n"
        "print(type(get()) is type(CParser('A: b').get_event()))\n"
        "print('ruamel.yaml.main' in sys.modules)\n"
    )
    assert ran(code) == ["True", "False"]


def test_the_package_is_whole_for_whoever_imports_it():
    """Both kinds of loader work, and errors are those that a program catches."""
    code = LIGHTLY + (
        "from ruamel.yaml import YAML\n"
        "import ruamel.yaml, io\n"
        "for kind in ('safe', 'rt'):\n"
        "    assert YAML(typ=kind).load('a: [1, 2]') == {'a': [1, 2]}, kind\n"
        "    for text, error in (('a: [', ruamel.yaml.parser.ParserError),\n"
        "        ('a: *b', ruamel.yaml.composer.ComposerError),\n"
        "        ('%', ruamel.yaml.scanner.ScannerError)):\n"
        "        try: YAML(typ=kind).load(text)\n"
        "        except error: pass\n"
        "        else: raise AssertionError(text)\n"
        "out = io.StringIO(); YAML(typ='safe').dump({'a': 1}, out)\n"
        "assert out.getvalue() == '{a: 1}\\n', out.getvalue()\n"
        "assert ruamel.yaml.CParser is CParser\n"
        "from ruamel.yaml import *\n"
        "print(YAML.__name__)\n"
    )
    assert ran(code) == ["YAML"]


def test_where_the_package_is_there_already_it_is_left_alone():
    code = "import ruamel.yaml\n" + LIGHTLY + "print(ruamel.yaml.CParser is CParser)"
    assert ran(code) == ["True"]


@pytest.mark.parametrize(
    "harm",
    [
        "scanner._ERRORS.pop('reader')",  # the scanner asks for more than is known
        "scanner._ERRORS['reader'] = ('ReaderError', 'NoSuchError')",
        "scanner._Package.__init__ = None",
    ],
)
def test_what_is_not_as_expected_ends_in_the_ordinary_import(harm):
    """A later ruamel.yaml may ask for other things."""
    code = (
        "import sys\nfrom fleetfeed.model.yaml import scanner\n"
        f"{harm}\n"
        "CParser = scanner.c_parser()\n" + ENDS + "print(len(events('A: b')))\n"
        "from ruamel.yaml import YAML\n"
        "assert YAML(typ='safe').load('a: [1, 2]') == {'a': [1, 2]}\n"
    )
    assert ran(code) == ["8"]
