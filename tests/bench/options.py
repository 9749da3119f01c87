"""The command line of the benchmark."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import TRANSPORTS

from bench import board, bounds, costs
from bench.contention import arms
from bench.contention import plan as contention
from bench.contention.run import PAGE as CONTENTION_PAGE
from bench.fleet import plan as fleet
from bench.fleet.run import PAGE as FLEET_PAGE
from bench.ledger import plan as ledger
from bench.ledger.run import PAGE as LEDGER_PAGE
from bench.scale import plan as scale
from bench.scale.run import PAGE as SCALE_PAGE

SCALE = "scale"
PARTS = (
    *costs.PARTS,
    *contention.PARTS,
    *bounds.PARTS,
    SCALE,
    *board.PARTS,
    *ledger.PARTS,
    *fleet.PARTS,
)
_TRANSPORTS = {transport.name: transport for transport in TRANSPORTS}
_CACHE = Path(__file__).parents[2] / "build/bench"


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be measured, None where it is not, and where things go."""

    costs: costs.Plan | None
    contention: contention.Plan | None
    bounds: bounds.Plan | None
    scale: scale.Plan | None
    board: board.Plan | None
    ledger: ledger.Plan | None
    fleet: fleet.Plan | None
    folder: Path | None
    json: Path | None
    docs: Path | None


def read(argv: Sequence[str] | None) -> Options:
    """The options in `argv`, or in the process's own arguments."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=_ABOUT,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(parser)
    _costs(parser.add_argument_group("hooks, claims, identity"))
    _contention(parser.add_argument_group(", ".join(contention.PARTS)))
    _scale(parser.add_argument_group("scale, board"))
    _ledger(parser.add_argument_group(", ".join(ledger.PARTS)))
    _fleet(parser.add_argument_group(", ".join(fleet.PARTS)))
    given = parser.parse_args(argv)
    pages = [page for page, parts in _PAGES.items() if {*parts} & {*given.only}]
    whole = [page for page in pages if page not in _BLOCKS]
    if given.docs and any({*_PAGES[page]} - {*given.only} for page in whole):
        parser.error("--docs wants all of a page's parts, or it would lose the others")
    if given.docs and not all((given.docs / page).is_file() for page in pages):
        parser.error(f"--docs wants a folder with {' and '.join(pages)}")
    given.shrunk = 1
    if given.quick:
        _shrink(given)
    return Options(
        _costs_plan(given) if costs.PAGE in pages else None,
        _contention_plan(given) if CONTENTION_PAGE in pages else None,
        bounds.Plan(given.rounds, given.shrunk) if bounds.PAGE in pages else None,
        _scale_plan(given) if SCALE in given.only else None,
        _board_plan(given) if board.PAGE in pages else None,
        _ledger_plan(given) if LEDGER_PAGE in pages else None,
        _fleet_plan(given) if FLEET_PAGE in pages else None,
        given.folder,
        given.json,
        given.docs,
    )


_PAGES = {
    costs.PAGE: costs.PARTS,
    CONTENTION_PAGE: contention.PARTS,
    bounds.PAGE: bounds.PARTS,
    SCALE_PAGE: (SCALE,),
    board.PAGE: board.PARTS,
    LEDGER_PAGE: ledger.PARTS,
    FLEET_PAGE: fleet.PARTS,
}
"""Which parts a page of the docs has."""
_BLOCKS = (LEDGER_PAGE, FLEET_PAGE)
"""Pages of which each part writes a block of its own; the others are written whole."""
_ABOUT = f"What fleetfeed costs beside plain git; docs/: {', '.join(_PAGES)}."
_EXAMPLE = """\
example, the races alone, beside another fleetfeed:
  make bench BENCH='--only races --beside ../before/.venv/bin --seats 1 16'
"""


def _common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, help="a part of it")
    add("--rounds", type=int, default=15)
    add("--quick", action="store_true", help="tiny feeds, one round: does it work?")
    add("--folder", type=Path, help="where the repositories are made, such as /dev/shm")
    add("--json", type=Path, metavar="FILE", help="write every single value there")
    add(
        "--docs", type=Path, metavar="FOLDER", help="write figures into the pages there"
    )


def _costs(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--claims", type=int, nargs="+", default=[0, 100, 1000], help="one feed each")
    add("--closed", type=int, default=100, help="closed items in every feed")
    add("--signed", type=int, default=500, help="commits of the large push")


def _contention(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--runs", type=int, default=5, help="of everything, interleaved")
    add("--seats", type=int, nargs="+", default=[1, 4, 16, 32], help="one race each")
    add("--each", type=int, default=20, help="posts of each seat in a race")
    add("--many", type=int, default=50, help="seats that reserve at once")
    add("--rivals", type=int, default=16, help="seats that want one thing")
    add("--large", type=int, default=500, help="posts of the push beside their claims")
    add("--transport", choices=_TRANSPORTS, default="path", help="the way to servers")
    add("--beside", type=Path, metavar="BIN", help="another fleetfeed's commands")
    add(
        "--arms",
        nargs="+",
        choices=arms.NAMES,
        default=[arms.BEFORE, arms.QUEUE],
        help="what races (and what the other parts compare)",
    )


def _scale(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    sizes, held = [1000, 100_000, 1_000_000], [0, 100, 1000, 5000]
    add("--posts", type=int, nargs="+", default=sizes, help="one size of feeds each")
    add(
        "--held", type=int, nargs="+", default=held, help="claims, a feed each per size"
    )
    add("--open", type=int, default=2000, help="open items of one more sealed feed")
    add(
        "--browsers", type=int, nargs="+", default=[1, 50], help="that follow the board"
    )
    add("--unsealed", action="store_true", help="leave the sealed feeds out")
    add("--cold", type=int, default=100_000, help="posts that a new memo is made of")
    add("--commits", type=int, default=100_000, help="of the history that is proven")
    add("--cache", type=Path, default=_CACHE, help="large feeds are kept there")


def _ledger(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--writers", type=int, default=64, help="on PostgreSQL at once")
    add("--processes", type=int, default=8, help="that they are threads of")
    add("--ready", type=int, default=1000, help="items that `next` is asked for")
    add("--pairs", type=int, default=300, help="claims at each size of --sizes")
    add("--sizes", type=int, nargs="+", default=[1000, 1_000_000], help="in posts")
    add("--fleet", type=int, default=1000, help="seats of the day")
    add("--day-in", type=float, default=1800, help="seconds that the day is pressed to")
    add("--of-day", type=float, default=1, help="how much of the day is played")


def _fleet(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--workers", type=int, default=20, help="seats of the fleet")
    add("--tickets", type=int, default=60, help="of its backlog")
    add("--work", type=float, default=10, help="seconds of work of one of them")
    add("--most", type=float, default=120, help="seconds that the backlog may take")
    works = [10.0, 30.0, 60.0]
    add("--works", type=float, nargs="+", default=works, help="where all are free")
    add("--apiece", type=int, default=2, help="tickets of a seat, where all are free")
    add("--longer", type=float, default=60, help="seconds of work in `long`")
    add("--turns", type=int, default=3, help="of everything, interleaved")


def _shrink(given: argparse.Namespace) -> None:
    given.rounds, given.shrunk = 1, 200
    given.claims, given.closed = [3], 2
    given.signed = 3
    given.runs, given.seats, given.each = 1, [1, 2], 1
    given.many, given.rivals, given.large = 3, 2, 3
    given.posts, given.held, given.open = [60], [0, 3], 2
    given.cold, given.commits, given.browsers = 60, 20, [1, 2]
    given.writers, given.processes, given.ready, given.pairs = 4, 2, 8, 2
    given.sizes, given.fleet, given.day_in, given.of_day = [300, 600], 8, 60, 0.05
    given.workers, given.tickets, given.work, given.most = 3, 6, 0.4, 20
    given.works, given.apiece, given.turns, given.longer = [0.2], 1, 1, 0.6


def _contention_plan(given: argparse.Namespace) -> contention.Plan:
    return contention.Plan(
        tuple(part for part in contention.PARTS if part in given.only),
        given.runs,
        given.closed,
        tuple(sorted(given.seats)),
        given.each,
        given.many,
        given.rivals,
        given.large,
        tuple(given.arms),
        given.beside and given.beside.absolute(),
        _TRANSPORTS[given.transport],
    )


def _costs_plan(given: argparse.Namespace) -> costs.Plan:
    return costs.Plan(
        tuple(part for part in costs.PARTS if part in given.only),
        tuple(given.claims),
        given.closed,
        given.rounds,
        given.signed,
    )


def _scale_plan(given: argparse.Namespace) -> scale.Plan:
    return scale.Plan(
        tuple(sorted(given.posts)),
        tuple(sorted(given.held)),
        None if given.unsealed else given.open,
        given.cold,
        given.commits,
        given.rounds,
        given.cache.resolve(),
    )


def _board_plan(given: argparse.Namespace) -> board.Plan:
    held = sorted(given.held)[:3][-1]
    cache = given.cache.resolve()
    browsers = tuple(sorted(given.browsers))
    posts, sealed = tuple(sorted(given.posts)), not given.unsealed
    return board.Plan(posts, held, sealed, browsers, given.rounds, cache)


def _ledger_plan(given: argparse.Namespace) -> ledger.Plan:
    return ledger.Plan(
        tuple(part for part in ledger.PARTS if part in given.only),
        given.runs,
        given.closed,
        given.writers,
        given.processes,
        min(given.each, _MOST_EACH),
        given.ready,
        given.rivals,
        tuple(sorted(given.sizes)),
        given.pairs,
        given.fleet,
        given.day_in,
        given.of_day,
    )


def _fleet_plan(given: argparse.Namespace) -> fleet.Plan:
    return fleet.Plan(
        tuple(part for part in fleet.PARTS if part in given.only),
        given.turns,
        given.closed,
        given.workers,
        given.tickets,
        given.work,
        given.most,
        tuple(sorted(given.works)),
        given.apiece,
        given.longer,
    )


_MOST_EACH = 10
"""Posts of a writer, where 64 write: as many as git's 16 seats make."""
