"""A push without git on the client's side: the protocol's words and a pack by hand.

git's own client refuses to pack what it cannot read and tells no lies about what the
server has. A hostile one does both, so the server must be asked without it.
Format: gitprotocol-pack, gitprotocol-http and gitformat-pack of git's documentation.
"""

import hashlib
import shlex
import socket
import subprocess
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from harness.repo import Repo
from harness.transport import Address

NOTHING = "0" * 40
_KINDS = {b"commit": 1, b"tree": 2, b"blob": 3, b"tag": 4}
_SERVICE = "git-receive-pack"
_ABILITIES = "\0report-status side-band-64k delete-refs\n"
_SECONDS = 60


def new_objects(repo: Repo, server: Repo) -> list[tuple[bytes, bytes]]:
    """Kind and bytes of each loose object that the server has not."""
    known = set(_loose(server.folder))
    files = _loose(repo.folder / ".git")
    return [_read(file) for name, file in files.items() if name not in known]


def _loose(folder: Path) -> dict[str, Path]:
    files = (folder / "objects").glob("??/*")
    return {file.parent.name + file.name: file for file in files}


def _read(file: Path) -> tuple[bytes, bytes]:
    head, _, data = zlib.decompress(file.read_bytes()).partition(b"\0")
    return head.split()[0], data


def pack_of(objects: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A pack of whole objects, whatever is in them."""
    packed = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")
    for kind, data in objects:
        packed += _head(_KINDS[kind], len(data)) + zlib.compress(data, 1)
    return packed + hashlib.sha1(packed, usedforsecurity=False).digest()


def _head(kind: int, size: int) -> bytes:
    """Kind and size: four bits of the size, then seven a byte."""
    head, byte, size = b"", kind << 4 | size & 15, size >> 4
    while size:
        head, byte, size = head + bytes([byte | 128]), size & 127, size >> 7
    return head + bytes([byte])


def push_raw(address: Address, lines: Sequence[str], pack: bytes) -> str:
    """Send the lines of a push, as `old new ref`, and a pack; the server's whole answer.

    git wants its client's abilities on the first line that is not about a shallow clone.
    """
    first = next(n for n, line in enumerate(lines) if not line.startswith("shallow "))
    packets = [
        _packet(line + (_ABILITIES if number == first else "\n"))
        for number, line in enumerate(lines)
    ]
    body = b"".join(packets) + b"0000" + pack
    kind = urlsplit(address.url).scheme
    if kind == "http":
        return _answer(BytesIO(_post(address.url, body)))
    with _daemon(address) if kind == "git" else _command(address) as (read, send):
        list(_packets(read))
        send(body)
        return _answer(read)


@contextmanager
def _daemon(address: Address) -> Iterator[tuple[IO[bytes], Callable[[bytes], None]]]:
    url = urlsplit(address.url)
    where = (str(url.hostname), url.port or 0)
    with (
        socket.create_connection(where, _SECONDS) as connection,
        connection.makefile("rb") as read,
    ):

        def send(body: bytes) -> None:
            connection.sendall(body)
            connection.shutdown(socket.SHUT_WR)

        request = f"{_SERVICE} {url.path}\0host={url.hostname}\0"
        connection.sendall(_packet(request))
        yield read, send


@contextmanager
def _command(address: Address) -> Iterator[tuple[IO[bytes], Callable[[bytes], None]]]:
    (script,) = shlex.split(address.settings["core.sshCommand"])
    args, pipe = (script, "git@here", f"{_SERVICE} '/x'"), subprocess.PIPE
    with subprocess.Popen(args, stdin=pipe, stdout=pipe) as child:
        into, out = child.stdin, child.stdout
        assert into
        assert out

        def send(body: bytes) -> None:
            with suppress(BrokenPipeError), into:
                into.write(body)

        yield out, send


def _post(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=_SECONDS)
    headers = {"Content-Type": f"application/x-{_SERVICE}-request"}
    with closing(connection):
        connection.request("POST", f"{parts.path}/{_SERVICE}", body, headers)
        return connection.getresponse().read()


def _packet(text: str) -> bytes:
    data = text.encode()
    return b"%04x%s" % (len(data) + 4, data)


def _packets(stream: IO[bytes]) -> Iterator[bytes]:
    """What comes until a flush packet or the end."""
    while (size := stream.read(4)) and (length := int(size, 16)):
        yield stream.read(length - 4)


def _answer(stream: IO[bytes]) -> str:
    """The text of all bands (the first byte says which)."""
    return b"".join(part[1:] for part in _packets(stream)).decode(errors="replace")
