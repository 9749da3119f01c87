"""The command line of the torture."""

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.starting import FLEETFEED

from torture.worlds import MODES, TRANSPORTS, WAYS, World, chosen, worlds

_ABOUT = (
    "Real commands on real servers that break, recorded and checked: docs/torture.md."
)
_EXAMPLE = """\
examples:
  make torture MINUTES=30
  make torture TORTURE='--transport path,postgres --way queue --identity none --seed 7'
  python -m torture check build/torture/…/history.jsonl
"""
_KEPT = Path(__file__).parents[2] / "build/torture"
_SHORT, _LONG = 20.0, 90.0
"""Seconds of one world: in a short torture, and in a long one."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which worlds, how long each of them in seconds, and where things go."""

    worlds: list[World]
    seconds: float
    seats: int
    seed: int
    faults: bool
    folder: Path | None
    kept: Path
    program: str
    check: Path | None


def read(argv: Sequence[str] | None) -> Options:
    """The options in `argv`, or in the process's own arguments."""
    parser = argparse.ArgumentParser(
        prog="make torture",
        description=_ABOUT,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", nargs="?", choices=["run", "check"], default="run")
    add("file", nargs="?", type=Path, help="a history that is to be checked again")
    add("--minutes", type=float, default=1.0)
    add(
        "--transport", type=_some(TRANSPORTS), default=TRANSPORTS, help=_all(TRANSPORTS)
    )
    add("--way", type=_some(WAYS), default=WAYS, help=_all(WAYS))
    add("--identity", type=_some(MODES), default=MODES, help=_all(MODES))
    add(
        "--seed", type=int, help="of the same chances; what meets whom is the machine's"
    )
    add("--seats", type=int, default=6, help="in each world")
    add("--calm", action="store_true", help="break nothing, and kill nobody")
    add("--folder", type=Path, help="where servers and clones are, such as /dev/shm")
    add("--keep", type=Path, default=_KEPT, help="where histories are kept")
    add("--no-hooks", action="store_true", help="only worlds whose server has none")
    add("--program", default=FLEETFEED, help="whose main is run: tests plant a bad one")
    given = parser.parse_args(argv)
    if (given.what == "check") != (given.file is not None):
        parser.error("`check` wants a FILE, and `run` takes none")
    seed = (
        random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
    )
    every = worlds(given.transport, given.way, given.identity)
    every = [world for world in every if not (given.no_hooks and world.hooks)]
    if not every:
        parser.error("there is no such world")
    total = given.minutes * 60
    each = min(_LONG, max(_SHORT, total / len(TRANSPORTS)))
    number = max(1, round(total / each))
    return Options(
        chosen(every, number, random.Random(seed)),  # noqa: S311 - no secret
        total / number,
        given.seats,
        seed,
        not given.calm,
        given.folder,
        given.keep.resolve(),
        given.program,
        given.file,
    )


def _all(names: Sequence[str]) -> str:
    return f"some of {','.join(names)}"


def _some(names: Sequence[str]) -> Callable[[str], list[str]]:
    def of(text: str) -> list[str]:
        wrong = [name for name in text.split(",") if name not in names]
        if wrong:
            raise argparse.ArgumentTypeError(
                f"{wrong[0]} is none of {', '.join(names)}"
            )
        return text.split(",")

    return of
