"""What one part of the benchmark found, for a terminal, for the docs, for programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import render
from bench.rounds import Measured
from bench.tables import Table


@dataclass(frozen=True, slots=True)
class Report:
    """Facts and tables for a page of the docs, and every single value in `values`.

    `pictures` are files that the page shows, by their names; `of` is what the figures
    are of, where the page has more than one block of them.
    """

    page: str
    facts: Mapping[str, str]
    tables: tuple[Table, ...]
    values: Mapping[str, object]
    pictures: Mapping[str, str] = field(default_factory=dict)
    of: str = ""

    def text(self, *, bold: bool) -> str:
        """For a reader's terminal."""
        tables = (render.text(table, bold=bold) for table in self.tables)
        return "\n\n".join([render.facts(self.facts), *tables])

    def markdown(self) -> str:
        """For the docs."""
        known = (f"* {name}: {value}" for name, value in self.facts.items())
        shown = (f"![{Path(name).stem}]({name})" for name in self.pictures)
        tables = (render.markdown(table) for table in self.tables)
        return "\n\n".join(["\n".join(known), *shown, *tables])

    def write(self, folder: Path) -> None:
        """Put the figures into the page and the pictures beside it."""
        page = folder / self.page
        document = render.within(page.read_text("utf-8"), self.markdown(), self.of)
        page.write_text(document, "utf-8")
        for name, picture in self.pictures.items():
            (folder / name).write_text(picture, "utf-8")

    def json(self) -> dict[str, object]:
        """For programs."""
        return {"facts": dict(self.facts), **self.values}


def series(found: Measured) -> dict[str, object]:
    """Every single value of the rounds."""
    rows = [
        {**name._asdict(), "wall": wall, "cpu": found.cpu.get(name)}
        for name, wall in found.wall.items()
    ]
    calls = [{**name._asdict(), "calls": n} for name, n in found.calls.items()]
    return {"unit": "s", "series": rows, "calls": calls}
