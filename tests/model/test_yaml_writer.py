import pytest

from fleetfeed.model.yaml.writer import dump

ROWS = {
    "plain": ("A:file:src/x.py", "F: A:file:src/x.py\n"),
    "prose": ("it's done, as (told)", "F: it's done, as (told)\n"),
    "colon": ("fix: it", 'F: "fix: it"\n'),
    "number sign": ("fix #1", 'F: "fix #1"\n'),
    "nothing": ("", 'F: ""\n'),
    "quotes": ('"a" \\', 'F: "\\"a\\" \\\\"\n'),
    "tab": ("a\tb", 'F: "a\\tb"\n'),
    "lines": ("a\n\n b\n", "F: |\n  a\n\n   b\n"),
    "lines without an end": ("a\nb", "F: |-\n  a\n  b\n"),
    "lines with many ends": ("a\n\n\n", "F: |+\n  a\n\n\n"),
    "lines that begin with a blank": (" a\nb", 'F: " a\\nb"\n'),
    "list": (("a", "b: c"), 'F:\n  - a\n  - "b: c"\n'),
    "empty list": ((), ""),
}


@pytest.mark.parametrize("name", ROWS)
def test_writes(name):
    value, text = ROWS[name]
    assert dump([("F", value)]) == text
