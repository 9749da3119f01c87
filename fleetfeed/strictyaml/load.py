"""Reading: bytes to a table, or the findings that say why not."""

from fleetfeed.finding import Finding, Place, in_order
from fleetfeed.rules import finding
from fleetfeed.shown import shown
from fleetfeed.strictyaml import scanner
from fleetfeed.strictyaml.build import Builder, Stop
from fleetfeed.strictyaml.characters import decoded
from fleetfeed.strictyaml.node import POST, Dialect, Table


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
    builder = Builder(source(text), path, dialect)
    try:
        table = builder.document()
    except Stop:
        return None, in_order(builder.findings)
    except scanner.ScanError as error:
        why = f"Not readable as YAML: {shown(error.problem)}; quote the text."
        at = Place(path, error.line, error.column)
        return None, in_order([*builder.findings, finding("FF006", at, why)])
    if builder.findings:
        return None, in_order(builder.findings)
    return table, ()
