"""The shapes of JSON answers, read from the page that promises them."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

_ROW = re.compile(r"^\| `([a-z ]+)` \| (\d) \| ([^|]*) \|$", re.MULTILINE)


def _shapes():
    part = PAGE.read_text("utf-8").partition("## Commands that write\n")[2]
    for answer, code, said in _ROW.findall(part.partition("\n## ")[0]):
        always, _, sometimes = said.partition(";")
        yield answer, (int(code), _named(always), _named(sometimes))


def _named(text):
    return set(re.findall(r"`(\w+)`", text)) - {"done"}


SHAPES = dict(_shapes())


def check_shape(document):
    """Every key that is promised is there, and none that is not."""
    code, always, sometimes = SHAPES[document["answer"]]
    assert document["code"] == code
    keys = set(document) - {"answer", "code"}
    assert always <= keys, document
    assert keys <= always | sometimes, document
