"""The process that keeps one item: `python -m fleetfeed.hold.keeper`.

It has a session of its own, so that nothing that ends a terminal, or the one command
that began it, ends it. It beats until whom it serves is gone, the item is not held any
more as it was, its lease is over unheard, or it is told to end; nothing else.

It is handed a locked file (see `kept`), and what to keep as JSON on standard input. It
says `kept` on standard output once it beats, or what is wrong.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from fleetfeed.git.process import Git, end_those_under_way
from fleetfeed.hold.beat_loop import HeartbeatLoop
from fleetfeed.hold.kept import Keeper, holding_of
from fleetfeed.hold.serving import Process, looked_up_at_once, process
from fleetfeed.lease.lease import lease_of
from fleetfeed.model.errors import CannotTell, FleetfeedError
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record
from fleetfeed.writing.beating import heart, known_feed, signed_by

READY = "kept"
"""What it says when it has begun."""

ENOUGH = 0
"""The exit code when there is nothing to keep any more."""

_STEP = 1.0
"""Seconds between two looks at whom it serves."""

_SELDOM = 10
"""Of so many looks one asks ps(1), where there is no proc(5)."""


class Stopped(Exception):
    """It was told to end."""


@record
class Orders:
    """What is to be kept, in the repository at `folder`, and for whom.

    `sent` is when its last sign of life was sent, by the boot clock.
    """

    folder: str
    item: str
    seat: str
    holding: str
    sent: float
    serves: Process


class Serving:
    """What the beats are for: whoever is served, at work on the item."""

    def __init__(self, orders: Orders, repo: Repo, file: str) -> None:
        self._orders, self._repo, self._file = orders, repo, Path(file)
        self._seen, self._looks = self._touched(), 0

    def wait(self, seconds: float) -> int | None:
        """Wait; ENOUGH where nobody is served any more, or nothing is held."""
        time.sleep(max(0.0, min(seconds, _STEP)))
        if not self._is_served():
            return ENOUGH
        touched = self._touched()
        if touched == self._seen:
            return None
        self._seen = touched
        return None if self._is_held() else ENOUGH

    def _is_served(self) -> bool:
        """Whether whom it serves is there: where that is dear, seldom all of it."""
        served, self._looks = self._orders.serves, self._looks + 1
        if looked_up_at_once() or self._looks % _SELDOM == 0:
            return served.lives
        return served.is_there

    def good_until(self, over: float) -> None:
        """It is not for us to end whom we serve."""

    def stop(self) -> str:
        """The same: a loss is told by the next command on the item."""
        return ""

    def over(self) -> None:
        """Nothing is left at work."""

    def _touched(self) -> int:
        """When somebody last said that the item may be held no more."""
        with suppress(OSError):
            return self._file.stat().st_mtime_ns
        return 0

    def _is_held(self) -> bool:
        """Whether the item is held as it was, as far as this clone knows."""
        with suppress(CannotTell):
            feed = known_feed(Repo(self._repo.git)).snapshot
            return holding_of(feed.item(self._orders.item)) == self._orders.holding
        return True


def keep(orders: Orders, file: str) -> None:
    """Beat as is ordered; whoever waits is told READY when it has begun."""
    repo = Repo(Git(orders.folder))
    feed = known_feed(repo).snapshot
    item = feed.item(orders.item)
    if holding_of(item) != orders.holding:
        raise CannotTell(f"{orders.item} has changed hands since; nothing is kept")
    beat = heart(repo, feed, item, partial(signed_by, orders.seat)).beat
    loop = HeartbeatLoop(beat, lease_of(item, feed.rules))
    _say(READY)
    loop.until_end(Serving(orders, repo, file), orders.sent)


def _say(text: str) -> None:
    """Tell whoever has begun us, who does not listen any more after that."""
    print(text, flush=True)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _end(signum: int, frame: object) -> None:
    del signum, frame
    raise Stopped


def main(opened: int, file: str) -> None:
    """Keep what is ordered on standard input; `opened` is the locked `file`."""
    os.set_inheritable(opened, False)  # the lock is ours, and no git's
    told = json.load(sys.stdin)
    orders = Orders(**{**told, "serves": Process(**told["serves"])})
    own = process(os.getpid()) or Process(os.getpid(), "")
    keeper = Keeper(orders.item, orders.seat, orders.holding, own, orders.serves)
    os.truncate(opened, 0)
    os.pwrite(opened, json.dumps(keeper.text).encode(), 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        keep(orders, file)
    except Stopped:
        pass
    except FleetfeedError as error:
        _say(str(error))  # to nobody, once it has begun
    finally:
        end_those_under_way()
        Path(file).unlink(missing_ok=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
