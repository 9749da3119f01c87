"""The file by which a clone knows who keeps an item: locked for as long as they do.

It lies in git's folder that all worktrees share. The lock goes with its process, so
that none is thought to be there that is not; the file says whom that one serves.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fleetfeed.hold.serving import Process
from fleetfeed.model import names
from fleetfeed.model.item import Item
from fleetfeed.util.jsonfile import kept
from fleetfeed.util.records import as_dict, record
from fleetfeed.writing.kept_file import NAME

_BEGINS = 5.0
"""Seconds in which whoever has the lock has said who they are."""

_LOOK = 0.02


@record
class Keeper:
    """That `process` beats for an item of `seat`, for as long as `serves` lives.

    `holding` tells the present holding of the item from others.
    """

    item: str
    seat: str
    holding: str
    process: Process
    serves: Process

    @property
    def text(self) -> dict[str, object]:
        """As it stands in the file."""
        process, serves = as_dict(self.process), as_dict(self.serves)
        return {**as_dict(self), "process": process, "serves": serves}


def holding_of(item: Item) -> str:
    """What tells a holding of an item, or place in line, from all others."""
    state = item.state.value if item.state else "-"
    return (
        f"{state} {item.epoch} {item.turn} {item.op or '-'} {item.beating.casefold()}"
    )


def locked(file: str) -> int | None:
    """The file, opened and locked; None where another process has the lock."""
    Path(file).parent.mkdir(exist_ok=True)
    while True:
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have taken the file away as they let go.
            if os.path.samestat(os.fstat(opened), Path(file).stat()):
                return opened
        except BlockingIOError:
            os.close(opened)
            return None
        except FileNotFoundError:
            pass
        os.close(opened)


def keeper_of(file: str) -> Keeper | None:
    """Who has the lock of `file`; None where nobody has, or says who they are."""
    until = time.monotonic() + _BEGINS
    while Path(file).exists() and time.monotonic() < until:
        opened = locked(file)
        if opened is not None:
            Path(file).unlink(missing_ok=True)
            os.close(opened)
            return None
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = kept(file)
            process, serves = Process(**told["process"]), Process(**told["serves"])
            if process.lives:  # else the next one has it, and has not said so yet
                return Keeper(**{**told, "process": process, "serves": serves})
        time.sleep(_LOOK)
    return None


def keepers(common_folder: str) -> Iterator[Keeper]:
    """All who keep something in this clone, by their items."""
    files = Path(common_folder, "fleetfeed").glob(f"{NAME}*.json")
    by_item = {file.stem.removeprefix(NAME): str(file) for file in files}
    for item in sorted(filter(names.parse, by_item), key=names.in_order):
        found = keeper_of(by_item[item])
        if found:
            yield found
