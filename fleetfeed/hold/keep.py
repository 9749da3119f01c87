"""A keeper begun, and ended: what beats for an item beside who works on it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from fleetfeed.git.process import Git
from fleetfeed.hold.guard import strike
from fleetfeed.hold.keeper import READY, Orders
from fleetfeed.hold.kept import Keeper, keeper_of, locked
from fleetfeed.hold.serving import process
from fleetfeed.model.errors import CannotTell
from fleetfeed.util.printable import printable
from fleetfeed.util.records import as_dict
from fleetfeed.writing.kept_file import kept_file

_BEGIN = 30.0
"""Seconds that a keeper may take to begin: a slow machine reads Python's files."""

_ENDS = 10.0
"""Seconds that one may take to end, when it is told to."""

_KILLED = 2.0
"""Seconds until one that was killed is gone."""

_LOOK = 0.02


def begin(git: Git, common_folder: str, orders: Orders) -> tuple[Keeper, bool]:
    """Have a process keep what is ordered: who keeps it, and whether it is new.

    `git` is that of the repository: the process has the same environment.

    One that keeps the same holding for somebody who lives stays; another one is ended
    first. CannotTell where none could be begun.
    """
    file = kept_file(common_folder, orders.item)
    until = time.monotonic() + _BEGIN
    while time.monotonic() < until:
        there = keeper_of(file)
        if there and _does(there, orders):
            return there, False
        if there:
            end(common_folder, there)
        opened = locked(file)
        if opened is not None:
            try:
                return _begun(git, opened, file, orders), True
            finally:
                os.close(opened)
        time.sleep(_LOOK)
    raise CannotTell(f"another process has {printable(file)}; try again")


def _does(keeper: Keeper, orders: Orders) -> bool:
    """Whether that is what is ordered."""
    same = (keeper.seat.casefold(), keeper.holding)
    return same == (orders.seat.casefold(), orders.holding) and keeper.serves.lives


def _begun(git: Git, opened: int, file: str, orders: Orders) -> Keeper:
    # `-P`: a module that lies in somebody's work tree is not ours.
    command = (sys.executable, "-P", "-m", "fleetfeed.hold.keeper", str(opened), file)
    started = subprocess.Popen(
        command,
        cwd=orders.folder,
        env=dict(git.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(opened,),
        start_new_session=True,
    )
    told = {**as_dict(orders), "serves": as_dict(orders.serves)}
    line = _answer(started, json.dumps(told).encode())
    found = process(started.pid)
    if line != READY or found is None:
        started.kill()
        started.wait()
        why = printable(line, 400) or "its process ended at once"
        raise CannotTell(f"{orders.item} could not be kept: {why}")
    started.returncode = 0  # it goes on without us
    return Keeper(orders.item, orders.seat, orders.holding, found, orders.serves)


def _answer(started: "subprocess.Popen[bytes]", orders: bytes) -> str:
    """READY, or the last line of what a process says that was given `orders`."""
    line = b""
    if started.stdin and started.stdout:
        with suppress(BrokenPipeError), started.stdin as to:
            to.write(orders)
        with started.stdout as said:
            for line in said:
                if line.decode("utf-8", "replace").strip() == READY:
                    break
    return line.decode("utf-8", "replace").strip()


def end(common_folder: str, keeper: Keeper) -> None:
    """End a keeper, and wait for that. CannotTell where it does not end."""
    file, process = kept_file(common_folder, keeper.item), keeper.process
    for signum, seconds in ((signal.SIGTERM, _ENDS), (signal.SIGKILL, _KILLED)):
        until = time.monotonic() + seconds
        if process.lives:
            strike(process.pid, signum, alone=False)
        while process.lives and time.monotonic() < until:
            time.sleep(_LOOK)
    if process.lives:
        who = f"process {process.pid} goes on keeping {keeper.item}"
        raise CannotTell(f"{who}; `kill -9 {process.pid}` by whose it is ends it")
    if keeper_of(file) is None:
        Path(file).unlink(missing_ok=True)
