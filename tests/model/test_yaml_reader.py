"""What `load` promises beyond the corpus: shapes, places, dialects, many findings."""

import builtins
import subprocess
import sys

import pytest

from fleetfeed.model.yaml import scanner
from fleetfeed.model.yaml.nodes import POLICY, Listing, Scalar, Table
from fleetfeed.model.yaml.reader import load

NESTED = b"""\
# the fleet
pools: {any: ["CAMBER-*", b]}  # who may take what
fields:
  WORK: {states: [DONE], level: warn}
empty: ''
"""


def test_a_value_knows_where_it_stands():
    table, _ = load(b"A: b\nKEYS:\n  - c\n  - 'd'\n", "p.yaml")
    assert table.get("A") == Scalar("b", 1, 4)
    assert table.get("KEYS") == Listing((Scalar("c", 3, 5), Scalar("d", 4, 5)), 3, 3)
    assert [key for key, _ in table.entries] == [
        Scalar("A", 1, 1),
        Scalar("KEYS", 2, 1),
    ]
    assert table.get("B") is None


def test_columns_count_characters():
    table, _ = load("é: 😀\nA: ['😀', b]\n".encode(), "p.yaml")
    assert table.get("é") == Scalar("😀", 1, 4)
    assert table.get("A").items[1] == Scalar("b", 2, 10)


def test_a_policy_may_nest_and_comment():
    table, findings = load(NESTED, "policy.yaml", POLICY)
    assert findings == ()
    work = table.get("fields").get("WORK")
    assert isinstance(work, Table)
    assert work.get("states").items == (Scalar("DONE", 4, 19),)
    assert [item.text for item in table.get("pools").get("any").items] == [
        "CAMBER-*",
        "b",
    ]


def test_a_post_may_not():
    _, findings = load(NESTED, "p.yaml")
    assert [(f.code, f.place.line) for f in findings] == [("FF007", 2)]


@pytest.mark.parametrize(
    "text", ["a: {b: {c: {d: e}}}", "a:\n b:\n  c:\n   d: e", "a: [{b: c}]"]
)
def test_a_policy_may_not_nest_without_end(text):
    _, findings = load(text.encode(), "policy.yaml", POLICY)
    assert findings[0].code == "FF007"


def test_says_all_that_it_knows():
    data = b"A: *x\nB: &y z\nB: 'q'\nC:\nD: fix #1\n"
    _, findings = load(data, "p.yaml")
    places = [(f.code, f.place.line) for f in findings]
    assert places == [
        ("FF009", 1),
        ("FF009", 2),
        ("FF008", 3),
        ("FF006", 4),
        ("FF010", 5),
    ]


def test_says_all_slips_of_a_file_that_no_scanner_reads():
    _, findings = load(b"A: [x\nB: it: is\nC:D\nCC:D\n", "p.yaml")
    assert [(f.place.line, f.mended) for f in findings] == [
        (1, 'A: "[x"'), (2, 'B: "it: is"'), (3, "C: D"), (4, "CC: D"),
    ]  # fmt: skip


def test_bad_characters_are_told_up_to_a_small_number():
    _, findings = load(b"A: \x01\x02\n\x03\x04\x05\x06\x07\n", "p.yaml")
    assert [f.place.line for f in findings] == [1, 2]


def test_reads_without_the_c_scanner(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "_ruamel_yaml":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    scanner.fastest.cache_clear()
    scanner.c_scanner.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    try:
        assert scanner.fastest() is scanner.pure_scanner()
        assert load(b"A: b\n", "p.yaml")[0].get("A") == Scalar("b", 1, 4)
    finally:
        scanner.fastest.cache_clear()
        scanner.c_scanner.cache_clear()


def test_importing_does_not_import_ruamel():
    code = "import sys, fleetfeed.model.yaml; sys.exit('ruamel.yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
