"""Ways to a server: a path, `git daemon`, HTTP, and a forced command as over SSH.

A test that is given each of `TRANSPORTS` shows that what it says does not hang on the
way. What a clone needs to go one is written into its own git config, so that it holds
for every process that runs there, whatever its environment.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.environment import clean
from harness.fleet import Seat, Server
from harness.serving import HOST, GitDaemon, GitHttp, listening


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client finds a server, and the git settings that it needs to get there."""

    url: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def options(self) -> tuple[str, ...]:
        """The settings as options: `git *options ls-remote`, `git clone *options`."""
        pairs = self.settings.items()
        return tuple(
            part for name, value in pairs for part in ("-c", f"{name}={value}")
        )

    def join(self, seat: Seat) -> Seat:
        """Let a clone's `origin` be here; the seat itself."""
        seat.git("remote", "set-url", "origin", self.url)
        for name, value in self.settings.items():
            seat.git("config", name, value)
        return seat

    def clone(self, folder: Path, *options: str, install: bool = False) -> Seat:
        """Clone from here; with `install`, put the client hooks in."""
        seat = Seat(folder, clean())
        args = ("clone", "-q", *self.options, *options, self.url, str(folder))
        seat.git(*args, cwd=folder.parent)
        if install:
            seat.install()
        return seat


@dataclass(frozen=True, slots=True)
class Transport:
    """A way to a server; `open` makes it reachable while its block lasts."""

    name: str
    open: Callable[[Server], AbstractContextManager[Address]]

    def __str__(self) -> str:
        return self.name


@contextmanager
def _path(server: Server) -> Iterator[Address]:
    yield Address(str(server.folder))


@contextmanager
def _git_daemon(server: Server) -> Iterator[Address]:
    with listening(GitDaemon, server.folder, server.environment) as port:
        yield Address(f"git://{HOST}:{port}/{server.folder.name}")


@contextmanager
def _http(server: Server) -> Iterator[Address]:
    server.git("config", "http.receivepack", "true")
    with listening(GitHttp, server.folder, server.environment) as port:
        url = f"http://{HOST}:{port}/{server.folder.name}"
        # Set to nothing, it keeps the developer's proxy out of the loopback.
        yield Address(url, {"http.proxy": ""})


# What `command=` in authorized_keys does: the client's words choose between two
# programs and say nothing else. SetEnv and AcceptEnv let one variable through.
_FORCED = """\
#!/bin/sh
for asked; do :; done
case $asked in
    "git-receive-pack "* | "git receive-pack "*) verb=receive-pack ;;
    "git-upload-pack "* | "git upload-pack "*) verb=upload-pack ;;
    *) echo "this key is for git alone" >&2; exit 1 ;;
esac
exec env -i {environment} ${{GIT_PROTOCOL:+"GIT_PROTOCOL=$GIT_PROTOCOL"}} \\
    git "$verb" {repository}
"""


@contextmanager
def _forced_command(server: Server) -> Iterator[Address]:
    pairs = [f"{name}={value}" for name, value in server.environment.items()]
    text = _FORCED.format(
        environment=shlex.join(pairs), repository=shlex.quote(str(server.folder))
    )
    with TemporaryDirectory() as folder:
        script = Path(folder, "forced-command")
        script.write_text(text)
        script.chmod(0o755)
        settings = {"core.sshCommand": shlex.quote(str(script)), "ssh.variant": "ssh"}
        yield Address(f"ssh://git@{HOST}/{server.folder.name}", settings)


PATH = Transport("path", _path)
GIT_DAEMON = Transport("git-daemon", _git_daemon)
HTTP = Transport("http", _http)
FORCED_COMMAND = Transport("forced-command", _forced_command)

TRANSPORTS = (PATH, GIT_DAEMON, HTTP, FORCED_COMMAND)
