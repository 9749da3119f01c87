"""Tables as text for a terminal or a pipe, and as Markdown for the docs."""

from collections.abc import Iterator, Mapping

from bench.tables import Cell, Table


def begins(of: str = "") -> str:
    """Where figures begin, and what they are of, where a page has more than one block."""
    what = of and f" of {of}"
    return f"<!-- begin figures{what}: written by `make bench-docs`, not by hand -->"


BEGIN = begins()
END = "<!-- end figures -->"


def text(table: Table, *, bold: bool = False) -> str:
    """A table in aligned columns; `bold` is for a terminal's headings."""
    rows = [_head(table), *_cells(table)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
        for row in rows
    ]
    head = f"\x1b[1m{lines[0]}\x1b[0m" if bold else lines[0]
    return "\n".join([head, *lines[1:]])


def markdown(table: Table) -> str:
    """A table in GitHub's Markdown."""
    rule = ("---", *("---:" for _ in table.columns))
    rows = [_head(table), rule, *_cells(table)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def facts(known: Mapping[str, str]) -> str:
    """The machine and the run, one fact a line."""
    return "\n".join(f"{name}: {value}" for name, value in known.items())


def within(document: str, block: str, of: str = "") -> str:
    """`document` with `block` between the markers of what it is `of`.

    ValueError where it has none.
    """
    before, begin, rest = document.partition(begins(of))
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no block between {begins(of)!r} and {END!r}")
    return f"{before}{begin}\n\n{block}\n\n{END}{after}"


def _head(table: Table) -> tuple[str, ...]:
    title = f"{table.title} ({table.unit})" if table.unit else table.title
    return (title, *table.columns)


def _cells(table: Table) -> Iterator[tuple[str, ...]]:
    for label, figures in table.rows:
        yield (label, *(_cell(figure, table.scale) for figure in figures))


def _cell(figure: Cell, scale: float) -> str:
    if isinstance(figure, int | str):
        return str(figure)
    if isinstance(figure, float):
        return f"{figure * scale:.{_digits(figure * scale)}f}"
    low, middle, high = (
        value * scale for value in (figure.low, figure.median, figure.high)
    )
    digits = _digits(middle)
    return f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _digits(value: float) -> int:
    return 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
