"""An agent: the SDK's own client, and a server that it has started in a clone."""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psutil
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult

from harness.answers import document
from harness.repo import Repo

Said = list[tuple[float, str | None]]
"""What was told of a call that runs: seconds, and what it is at."""


@dataclass(slots=True)
class Agent:
    """A client at its server, asked from a test's own thread."""

    client: Client
    server: psutil.Process
    _portal: BlockingPortal = field(repr=False)

    @classmethod
    @contextmanager
    def at(cls, repo: Repo, mode: str = "auto", **env: str) -> Iterator["Agent"]:
        """An agent whose server runs in `repo`, under its environment and `env`."""
        around = {**repo.environment, **env}
        start = StdioServerParameters(
            command=sys.executable,
            args=["-P", "-m", "fleetfeed", "mcp"],
            env=around,
            cwd=repo.folder,
        )
        before, failed = set(psutil.Process().children()), None
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(Client(start, mode=mode)) as client,
        ):
            (server,) = (p for p in psutil.Process().children() if p not in before)
            try:
                yield cls(client, server, portal)
            except Exception as error:  # noqa: BLE001 - raised below, as it is
                failed = error
        if failed is not None:
            raise failed

    def begin(
        self, tool: str, said: Said | None = None, **arguments: Any
    ) -> "Future[CallToolResult]":
        """Begin a call; `said` gets what is told of it meanwhile."""

        async def hear(
            progress: float, total: float | None, message: str | None
        ) -> None:
            assert total is None
            if said is not None:
                said.append((progress, message))

        async def call() -> CallToolResult:
            return await self.client.call_tool(tool, arguments, progress_callback=hear)

        return self._portal.start_task_soon(call)

    def result(self, tool: str, **arguments: Any) -> CallToolResult:
        """The result of a call."""
        return self.begin(tool, **arguments).result(60)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call, which must be one by the schema."""
        return answer(self.result(tool, **arguments))

    def ask(self, function: Callable[..., Any], *args: object) -> Any:
        """What a method of the client's comes to."""
        return self._portal.call(function, *args)

    @property
    def at_work(self) -> list[psutil.Process]:
        """The commands that the server runs now, and what they have started."""
        with suppress(psutil.NoSuchProcess):
            found: list[psutil.Process] = self.server.children(recursive=True)
            return found
        return []

    def until_at_work(self) -> psutil.Process:
        """Wait until a command has started something; the process of that."""
        found: psutil.Process = until(lambda: self.at_work[1:])[0]
        return found


def until(found: Callable[[], Any]) -> Any:
    """What is `found`, as soon as there is something."""
    for _ in range(3000):
        if there := found():
            return there
        time.sleep(0.01)
    raise AssertionError("it never was")


def gone(*processes: psutil.Process) -> None:
    """Wait until those processes have ended."""
    until(lambda: not any(p.is_running() and p.status() != "zombie" for p in processes))


def answer(result: CallToolResult) -> dict[str, Any]:
    """The document of a result, which must be one by the schema of all answers."""
    found = document(json.dumps(result.structured_content))
    assert result.is_error == (found["code"] not in (0, 1, 4))
    (text,) = result.content
    assert text.type == "text"
    assert text.text.startswith(found["answer"])
    return found


def kill(process: psutil.Process) -> None:
    """End a process as nobody can help."""
    os.kill(process.pid, signal.SIGKILL)


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what two runs of one command differ in: ids and times."""
    return {key: _plain(key, value) for key, value in found.items()}


_NOTE = re.compile(r"/\d{4}/\d\d/\d{8}T\d{6}Z-\S+-\w+(?=\.yaml)")
_ITS_OWN = {
    "op", "commit", "at", "age", "left", "last_sign", "since", "retry_after", "AT", "OP",
    "pid", "serves",
}  # fmt: skip


def _plain(key: str, value: object) -> object:
    if key in _ITS_OWN and value is not None:
        return f"<{key}>"
    if isinstance(value, dict):
        return {k: _plain(k, v) for k, v in value.items()}
    if isinstance(value, str):
        return _NOTE.sub("/<note>", value)
    return [_plain(key, each) for each in value] if isinstance(value, list) else value
