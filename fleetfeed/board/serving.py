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
from fleetfeed.board.live import Hub, Scope, application
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.util.printable import printable

MOST_CONNECTIONS = 128
"""Connections at the same time: what comes then is closed."""

_IDLE = 10.0
"""Seconds that a connection has for asking something."""

_BUFFER = 128 * 1024
"""Bytes that the system keeps for a browser that has not read them, about."""

_HEAD = 16 * 1024
"""Bytes that a request's head may have."""

LOCAL = ("localhost", "127.0.0.1", "::1")


class _Bounded(H11Protocol):
    """A connection that is closed where there are too many, or nothing is asked."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._timer:
            self._timer.cancel()

    def _watch(self) -> None:
        """Have it end, unless it asks something in time; while it is answered, wait."""
        asking = self.conn.their_state is h11.IDLE
        if asking and self._timer is None:
            self._timer = self.loop.call_later(_IDLE, self.transport.abort)
        elif not asking and self._timer:
            self._timer.cancel()
            self._timer = None


class _Server(uvicorn.Server):
    """One that ends at once: a stream would never end by itself."""

    def __init__(self, hub: Hub, hosts: Collection[str]) -> None:
        config = uvicorn.Config(
            application(hub, hosts, self.drop),
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

    def drop(self, scope: Scope) -> None:
        """End the connection of a request; what it was to read is forgotten."""
        for each in list(self.server_state.connections):
            if isinstance(each, _Bounded) and each.client == scope["client"]:
                each.transport.abort()


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
