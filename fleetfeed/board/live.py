"""The live page as an application: one page, and events that say what has changed.

It reads, and nothing else: there is one page, one stream and one picture, and no file
is looked for by what a request says. Who it is asked by must name a host that it is
served at, so that a stranger's page cannot have its name lead here. A browser has no
queue: it is told what is another than what it was sent last, when it has read that.
"""

import asyncio
import ipaddress
import json
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from fleetfeed.board.changes import changes, sentence
from fleetfeed.board.following import Seen
from fleetfeed.board.page import LivePage
from fleetfeed.board.pieces import Pieces, changed, pieces
from fleetfeed.util.crashlog import report_crash
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_STREAMS = 64
"""Browsers that follow at the same time; the next one is told to come again."""

_TOLD = 5.0
"""Seconds until one that has nothing to be told is told that."""

_KEPT = 8
"""Boards that are kept, for browsers that were away for a moment."""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect width="16" height="16" rx="3" fill="#1b1f23"/>'
    '<circle cx="5.2" cy="8" r="2.6" fill="#7db4f2"/>'
    '<circle cx="11" cy="8" r="2" fill="none" stroke="#f6f5f1" stroke-width="1.2"/>'
    "</svg>"
)

_STREAM = ("content-type", "text/event-stream; charset=utf-8")

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@record
class State:
    """A board as it is sent: its pieces, and what browsers were told of it."""

    seen: Seen
    pieces: Pieces
    told: dict[str, bytes]
    """By the version that a browser has, what it is told to have this one."""


class Hub:
    """What all browsers are told; `put` is called by the one thread that asks."""

    def __init__(self, seen: Seen) -> None:
        """The first board. Usage where Jinja2 is not installed."""
        self.page = LivePage()
        self._begun = secrets.token_hex(4)
        self.state = self._state(seen, None)
        self.seen, self.closed = seen, False
        self._kept = {self.state.pieces.version: self.state}
        self._moved = asyncio.Event()
        self._page = ("", b"")
        self._page_lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """From now on browsers are told, in the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def put(self, seen: Seen) -> None:
        """A newer board, or the same one, asked for later."""
        loop, state = self._loop, self.state
        if loop is None:
            return
        if seen.number != state.seen.number:
            state = self._state(seen, state.pieces)
        loop.call_soon_threadsafe(self._take, seen, state)

    def close(self) -> None:
        """Have all streams end."""
        self.closed = True
        self._wake()

    def since(self, version: str) -> State | None:
        """What a browser that says it has `version` was sent; None where unknown."""
        return self._kept.get(version)

    async def moved(self, seconds: float) -> None:
        """Wait for another board, for so many seconds at most."""
        event = self._moved
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return

    async def html(self) -> bytes:
        """The page as it is now, made once for all that ask."""
        async with self._page_lock:
            state = self.state
            if self._page[0] != state.pieces.version:
                text = await run_in_threadpool(self._made, state)
                self._page = state.pieces.version, text.encode()
            return self._page[1]

    def _made(self, state: State) -> str:
        return self.page.of(state.seen.board, state.pieces.version, _source(state.seen))

    def _state(self, seen: Seen, before: Pieces | None) -> State:
        version = f"{self._begun}-{seen.number}"
        return State(seen, pieces(version, seen.board, before), {})

    def _take(self, seen: Seen, state: State) -> None:
        trouble, self.seen = self.seen.doubt(time.time()), seen
        if state is not self.state:
            self.state = state
            self._kept[state.pieces.version] = state
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        elif trouble == seen.doubt(time.time()):
            return
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def message(self, before: State | None, after: State) -> bytes:
        """The event that takes a browser from one board to another."""
        known = before.pieces.version if before else ""
        told = after.told.get(known)
        if told is None:
            told = after.told[known] = _event(
                "board", self._between(before, after), after.pieces.version
            )
        return told

    def _between(self, before: State | None, after: State) -> dict[str, object]:
        found = changed(before.pieces if before else None, after.pieces)
        if before:
            words = changes(before.seen.board, after.seen.board)
            if words:
                found["words"] = sentence(words)
                found["marked"] = [item for item, _ in words]
        return {**found, **self.asked()}

    def asked(self) -> dict[str, object]:
        """When the feed was asked last, and why this may not be what is."""
        seen, now = self.seen, time.time()
        found: dict[str, object] = {"now": now, "asked": seen.asked}
        words, why = seen.doubt(now)
        if words:
            found["doubt"], found["trouble"] = words, printable(why, 600)
        return found


def _source(seen: Seen) -> str:
    """Which feed it is, without how fresh: that is told beside it."""
    return seen.view.age.removesuffix(", asked just now")


def _event(name: str, said: dict[str, object], version: str = "") -> bytes:
    """An event as the protocol has it; JSON has no line's end in it."""
    data = json.dumps(said, separators=(",", ":"), default=list)
    head = f"id: {version}\n" if version else ""
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


class Events:
    """The stream."""

    def __init__(self, hub: Hub) -> None:
        """Nobody follows yet."""
        self._hub, self._open = hub, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell one browser, until it goes."""
        if scope["method"] == "HEAD":  # nothing is ever sent, so it would never end
            await Response(None, headers=dict([_STREAM]))(scope, receive, send)
            return
        if self._open >= MOST_STREAMS:
            why = f"{MOST_STREAMS} browsers follow this board; close one of them\n"
            busy = PlainTextResponse(why, 503, {"Retry-After": "10"})
            await busy(scope, receive, send)
            return
        self._open += 1
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await self._tell(Request(scope), gone, send)
        finally:
            gone.cancel()
            self._open -= 1

    async def _tell(
        self, request: Request, gone: "asyncio.Future[None]", send: Send
    ) -> None:
        hub = self._hub
        # A browser that comes again tells by itself what it was told last.
        said = request.headers.get("last-event-id") or request.query_params.get("from")
        before = hub.since(said or "")
        await _start(send)
        await _send(
            send, f"retry: 2000\n\n{_event('asked', hub.asked()).decode()}".encode()
        )
        while not gone.done() and not hub.closed:
            state = hub.state
            if state is before:
                await _send(send, _event("asked", hub.asked()))
            else:
                await _send(send, hub.message(before, state))
                before = state
            if hub.state is state:
                waiting = asyncio.ensure_future(hub.moved(_TOLD))
                await asyncio.wait((waiting, gone), return_when="FIRST_COMPLETED")
                waiting.cancel()
        if not gone.done():
            await _send(send, b"", more=False)


async def _gone(receive: Receive) -> None:
    """Until a browser has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send) -> None:
    kind = [(name.encode(), value.encode()) for name, value in (_STREAM,)]
    await send({"type": "http.response.start", "status": 200, "headers": kind})


async def _send(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


class Guarded:
    """What is asked of whoever asks, before anything is answered."""

    def __init__(self, app: App, hosts: Collection[str], policy: str) -> None:
        """`hosts` are the names that it is served at, `policy` is for each answer."""
        self._app, self._hosts = app, frozenset(hosts)
        named = {**_HEADERS, "Content-Security-Policy": policy}
        self._headers = [(k.lower().encode(), v.encode()) for k, v in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it, or pass it on."""
        begun = False

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        app: App = self._refusal(scope) or self._app
        try:
            await app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - the next request is answered
            print(f"fleetfeed: {report_crash(error)}", file=sys.stderr)
            if not begun:
                sorry = PlainTextResponse(
                    "the board has failed; it says why there\n", 500
                )
                await sorry(scope, receive, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if host_named(headers.get("host", "")) not in self._hosts:
            why = "this board is served at another name; ask for it at its address\n"
            return PlainTextResponse(why, 421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse(
                "it can be read only\n", 405, {"Allow": "GET, HEAD"}
            )
        site = headers.get("sec-fetch-site", "none")
        # A link leads here from anywhere; no other page has it in a frame or a script.
        leads = headers.get("sec-fetch-dest") == "document" and scope["path"] == "/"
        if site not in ("none", "same-origin") and not leads:
            return PlainTextResponse("this is for the board's own page\n", 403)
        return None


_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+?)\.?)(?::[0-9]{0,5})?")


def host_named(header: str) -> str:
    """The host in a Host header, in small letters; empty where there is none."""
    found = _HOST.fullmatch(header)
    if found is None:
        return ""
    if found[2]:
        return found[2].lower()
    try:
        return str(ipaddress.IPv6Address(found[1]))
    except ValueError:
        return ""


def application(hub: Hub, hosts: Collection[str]) -> App:
    """The application, which is served at the names in `hosts` alone."""

    async def page(_request: Request) -> Response:
        return Response(await hub.html(), media_type="text/html; charset=utf-8")

    async def icon(_request: Request) -> Response:
        return Response(_ICON, media_type="image/svg+xml")

    routes = [
        Route("/", page),
        Route("/icon.svg", icon),
        Route("/events", Events(hub), methods=["GET"]),
    ]
    # Nothing is moved: where to would be made of what a request says.
    router = Router(routes, redirect_slashes=False)
    return Guarded(router, hosts, hub.page.policy)
