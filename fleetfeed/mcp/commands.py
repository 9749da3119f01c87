"""Commands in processes of their own, each for one call.

The command decides, and its answer is the call's: here nothing is judged. A crash ends
one call, a call that is cancelled its command, and memory is what one answer takes.
"""

import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from subprocess import PIPE
from typing import Any

import anyio
from anyio.abc import ByteReceiveStream, Process

from fleetfeed.mcp.child import PATIENCE
from fleetfeed.mcp.tools import Kind
from fleetfeed.report.envelope import envelope
from fleetfeed.util.printable import printable

Json = dict[str, Any]
Told = Callable[[float, str], Awaitable[None]]
"""Called with the seconds that a command has run, and with what it says it does."""

Around = Callable[[], Mapping[str, str]]
"""Called before a command starts: variables beside those of the server."""

_MOST = 32 << 20
"""Bytes of an answer: ten thousand open items are a third of it."""

_EVERY = 5.0
"""Seconds after which whoever waits hears again that the command is at work."""

_LONGER = 2.0
"""Seconds beyond the child's own patience, until it is killed from here."""

_BLINK = 0.2
"""Seconds for last words; what a command has started may keep standard error open."""

_LAST_WORDS = 4096
"""Bytes of standard error that are kept."""


class Commands:
    """Runs commands: those that write one after another, all others at once.

    Two writes of one seat in one clone would only race each other for the feed's tip,
    and who sends a claim and a `done` behind it means that order. What waits has no
    place in it: that may take hours.
    """

    def __init__(self, around: Around, at_once: int = 8, waiting: int = 64) -> None:
        """At most so many run `at_once`, and so many are `waiting` beside them."""
        self._around = around
        self._turns = {
            Kind.READS: anyio.CapacityLimiter(at_once),
            Kind.WRITES: anyio.CapacityLimiter(1),
            Kind.BESIDE: anyio.CapacityLimiter(waiting),
        }

    async def run(self, words: tuple[str, ...], kind: Kind, told: Told) -> Json:
        """The answer of `fleetfeed WORDS`, which ask for JSON; there is always one.

        Cancelled, it ends when the command has ended.
        """
        async with self._turns[kind]:
            return await _Run(words, self._around(), told).answer()


class _Run:
    """One command at work."""

    def __init__(
        self, words: tuple[str, ...], around: Mapping[str, str], told: Told
    ) -> None:
        """Nothing has begun yet."""
        self._words, self._told = words, told
        self._environment = {**os.environ, **around}
        self._last_words = b""
        self._heard, self._silent = anyio.Event(), anyio.Event()

    async def answer(self) -> Json:
        """Its answer; see `Commands.run`."""
        process = await _start(self._words[0], self._environment)
        try:
            printed = await self._printed(process)
            if len(printed) > _MOST:
                why = f"the answer has more than {_MOST >> 20} MiB; ask for less"
                return envelope("cannot tell", 3, message=why)
            code = await process.wait()
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)
        with suppress(ValueError):
            found = json.loads(printed)
            if isinstance(found, dict) and "answer" in found:
                return found
        return self._without_answer(code)

    async def _printed(self, process: Process) -> bytes:
        """Give the command its words; what it prints, up to where it is too much."""
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise TypeError(process)
        with suppress(anyio.BrokenResourceError, OSError):  # gone, as is seen below
            await process.stdin.send(json.dumps(self._words).encode() + b"\n")
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._listen, process.stderr)
            beside.start_soon(self._tell)
            printed = await _all_of(process.stdout)
            with anyio.move_on_after(_BLINK):
                await self._silent.wait()
            beside.cancel_scope.cancel()
        return printed

    async def _listen(self, stream: ByteReceiveStream) -> None:
        """Keep what is said last."""
        with suppress(anyio.EndOfStream):
            while True:
                said = self._last_words + await stream.receive()
                self._last_words = said[-_LAST_WORDS:]
                self._heard.set()
        self._silent.set()

    async def _tell(self) -> None:
        """Tell of the last line as it comes, and now and then again."""
        begun = anyio.current_time()
        while True:
            with anyio.move_on_after(_EVERY):
                await self._heard.wait()
            self._heard = anyio.Event()
            await self._told(anyio.current_time() - begun, self._said or "at work")

    @property
    def _said(self) -> str:
        lines = self._last_words.decode("utf-8", "replace").split("\n")
        return printable(next(filter(None, map(str.strip, reversed(lines))), ""), 400)

    def _without_answer(self, code: int) -> Json:
        how = f"by signal {-code}" if code < 0 else f"with {code}"
        said = f": {self._said}" if self._said else ""
        message = f"`fleetfeed {self._words[0]}` ended {how}, without an answer{said}"
        todo = "`show` tells what became of an item; a call with the same op repeats it"
        return envelope("cannot tell", 3, message=f"{message}; {todo}")


async def _start(verb: str, environment: Mapping[str, str]) -> Process:
    """The process of a command, which waits for its words.

    It is in a session of its own: there is no terminal on which git could ask for a
    password.
    """
    return await anyio.open_process(
        (sys.executable, "-P", "-m", "fleetfeed.mcp.child", verb),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
        start_new_session=True,
    )


async def _all_of(stream: ByteReceiveStream) -> bytes:
    read = bytearray()
    with suppress(anyio.EndOfStream):
        while len(read) <= _MOST:
            read += await stream.receive()
    return bytes(read)


async def _end(process: Process) -> None:
    """Let go of the command, which is interrupted by that, and wait for its end."""
    with anyio.move_on_after(PATIENCE + _LONGER) as scope:
        await process.aclose()
    if scope.cancelled_caught:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
