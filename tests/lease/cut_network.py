"""A way to a server that can be cut, in the middle of whatever is under way."""

import select
import socket
import threading
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from harness.serving import HOST


class Wire(ThreadingTCPServer):
    """Hands on whatever comes for a server, until it is cut."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, url):
        self.to, self.cut, self.gone = url, threading.Event(), threading.Event()
        super().__init__((HOST, 0), _Both)

    def handle_error(self, request, client_address):
        """Who goes away is no error of the test."""

    def join(self, seat):
        """Let a clone's `origin` be behind this wire; the seat itself."""
        port = self.server_address[1]
        url = self.to._replace(netloc=f"{HOST}:{port}").geturl()
        seat.git("remote", "set-url", "origin", url)
        return seat

    def sever(self, *, silent):
        """From now on nothing comes through: nobody is told, or everybody is."""
        self.cut.set()
        if not silent:
            self.end()

    def end(self):
        """Nobody is here any more."""
        self.shutdown()
        self.server_close()
        self.gone.set()


class _Both(BaseRequestHandler):
    def handle(self):
        with socket.create_connection((HOST, self.server.to.port)) as onward:
            other = {self.request: onward, onward: self.request}
            while not self.server.cut.is_set():
                for each in select.select(other, (), (), 0.02)[0]:
                    data = each.recv(1 << 16)
                    if not data:
                        return
                    other[each].sendall(data)
            self.server.gone.wait()


@contextmanager
def wire(address):
    """A wire to an address of `git daemon`."""
    with Wire(urlsplit(address.url)) as laid:
        thread = threading.Thread(target=laid.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield laid
        finally:
            laid.end()
            thread.join()
