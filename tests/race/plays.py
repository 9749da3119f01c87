"""The races: what is there before, and the commands that start at one moment.

Each play is given an arena, how many take part, and the program that they run; it
answers with what everyone was told.
"""

from harness import claim, post
from harness.starting import FLEETFEED
from race.arena import Arena
from race.oracle_answers import Told

# One surface, however a seat spells it.
SPELLINGS = ("CAMBER:page:home_a/b", "camber:Page:home-a:b", "CAMBER:page:home-a/b")
SURFACE = SPELLINGS[0]
ITEM = "CMB-0001"
LEFT, RIGHT = "CAMBER:page:left", "CAMBER:page:right"
LONG_AGO = "2026-01-01T00:00:00Z"

_PROOF = ("--proof", "nobody else works on it")


def _seat(number: int) -> str:
    return f"CAMBER-{number:02d}"


def _raced(arena: Arena, commands: list[tuple[str, str, tuple[str, ...]]], program):
    """Start all commands (a clone, a seat, arguments); every other asks for JSON."""
    starts = [
        arena.start(
            clone, seat, *args, *(("--json",) if n % 2 else ()), program=program
        )
        for n, (clone, seat, args) in enumerate(commands)
    ]
    seats = [seat for _, seat, _ in commands]
    ended = arena.run(starts)
    return [Told(seat, each) for seat, each in zip(seats, ended, strict=True)]


def _each(arena: Arena, crowd: int, program, args):
    """A command of `args(number)` for each of `crowd` seats, in clones of their own."""
    rows = [(_seat(n), _seat(n), args(n)) for n in range(crowd)]
    return _raced(arena, rows, program)


def one_surface(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """Seats claim one surface, each through an item of its own."""

    def args(number):
        spelt = SPELLINGS[number % len(SPELLINGS)]
        new = ("claim", "--new", "CMB", "--surface", spelt, *_PROOF)
        return (*new, "--subject", f"work of {_seat(number)}")

    return _each(arena, crowd, program, args)


def _one_waits(arena: Arena) -> None:
    arena.file({ITEM: post(surface_key=SURFACE, no_overlap_proof=_PROOF[1])})


def one_item(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """Seats claim one item."""
    _one_waits(arena)
    return _each(arena, crowd, program, lambda _: ("claim", ITEM))


def one_seats_item(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """One seat claims an item by many commands, in clones of their own."""
    _one_waits(arena)
    rows = [(f"{n}", "ORA-02", ("claim", ITEM)) for n in range(crowd)]
    return _raced(arena, rows, program)


def one_clones_item(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """One seat claims an item by many commands, all in one clone."""
    _one_waits(arena)
    return _raced(arena, [("one", "ORA-02", ("claim", ITEM))] * crowd, program)


def one_seats_surface(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """One seat claims a surface by many commands, all in one clone."""
    new = ("claim", "--new", "CMB", "--surface", SURFACE, *_PROOF, "--subject", "work")
    return _raced(arena, [("one", "ORA-02", new)] * crowd, program)


def numbers(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """Seats reserve a number of one prefix, each for a surface of its own."""

    def args(number):
        surface = f"CAMBER:page:of-{number}"
        return ("reserve", "CMB", "--surface", surface, *_PROOF, "--subject", surface)

    return _each(arena, crowd, program, args)


# In the order in which they are to be handed out: by priority (50 where none is
# given), then the oldest, then the lowest number.
QUEUE = (
    ("CMB-0007", "0", "2026-01-02"),
    ("CMB-0003", "10", "2026-01-02"),
    ("CMB-0008", "10", "2026-01-03"),
    ("CMB-0005", "49", "2026-01-09"),
    ("CMB-0002", None, "2026-01-02"),
    ("CMB-0004", "50", "2026-01-02"),
    ("CMB-0001", None, "2026-01-03"),
    ("CMB-0006", "99", "2026-01-01"),
)


def queue(arena: Arena, crowd: int, program: str = FLEETFEED) -> list[Told]:
    """Seats ask for the next ready item. There are eight, or half as many as seats."""
    arena.file(
        {
            item: post(
                item=item,
                at=f"{day}T00:00:00Z",
                priority=priority,
                surface_key=f"CAMBER:page:{item}",
                no_overlap_proof=_PROOF[1],
            )
            for item, priority, day in sorted(QUEUE[: crowd // 2])
        }
    )
    return _each(arena, crowd, program, lambda _: ("next",))


def _two_hold(arena: Arena) -> None:
    arena.file(
        {
            "CMB-0001": claim("CMB-0001", LEFT, seat="CAMBER-01", at=LONG_AGO),
            "CMB-0002": claim("CMB-0002", RIGHT, seat="CAMBER-02", at=LONG_AGO),
        }
    )


def _moved(item: str, surface: str) -> tuple[str, ...]:
    return ("append", item, "--state", "IN_PROGRESS", "--surface", surface, *_PROOF)


def _swapped(arena: Arena) -> tuple[str, ...]:
    """The command that moves both in one commit."""
    pairs = (("CMB-0001", RIGHT, "CAMBER-01"), ("CMB-0002", LEFT, "CAMBER-02"))
    files = []
    for item, surface, seat in pairs:
        files.append(arena.folder / f"{item}.yaml")
        files[-1].write_text(claim(item, surface, seat=seat, subject=None))
    return ("append", *(part for file in files for part in ("--post", str(file))))


_MOVES = (
    ("left", "CAMBER-01", _moved("CMB-0001", RIGHT)),
    ("right", "CAMBER-02", _moved("CMB-0002", LEFT)),
)


def two_moves(arena: Arena, program: str = FLEETFEED) -> list[Told]:
    """Each of two seats moves to the surface that the other one holds."""
    _two_hold(arena)
    return _raced(arena, list(_MOVES), program)


def one_swap(arena: Arena, program: str = FLEETFEED) -> list[Told]:
    """One commit moves both."""
    return _raced(arena, [("left", "CAMBER-01", _swapped(arena))], program)


def _wants() -> list[tuple[str, str, tuple[str, ...]]]:
    """Two more seats, each of which wants one of the surfaces."""
    new = ("claim", "--new", "CMB", *_PROOF, "--subject", "work", "--surface")
    pairs = (("CAMBER-03", LEFT), ("CAMBER-04", RIGHT))
    return [(seat, seat, (*new, surface)) for seat, surface in pairs]


def two_claims(arena: Arena, program: str = FLEETFEED) -> list[Told]:
    """Two more seats claim what the two hold, the left one and the right one."""
    return _raced(arena, _wants(), program)


def moves_and_swaps(arena: Arena, program: str = FLEETFEED) -> list[Told]:
    """Both single moves, a swap by each of the two, and two seats that want a surface."""
    _two_hold(arena)
    swap = _swapped(arena)
    swaps = [("left-2", "CAMBER-01", swap), ("right-2", "CAMBER-02", swap)]
    return _raced(arena, [*swaps, *_MOVES, *_wants()], program)
