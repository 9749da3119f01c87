"""Where the live page is served: a socket, bounded connections, and the end of it."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Collection

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from fleetfeed.board.following import Following
from fleetfeed.board.live import Hub, application
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.util.printable import printable

MOST_CONNECTIONS = 128
"""Connections at the same time: what comes then is closed."""

_IDLE = 10.0
"""Seconds that a connection has for asking something, and for reading of the answer."""

_LOOKS = 1.0
"""Seconds from one look at a connection to the next."""

_BUFFER = 128 * 1024
"""Bytes that the system keeps for a browser that has not read them, about."""

_HEAD = 16 * 1024
"""Bytes that a request's head may have."""

LOCAL = ("localhost", "127.0.0.1", "::1")


class _Bounded(H11Protocol):
    """A connection that ends where there are too many, nothing is asked, or not read.

    Asking takes a head: who has bytes behind it is not read to their end. How quickly
    somebody reads is their matter, as long as they go on.
    """

    _look: asyncio.TimerHandle | None = None
    _since = 0.0
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._since = self.loop.time()
        self._look = self.loop.call_later(_LOOKS, self._looked)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._since = self.loop.time()
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._look:
            self._look.cancel()

    def _looked(self) -> None:
        """End it where neither side has gone on for so long."""
        left = self.transport.get_write_buffer_size()
        answering = self.conn.our_state in (h11.SEND_RESPONSE, h11.SEND_BODY)
        if left < self._unread or (answering and not left):
            self._since = self.loop.time()
        self._unread = left
        if self.loop.time() - self._since >= _IDLE:
            self.transport.abort()
            return
        self._look = self.loop.call_later(_LOOKS, self._looked)


class _Server(uvicorn.Server):
    """One that ends at once: a stream would never end by itself."""

    def __init__(self, hub: Hub, hosts: Collection[str]) -> None:
        config = uvicorn.Config(
            application(hub, hosts),
            http=_Bounded,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD,
        )
        super().__init__(config)
        self.hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.hub.close()
        for each in list(self.server_state.connections):
            each.transport.abort()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Usage where nobody is at `host`, or `port` is taken."""
    try:
        (family, kind, _, _, at), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        why = f"{printable(host)} is no address of this machine"
        raise Usage(f"{why}; --host 127.0.0.1 is for this machine alone") from error
    made = socket.socket(family, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Else it keeps megabytes for each of them, and nobody is ever slow.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    try:
        made.bind(at)
        made.listen(MOST_CONNECTIONS)
    except OSError as error:
        made.close()
        where = f"{printable(host)} port {port} cannot be served at"
        todo = "--port 0 takes one that is free"
        raise CannotTell(f"{where} ({error.strerror}); {todo}") from error
    return made


def address(made: socket.socket) -> str:
    """Where a browser finds what `made` serves."""
    host, port = made.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def is_local(made: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(made.getsockname()[0]).is_loopback


def hosts_of(made: socket.socket, host: str) -> set[str]:
    """The names that a browser may ask by: none that a stranger may have lead here."""
    at = ipaddress.ip_address(made.getsockname()[0])
    names = {*LOCAL, str(at), host.lower().rstrip(".")}
    if at.is_unspecified:
        names |= {socket.gethostname().lower(), socket.getfqdn().lower(), *_addresses()}
    return names


def _addresses() -> set[str]:
    """The addresses of this machine, as far as its name tells them."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return set()
    return {str(each[4][0]) for each in found}


def serve(
    following: Following, made: socket.socket, host: str, ready: Callable[[], None]
) -> None:
    """Serve the board until a signal ends it; `ready` is called when it is served.

    Usage where Jinja2 is not here.
    """
    # What is wrong with a request is nobody's matter but the asker's.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    hub = Hub(following.seen)
    server = _Server(hub, hosts_of(made, host))
    try:
        asyncio.run(_served(server, made, following, ready))
    finally:
        following.stop()
        made.close()


async def _served(
    server: _Server,
    made: socket.socket,
    following: Following,
    ready: Callable[[], None],
) -> None:
    hub = server.hub
    hub.begin()
    following.start(hub.put)
    ready()
    await server.serve(sockets=[made])
