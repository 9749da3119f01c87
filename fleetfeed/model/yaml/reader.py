"""Reading: bytes to a table, or the findings that say why not."""

from fleetfeed.model.findings import Finding, Place, in_order
from fleetfeed.model.rules import finding
from fleetfeed.model.yaml import lint, scanner
from fleetfeed.model.yaml.build import Builder, Stop
from fleetfeed.model.yaml.characters import decoded
from fleetfeed.model.yaml.nodes import POST, Dialect, Table
from fleetfeed.model.yaml.suggest import requoted_at, slips
from fleetfeed.util.printable import shown
from fleetfeed.util.records import replace

MAX_MENDED = 1000  # nobody reads a longer line in a terminal


def load(
    data: bytes, path: str, dialect: Dialect = POST
) -> tuple[Table | None, tuple[Finding, ...]]:
    """The table in `data`, or None and at least one finding that refuses.

    Never raises, whatever the bytes. `path` is only said in the findings.
    """
    return load_with(scanner.fastest(), data, path, dialect)


def load_with(
    source: scanner.Source, data: bytes, path: str, dialect: Dialect = POST
) -> tuple[Table | None, tuple[Finding, ...]]:
    """`load` with a given scanner: every scanner must give the same answer."""
    text, refused = decoded(data, path)
    if refused:
        return None, refused
    marked = lint.before_scan(text, path)
    if marked:
        return None, tuple(marked)
    table, findings = _read(source, text, path, dialect)
    if findings and source is not scanner.pure_scanner():
        # Told in the pure scanner's words, so that every seat reads the same.
        _, told = _read(scanner.pure_scanner(), text, path, dialect)
        return None, told or findings
    return table, findings


def _read(
    source: scanner.Source, text: str, path: str, dialect: Dialect
) -> tuple[Table | None, tuple[Finding, ...]]:
    builder = Builder(source(text), path, dialect)
    try:
        table = builder.document()
    except Stop:
        if builder.seen:
            return None, _with_mended(builder.findings, text)
        return None, _with_mended(_of_no_table(builder.findings, text, path), text)
    except scanner.ScanError as error:
        known = {found.place.line for found in builder.findings}
        complaints = [s for s in slips(text, path) if s.place.line not in known]
        if not complaints and not known:
            complaints = [_untranslated(error, path)]
        return None, _with_mended([*builder.findings, *complaints], text)
    refusals = builder.findings + lint.after_scan(text, builder.seen, path, dialect)
    if refusals:
        return None, _with_mended(refusals, text)
    return table, ()


def _of_no_table(found: list[Finding], text: str, path: str) -> list[Finding]:
    """`found` for a document without any field, its slips in place of its shape."""
    magic = [each for each in found if each.code != "FF007"]
    return magic or slips(text, path) or found


def _untranslated(error: scanner.ScanError, path: str) -> Finding:
    why = f"not readable as YAML ({shown(error.problem)}); quote the text of this field"
    return finding("FF006", Place(path, error.line, error.column), why)


def _with_mended(findings: list[Finding], text: str) -> tuple[Finding, ...]:
    """`findings` in order, anchors, aliases and tags with the quoted line."""
    cut_off = {f.place.line for f in findings if f.code == "FF010"}
    lines = lint.lines_of(text)
    kept = []
    for each in findings:
        if each.code == "FF006" and not each.mended and each.place.line in cut_off:
            continue  # `SUBJECT: #1438` is an empty value because of the comment
        kept.append(_mended(each, lines[each.place.line - 1]))
    return in_order(kept)


def _mended(found: Finding, line: str) -> Finding:
    """`found` with its line quoted, where magic or nesting was meant as text."""
    if len(found.mended) > MAX_MENDED:
        return replace(found, mended="")
    if found.mended or found.code not in ("FF007", "FF009") or len(line) > MAX_MENDED:
        return found
    return replace(found, mended=requoted_at(line, found.place.column))
