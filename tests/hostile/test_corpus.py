"""Every file of the corpus, through both scanners: code, place, mended line, time."""

import pytest
from hostile.corpus import FINE, HOSTILE, ROWS, SLIPS

from fleetfeed.model.yaml.reader import load_with
from fleetfeed.model.yaml.scanner import c_scanner, pure_scanner

SCANNERS = pytest.mark.parametrize("scanner", [c_scanner, pure_scanner])


def _named(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


# The time limit catches work that grows with the square of a file, which would be
# minutes; how long the slowest of them takes is said by `make bench`.
@pytest.mark.timeout(30)
@SCANNERS
@_named(ROWS)
def test_is_refused_where_and_as_expected(row, scanner):
    source = scanner()
    table, findings = load_with(source, row.data, "p.yaml")
    assert table is None
    first = findings[0]
    assert first.rejects
    place = (first.code, first.place.line, first.place.column)
    assert place == (row.code, row.line, row.column), first
    assert row.mended is None or first.mended == row.mended
    assert all(found.message.isprintable() for found in findings)
    assert all(found.mended.replace("\n", "").isprintable() for found in findings)


@SCANNERS
@_named(FINE)
def test_is_read_as_written(row, scanner):
    table, findings = load_with(scanner(), row.data, "p.yaml")
    assert findings == ()
    value = table.get("A")
    assert (value.text, value.line, value.column) == (row.text, row.line, row.column)


@SCANNERS
@_named([row for row in SLIPS if row.mended and row.line == row.data.count(b"\n")])
def test_the_mended_line_can_be_read(row, scanner):
    lines = row.data.decode().split("\n")
    lines[row.line - 1] = row.mended
    table, findings = load_with(scanner(), "\n".join(lines).encode(), "p.yaml")
    assert table is not None or row.mended.endswith("|"), findings


def test_the_corpus_is_as_large_as_it_says():
    assert len(HOSTILE) >= 60
    assert len(SLIPS) >= 10
    assert len({row.name for row in ROWS}) == len(ROWS)
