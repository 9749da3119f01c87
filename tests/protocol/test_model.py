"""The protocol's model: what the page tells is what is checked, and mutations fail."""

import contextlib
import functools
import importlib.util
import inspect
import re
import shutil
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
MODEL = TOP / "protocol/protocol.m"
PAGE = (TOP / "docs/model.md").read_text("utf-8")


def load():
    spec = importlib.util.spec_from_file_location("check", TOP / "protocol/check.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["check"] = module
    spec.loader.exec_module(module)
    return module


check = load()
ROWS = {row.name: row for row in (*check.WORLDS, *check.MUTATIONS)}

checker = pytest.mark.skipif(
    not (shutil.which("rumur") and shutil.which("cc")),
    reason="no rumur, or no C compiler",
)


@checker
@pytest.mark.large
@pytest.mark.parametrize("name", ROWS)
def test_a_world_is_as_expected(name):
    row = ROWS[name]
    found = check.visit(row)
    assert found.failed == row.fails, found.trace


@checker
def test_a_world_that_is_not_as_expected_is_told(capsys):
    row = check.Row("no SAME_OP", ROWS["no SAME_OP"].constants)
    assert list(check.as_expected([row], 1)) == [False]
    said = capsys.readouterr().out
    assert "expected: all holds" in said
    assert "no answer comes" in said


def test_each_thing_that_holds_it_together_is_taken_away_once():
    text = MODEL.read_text("utf-8")
    block = text.partition("-- What holds it together.")[2].partition("\ntype")[0]
    named = re.findall(r"^  (\w+): 1;", block, re.MULTILINE)
    assert len(named) > 10
    gone = [n for row in check.MUTATIONS for n, v in row.constants.items() if not v]
    assert set(named) == set(gone) & set(named)
    assert all(row.fails for row in check.MUTATIONS)


def test_a_constant_that_is_not_there_is_noticed():
    with pytest.raises(KeyError):
        check.text_of(check.Row("odd", {"NO_SUCH": 0}))


def test_each_property_of_the_rows_is_one_of_the_model():
    named = re.findall(
        r'^(?:invariant|liveness) "(.*)"', MODEL.read_text(), re.MULTILINE
    )
    assert {row.fails for row in check.MUTATIONS} == set(named)


def test_the_page_has_the_table_as_it_is():
    blocks = re.findall(
        r"^```text\nworld [^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
    told = "".join(blocks).splitlines()
    rows = (*ROWS.values(), *check.LARGE)
    said = {r.name: f'not: "{r.fails}"' if r.fails else "all holds" for r in rows}
    found = {row[:34].strip(): row[62:] for row in told}
    assert found == said


def called(name):
    """What `name` stands for: a module, or what is in one, at whatever depth."""
    parts = name.split(".")
    for at in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            found = importlib.import_module(".".join(parts[:at]))
            return functools.reduce(getattr, parts[at:], found)
    raise AssertionError(name)


def test_what_the_page_names_in_the_code_is_there():
    named = set(re.findall(r"`(fleetfeed(?:\.\w+)+)`", PAGE))
    assert len(named) > 10
    for name in named:
        assert called(name), name


def is_in(excerpt, text):
    """Whether all lines are in the text, in their order, and together but for a `…`."""
    rest = [line.strip() for line in text.splitlines()]
    for part in re.split(r"^\s*…\n", excerpt, flags=re.MULTILINE):
        lines = [line.strip() for line in part.splitlines()]
        starts = range(len(rest) - len(lines) + 1)
        at = next((n for n in starts if rest[n : n + len(lines)] == lines), None)
        if at is None:
            return False
        rest = rest[at + len(lines) :]
    return True


def test_each_excerpt_is_where_the_page_says():
    """One of the model in it, one of the code in what was named since the one before."""
    pieces = r"`(?P<name>fleetfeed(?:\.\w+)+)`|^```(?P<of>\w+)\n(?P<text>.*?)^```$"
    named, count = [], 0
    for piece in re.finditer(pieces, PAGE, re.MULTILINE | re.DOTALL):
        if piece["name"]:
            named.append(piece["name"])
        elif piece["of"] in ("murphi", "python"):
            code = [] if piece["of"] == "murphi" else map(called, named)
            texts = map(inspect.getsource, code) if code else [MODEL.read_text("utf-8")]
            assert any(is_in(piece["text"], text) for text in texts), piece["text"]
            named, count = [], count + 1
    assert count > 20


def test_an_excerpt_of_something_else_is_noticed():
    assert is_in("a\n…\nb\n", "a\nc\n  b\n")
    assert not is_in("a\n…\nb\n", "b\na\n")
    assert not is_in("a\nb\n", "a\nc\nb\n")
