import pytest

from fleetfeed.model.yaml.salvage import salvage
from fleetfeed.model.yaml.writer import dump

KEY = "SURFACE_KEY"

ROWS = {
    "plain": ("SURFACE_KEY: A:b:c\nSUBJECT: x: y\n", ("A:b:c",)),
    "no blank": ("SURFACE_KEY:A:b:c\n", ("A:b:c",)),
    "tab": ("SURFACE_KEY:\tA:b:c\n", ("A:b:c",)),
    "quoted": ("'SURFACE_KEY': \"A:b:c\"\n", ("A:b:c",)),
    "unclosed quote": ('SURFACE_KEY: "A:b:c\n', ("A:b:c",)),
    "comment behind": ("SURFACE_KEY: A:b:c # why\n", ("A:b:c",)),
    "anchor and tag": ("SURFACE_KEY: &x !!str A:b:c\n", ("A:b:c",)),
    "list": ("SURFACE_KEY:\n  - A:b:c\n  - 'A:b:d'\nSTATE: x\n  - no\n", ("A:b:c", "A:b:d")),
    "list in the first column": ("SURFACE_KEY:\n- A:b:c\n- A:b:d\n", ("A:b:c", "A:b:d")),
    "brackets": ("SURFACE_KEY: [A:b:c, A:b:d]\n", ("A:b:c", "A:b:d")),
    "brackets over lines": ("SURFACE_KEY: [A:b:c,\n  A:b:d\n]\n", ("A:b:c", "A:b:d")),
    "block": ("SURFACE_KEY: |\n  A:b:c\n", ("A:b:c",)),
    "indented": ("ITEM: x\n  SURFACE_KEY: A:b:c\n  STATE: DONE\n", ("A:b:c",)),
    "given twice": ("SURFACE_KEY: A:b:c\nSURFACE_KEY: A:b:d\n", ("A:b:c", "A:b:d")),
    "conflict": (
        "<<<<<<< a\nSURFACE_KEY: A:b:c\n=======\nSURFACE_KEY: A:b:d\n>>>>>>> b\n",
        ("A:b:c", "A:b:d"),
    ),
    "conflict in a list": (
        "SURFACE_KEY:\n<<<<<<< a\n  - A:b:c\n=======\n  - A:b:d\n>>>>>>> b\n",
        ("A:b:c", "A:b:d"),
    ),
    "quoted in a body": ("BODY: |\n  SURFACE_KEY: A:b:c\nSTATE: x: y\n", ()),
    "after a body": ("BODY: |\n  text\nSURFACE_KEY: A:b:c\n", ("A:b:c",)),
    "flow mapping": ('{ITEM: x, SURFACE_KEY: "A:b:c", STATE: *y}\n', ("A:b:c",)),
    "flow mapping over lines": (
        "--- {\n  ITEM: x,\n  SURFACE_KEY: [A:b:c, 'A:b:d'],\n  STATE: y\n}\n",
        ("A:b:c", "A:b:d"),
    ),
    "JSON": (
        '{"ITEM":"x","SURFACE_KEY":["A:b:c","A:b:d"],"STATE":"y"}',
        ("A:b:c", "A:b:d"),
    ),
    "a tag before a flow mapping": ("!!map {SURFACE_KEY: A:b:c}\n", ("A:b:c",)),
    "after a body of braces": ("BODY: |\n  {a, b}\nSURFACE_KEY: A:b:c\n", ("A:b:c",)),
    "escapes": (r'SURFACE_KEY: "A:b:\x61\u0070\U00000070\/x"', ("A:b:app/x",)),
    "an escaped name": (r'"SURFACE\x5fKEY": A:b:c', ("A:b:c",)),
    "no escapes in single quotes": (r"SURFACE_KEY: 'A:b:\x61'", (r"A:b:\x61",)),
    "impossible escapes": (r'SURFACE_KEY: "A:b:c\xzz\ud800\UFFFFFFFF\q"', ("A:b:c",)),
    "another name": ("SURFACE_KEYS: A:b:c\n", ()),
    "nothing": ("SURFACE_KEY:\nSTATE: DONE\n", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_makes_out(name):
    text, values = ROWS[name]
    assert salvage(text.encode(), KEY) == values


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_makes_out_in_a_wrong_encoding(encoding):
    assert salvage("SURFACE_KEY: A:b:c\n".encode(encoding), KEY) == ("A:b:c",)


def test_makes_out_what_dump_writes():
    keys = ("A:b:c", "A:b:d-e/f")
    assert salvage(dump([("ITEM", "x"), (KEY, keys)]).encode(), KEY) == keys


# Work that grows with the square of a megabyte would take hours.
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "unit",
    [
        "SURFACE_KEY: [",
        "- a,\n",
        "&x ",
        "!",
        "[,",
        " #",
        "\n",
        "{",
        "{,",
        '"\\\\',
        "&x {",
    ],
)
def test_takes_linear_time(unit):
    data = ("SURFACE_KEY: " + unit * (1_000_000 // len(unit))).encode()
    assert salvage(data, KEY) is not None
