"""A proxy between a client and its server, which cuts or stops where a test says.

PostgreSQL's messages are a letter, a length and so many bytes. The question that writes
is told by its text: a client asks it unprepared the first few times.
"""

import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

WRITES = b"append_if("


@dataclass
class Fault:
    """What happens at the next write, once; `done` says that it did.

    `asked`: whether the question gets through. `after`: how many bytes of the answer
    do, all of which the server has sent. `silent`: nobody is told that the line is cut.
    `kept`: the server is not told, and goes on. `late`: it is asked when this is set,
    long after the client was told that the line is cut.
    """

    asked: bool = True
    answered: bool = True
    after: int = 0
    silent: bool = False
    kept: bool = False
    late: threading.Event | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Listens in `folder`, for clients of the server whose socket is `server`."""

    def __init__(self, server: Path, folder: Path):
        self.fault: Fault | None = None
        self.left: int | None = None
        """How many more questions get through; then the server is away (None: never)."""
        self.asked = 0
        """Bytes that clients have sent."""
        self._server = str(server)
        folder.mkdir(mode=0o755)
        self.folder = folder
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / server.name))
        self._listening.listen(64)
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        for each in (self._listening, *self._open):
            _end(each)

    def _serve(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client):
        server = socket.socket(socket.AF_UNIX)
        self._open += [client, server]
        try:
            if self.left == 0:
                raise ConnectionRefusedError
            server.connect(self._server)
        except OSError:
            _end(client)
            return
        with suppress(OSError, ValueError):  # it is closed meanwhile
            self._passed(client, server)
        _end(client)
        _end(server)

    def _passed(self, client, server):
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                if source is client and self.left is not None:
                    if not self.left:
                        return
                    self.left -= 1
                fault = self.fault
                self.asked += len(data) if source is client else 0
                if source is client and fault and WRITES in data:
                    self.fault = None
                    self._break(fault, data, client, server)
                    return
                (server if source is client else client).sendall(data)

    def _break(self, fault, data, client, server):
        if fault.late:
            _end(client)
            fault.done.set()
            fault.late.wait()
        if fault.asked:
            server.sendall(data)
        if fault.asked and fault.answered:
            answer = _answer(server)
            if fault.after:
                client.sendall(answer[: fault.after])
        _left(fault, client, server)


def _left(fault: Fault, client: socket.socket, server: socket.socket) -> None:
    """The two ends of the line, once it is broken."""
    if not fault.silent:
        _end(client)
    if not fault.kept:
        _end(server)
    fault.done.set()
    if fault.silent:
        client.recv(1)  # until it goes
    while fault.kept and server.recv(65536):
        pass


def _answer(server: socket.socket) -> bytes:
    """All that the server says to one question."""
    answer = b""
    while not _whole(answer) and (more := server.recv(65536)):
        answer += more
    return answer


def _whole(answer: bytes) -> bool:
    """Whether `answer` goes up to the server's being ready for more."""
    at = 0
    while at + 5 <= len(answer):
        size = int.from_bytes(answer[at + 1 : at + 5], "big") + 1
        if answer[at : at + 1] == b"Z" and at + size <= len(answer):
            return True
        at += size
    return False


def _end(line):
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
