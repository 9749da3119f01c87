"""`make bench`: build the feeds, measure, print."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import clean, make_home

from bench import board, bounds, costs, options
from bench.contention import run as contention
from bench.fleet import run as fleet
from bench.ledger import run as ledger
from bench.options import Options
from bench.report import Report
from bench.scale import run as scale


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line says."""
    given = options.read(argv)
    where = given.folder
    with tempfile.TemporaryDirectory(prefix="fleetfeed-bench-", dir=where) as top:
        settle(Path(top, "home"))
        found = dict[str, dict[str, object]]()
        for report in _reports(Path(top), given):
            found.setdefault(Path(report.page).stem, {}).update(report.json())
            _tell(report, given)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _reports(top: Path, given: Options) -> Iterator[Report]:
    if given.costs:
        yield costs.run(top, given.costs)
    if given.contention:
        yield contention.run(top / "contention", given.contention)
    if given.bounds:
        yield bounds.run(top / "bounds", given.bounds)
    if given.scale:
        yield scale.run(top / "scale", given.scale)
    if given.board:
        yield board.run(top / "board", given.board)
    if given.ledger:
        yield from ledger.run(top / "ledger", given.ledger)
    if given.fleet:
        yield from fleet.run(top / "fleet", given.fleet)


def _tell(report: Report, given: Options) -> None:
    """Print a part as soon as it is measured: the next one takes long."""
    if given.docs:
        report.write(given.docs)
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(report.text(bold=bold), end="\n\n", flush=True)


def settle(home: Path, settings: str = "") -> None:
    """Take the developer's settings out of the environment; git's are `settings`.

    Python's too: where it may not keep what it compiled, every command compiles anew.
    """
    for name in [*os.environ]:
        if name not in clean() or name.startswith("PYTHON"):
            del os.environ[name]
    os.environ.update(make_home(home))
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a", encoding="utf-8") as config:
        config.write(settings)


if __name__ == "__main__":
    main()
