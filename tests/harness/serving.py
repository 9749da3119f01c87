"""Real network servers for one repository, in threads of the process that tests.

They listen on a free port of the loopback address before anybody is told of them, take
a crowd at once (`git daemon` by itself lets five wait), and end with the block that
opened them, or with the process. Each connection runs git's own server program; it
sees the server's environment and never a client's.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import BinaryIO, ClassVar

HOST = "127.0.0.1"
# The longest that a server waits for a client, and a client for git's answer.
SECONDS = 120
# git cleans up after it has answered: so long it may take for it.
GRACE = 1


class _Children:
    """The server programs that run, so that none outlives its server."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    @contextmanager
    def run(
        self, args: Sequence[str], stdin: int | BinaryIO, stdout: int, **env: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a program in a session of its own; ended and reaped with the block."""
        with self._lock:
            if self._closed:
                raise ConnectionAbortedError
            child = subprocess.Popen(
                tuple(args),
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.DEVNULL,
                env=env,
                start_new_session=True,
            )
            self._running.add(child)
        limit = threading.Timer(SECONDS, _kill, (child,))
        limit.daemon = True
        limit.start()
        try:
            with child:
                yield child
        finally:
            limit.cancel()
            with self._lock:
                self._running.discard(child)
                self._lock.notify_all()

    def close(self) -> None:
        """Let nothing start any more; what runs on after `GRACE` is ended, hooks too."""
        with self._lock:
            self._closed = True
            self._lock.wait_for(lambda: not self._running, GRACE)
            for child in self._running:
                _kill(child)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class _Listening(ThreadingTCPServer):
    """A server for one repository, whose programs run under `environment`."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        handler: type[BaseRequestHandler],
        repository: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.repository = repository
        self.environment = dict(environment)
        self.children = _Children()
        super().__init__((HOST, 0), handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or a server that ends, is no error of the test."""


@contextmanager
def listening(
    handler: type[BaseRequestHandler],
    repository: Path,
    environment: Mapping[str, str],
) -> Iterator[int]:
    """Serve `repository` as `handler` does; the port."""
    with _Listening(handler, repository, environment) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(0.02,), daemon=True
        )
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.children.close()
            thread.join()


class GitDaemon(BaseRequestHandler):
    """`git daemon`, started for each connection as inetd would."""

    server: _Listening

    def handle(self) -> None:
        """Give the connection to git."""
        args = (
            *("git", "daemon", "--inetd", "--export-all", "--informative-errors"),
            *("--enable=receive-pack", f"--timeout={SECONDS}"),
            f"--base-path={self.server.repository.parent}",
        )
        connection, run = self.request.fileno(), self.server.children.run
        with run(args, connection, connection, **self.server.environment):
            pass  # The block's end waits for git.


class GitHttp(BaseHTTPRequestHandler):
    """`git http-backend`, run as CGI (RFC 3875) for each request."""

    server: _Listening
    protocol_version = "HTTP/1.1"  # Older ones know no chunked bodies.
    timeout = SECONDS
    # What CGI calls the headers that git's program reads.
    headers_wanted: ClassVar = {
        "CONTENT_TYPE": "Content-Type",
        "HTTP_CONTENT_ENCODING": "Content-Encoding",
        "GIT_PROTOCOL": "Git-Protocol",
    }

    def do_GET(self) -> None:
        """Answer the first request, for the refs."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a fetch or a push."""
        self._answer()

    def log_message(self, *args: object) -> None:
        """Nobody reads a log of the tests' servers."""

    def _answer(self) -> None:
        # In a file, git reads the body at its own pace while we read its answer.
        with tempfile.TemporaryFile() as body:
            self._copy_body(body)
            environment = self._cgi(body.tell())
            body.seek(0)
            args = ("git", "http-backend")
            run = self.server.children.run
            with run(args, body, subprocess.PIPE, **environment) as git:
                assert isinstance(git.stdout, BufferedReader)
                self._relay(git.stdout)

    def _cgi(self, length: int) -> dict[str, str]:
        where, _, query = self.path.partition("?")
        given = {
            name: self.headers[header]
            for name, header in self.headers_wanted.items()
            if header in self.headers
        }
        return {
            **self.server.environment,
            **given,
            "GIT_PROJECT_ROOT": str(self.server.repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": where,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(length),
            "REMOTE_ADDR": self.client_address[0],
        }

    def _copy_body(self, body: BinaryIO) -> None:
        """The request's body, in chunks (RFC 9112, 7.1) where git did not know its length."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            body.write(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body.write(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # Trailers, up to an empty line.

    def _relay(self, answer: BufferedReader) -> None:
        """git's headers, then all that follows as it comes; the end ends the connection."""
        headers = list(iter(lambda: answer.readline().decode().strip(), ""))
        pairs = [header.partition(": ")[::2] for header in headers]
        status = dict(pairs).get("Status", "200 OK")
        self.close_connection = True
        self.send_response(int(status.split()[0]))
        for name, value in pairs:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while part := answer.read1():
            self.wfile.write(part)
