"""When a clone last beat for what a seat holds, so that it need not ask what is due.

One small file for each seat, in git's folder that all worktrees share. Whoever posts as
the seat makes it stale (`stale`): what is held may be something else by then.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress

from fleetfeed.lease.heartbeat import apart
from fleetfeed.util.jsonfile import keep, kept
from fleetfeed.util.records import as_dict, field, record

_NAME = "beaten-"

_MONTH = 30 * 86400.0
"""Seconds after which nobody is thought to come back to what a seat once held."""


_QUICK = 0.3
"""Of the time between two beats, that after one that was not heard; see `hold`."""

_LONGEST = 60.0
"""Seconds: the most that the next try waits."""


@record
class LastBeat:
    """That an item showed at `at` (seconds of UTC) that its seat is alive.

    `every` are the seconds until that must be shown again, `tried` is when it was last
    tried, `turn` the turn that the last beat had. `moved` is when the last one that was
    heard had ended, 0 where beats take no turns.
    """

    epoch: int
    at: float
    every: float
    tried: float = 0.0
    turn: int = 0
    moved: float = 0.0

    def due(self, at_most_every: float, now: float) -> bool:
        """Whether another is to be sent at `now`: not yet again where one just was."""
        return self.left(at_most_every, now) <= 0

    def left(self, at_most_every: float, now: float) -> float:
        """The seconds from `now` until another is to be sent; 0 where that is now."""
        shown = _left(self.at, min(at_most_every, self.every), now)
        tried = _left(self.tried, self.pause, now)
        return max(shown, tried, self.rests(now))

    @property
    def pause(self) -> float:
        """The seconds after one that was not heard."""
        return min(self.every * _QUICK, _LONGEST)

    def rests(self, now: float) -> float:
        """The seconds from `now` for which none is sent: it might hide the last one."""
        return _left(self.moved, apart(self.every), now)


def _left(at: float, seconds: float, now: float) -> float:
    """What is left at `now` of the `seconds` from `at` on; 0 where they are over.

    A time to come says that the clock was set back: nothing is known by it.
    """
    return at + seconds - now if 0 <= now - at < seconds else 0.0


@record
class BeatMemory:
    """The last beats by item, and when the remote was `asked` what is held."""

    beats: Mapping[str, LastBeat] = field(default_factory=dict)
    asked: float = 0.0

    def due(self, at_most_every: float, now: float) -> bool:
        """Whether anything is to be done at `now`."""
        beats = self.beats.values()
        if any(beat.due(at_most_every, now) for beat in beats):
            return True
        # While beats rest, nobody hears by one that an item is lost.
        unsure = not beats or any(beat.rests(now) > 0 for beat in beats)
        return unsure and _left(self.asked, at_most_every, now) <= 0


def memory_file(common_folder: str, seat: str) -> str:
    """The file for `seat` in git's shared folder."""
    name = seat.casefold().replace("/", "~")
    return os.path.join(common_folder, "fleetfeed", f"{_NAME}{name}.json")


def remembered(file: str) -> tuple[BeatMemory, bool]:
    """What `file` says, and whether it is stale: then more may be held, or less."""
    try:
        told = kept(file)
        beats = {str(i): LastBeat(**b) for i, b in told["beats"].items()}
        return BeatMemory(beats, float(told["asked"])), bool(made_stale(file))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return BeatMemory(), True


def made_stale(file: str) -> int:
    """When `file` was last made stale, in nanoseconds of UTC; 0 where it is not."""
    with suppress(OSError):
        found = os.stat(file)
        return found.st_ctime_ns if found.st_mtime == 0 else 0
    return 0


def remember(file: str, memory: BeatMemory) -> None:
    """Replace what `file` says; what nobody has come back to for a month goes."""
    beats = {item: as_dict(beat) for item, beat in memory.beats.items()}
    keep(file, {"beats": beats, "asked": memory.asked})
    with suppress(OSError), os.scandir(os.path.dirname(file)) as found:
        for other in found:
            old = time.time() - other.stat().st_ctime > _MONTH
            if old and other.name.startswith(_NAME):
                os.unlink(other.path)


def none_due(common_folder: str, seat: str, at_most_every: float) -> bool:
    """Whether the clone knows that no beat of `seat` is due: nobody need be asked."""
    memory, is_stale = remembered(memory_file(common_folder, seat))
    return not is_stale and not memory.due(at_most_every, time.time())


def stale(common_folder: str, seat: str) -> None:
    """Let the next one look again what `seat` holds; nothing where nobody beats."""
    with suppress(OSError):
        os.utime(memory_file(common_folder, seat), (0, 0))
