"""What `make test` leaves to `make further`: near relatives of what it does run.

Every change runs every kind of test at a small size, in under five minutes; CI runs
these as well, so nothing that is here goes untested. `tests/further.txt` has a line for
each: a test's file and function, and `%N` where every N-th row of its table stays.
"""

import re
from pathlib import Path

import pytest

_FILE = Path(__file__).parent.parent / "further.txt"
_LINE = re.compile(r"(\S+\.py)::(\w+)(?: %(\d+))?")


def listed() -> dict[tuple[str, str], int]:
    """By file and function: of how many rows one stays (0: none)."""
    found: dict[tuple[str, str], int] = {}
    for line in _FILE.read_text().splitlines():
        if line and not line.startswith("#"):
            match = _LINE.fullmatch(line)
            assert match, f"{_FILE}: {line}"
            found[match[1], match[2]] = int(match[3] or 0)
    return found


class Further:
    """Which tests are left out, as they are looked at in their order."""

    def __init__(self, tests: Path) -> None:
        """As `further.txt` says of the files below `tests`."""
        self._tests, self._every = tests, listed()
        self._seen: dict[tuple[str, str], int] = {}

    def leaves_out(self, item: pytest.Item, share: str) -> bool:
        """Whether `item` is not in this share: `first`, `further`, or (empty) both."""
        file = item.path.relative_to(self._tests).as_posix()
        at = file, getattr(item, "originalname", item.name)
        every = self._every.get(at)
        row = self._seen[at] = self._seen.get(at, -1) + 1
        further = every is not None and (not every or row % every != 0)
        return bool(share) and further != (share == "further")
