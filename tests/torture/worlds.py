"""The worlds of a torture: a real server, the way to its feed, and who proves to be who."""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from harness import Repo, Transport, clean
from harness.fleet import Seat, Server
from harness.postgres import Postgres, own_server
from harness.transport import GIT_DAEMON, HTTP, PATH
from servers import account as accounts
from servers.forced_command import forced_command
from servers.gitolite import gitolite
from servers.host import Host
from servers.race_there import FIRST, Ground, ground, seats
from servers.web import web

from torture import reading
from torture.history import Rules, Step

MODES = ("none", "pusher", "signed")
WAYS = ("direct", "queue", "inbox")
LEDGER = "postgres"
LEASE, GRACE, TURN = 8, 2, 4
"""Seconds of the policy in all worlds."""

_OWNER = "postgres"
"""The role that owns the tables, and may change the rules."""

LEASES = ("4s", "6s", "8s")
_RULES = {
    "default: 24h": f"default: {LEASE}s",
    "grace: 60s": f"grace: {GRACE}s",
    "turn: 60s": f"turn: {TURN}s",
}
_INBOX = {"# queue: inbox": "queue: inbox"}
_LEDGERS_POLICY = f"""\
ref: refs/heads/main
prefixes: {{CMB: CAMBER}}
stewards: [{FIRST}]
leases: {{default: {LEASE}s, max: 7d, grace: {GRACE}s, turn: {TURN}s}}
"""


@dataclass(frozen=True, slots=True)
class World:
    """A transport, a way and a mode of identity; `hooks`: whether the server has any."""

    transport: str
    way: str
    mode: str
    hooks: bool = True

    def __str__(self) -> str:
        bare = "" if self.hooks else ", no hooks"
        return f"{self.transport}, {self.way}, {self.mode}{bare}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A world that is there: its seats' clones, and its server.

    `steps` reads what is on the feed, `server` is its repository, run by `git`;
    `postgres` the database, where that has the posts.
    """

    world: World
    clones: Mapping[str, Path]
    steps: Callable[[], list[Step]]
    rules: Rules
    server: Server | None = None
    git: Callable[..., str] | None = None
    postgres: Postgres | None = None


class NotHere(Exception):
    """Something that a world needs is not on this machine."""


def _plain(transport: Transport) -> Callable[..., Any]:
    """A server that this process runs itself, of one of the harness's transports."""

    @contextmanager
    def kind(
        account: accounts.Account, keys: Path, users: Sequence[str]
    ) -> Iterator[Host]:
        folder = account.home / "server.git"
        account.run("git", "init", "-q", "--bare", "-b", "main", folder)
        with transport.open(Server(folder, clean())) as address:
            # A new repository has lost what the transport has set for the old one.
            yield Host(transport.name, account, folder, lambda *_: address, lambda _: 0)

    kind.__name__ = str(transport)
    return kind


_KINDS: dict[str, Callable[..., Any]] = {
    "path": _plain(PATH),
    "daemon": _plain(GIT_DAEMON),
    "http": _plain(HTTP),
    "web": web,
    "ssh": forced_command,
    "gitolite": gitolite,
}
TRANSPORTS = (*_KINDS, LEDGER)
_PROVING = {"web", "ssh", "gitolite"}
"""Where the server knows who pushes."""


def worlds(
    transports: Sequence[str], ways: Sequence[str], modes: Sequence[str]
) -> list[World]:
    """All that there can be of these; where there is no queue, without hooks, too."""
    found = list[World]()
    for transport in transports:
        if transport == LEDGER:
            found += (World(LEDGER, LEDGER, mode) for mode in modes if mode != "signed")
            continue
        for way in ways:
            for mode in modes:
                if mode == "pusher" and (transport not in _PROVING or way == "inbox"):
                    continue
                found.append(World(transport, way, mode))
                if way != "queue" and mode == "none":
                    found.append(World(transport, way, mode, hooks=False))
    return found


@dataclass
class Grounds:
    """The servers, each started when a world asks for it, and used by those after it."""

    folder: Path
    crowd: int
    stack: ExitStack

    @classmethod
    @contextmanager
    def open(cls, crowd: int, where: Path | None) -> Iterator["Grounds"]:
        """Servers for so many seats, until the block ends; below `where`."""
        folder = Path(tempfile.mkdtemp(prefix="fleetfeed-torture-", dir=where))
        folder.chmod(0o755)  # servers have an account of their own
        try:
            with ExitStack() as stack:
                yield cls(folder, crowd, stack)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def seats(self) -> list[str]:
        """The names of the seats."""
        names: list[str] = seats(self.crowd)
        return names

    @contextmanager
    def scene(self, world: World) -> Iterator[Scene]:
        """The world, with an empty feed, while the block lasts; NotHere."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        folder.chmod(0o755)
        try:
            build = self._ledger if world.transport == LEDGER else self._repository
            with build(world, folder) as made:
                yield made
        except pytest.skip.Exception as missing:
            raise NotHere(str(missing)) from missing
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # -- git

    @cached_property
    def _account(self) -> accounts.Account:
        (self.folder / "account").mkdir()
        return accounts.account(self.folder / "account")

    @cached_property
    def _grounds(self) -> dict[str, Ground]:
        return {}

    def _ground(self, transport: str) -> Ground:
        if transport not in self._grounds:
            folder = self.folder / transport
            folder.mkdir()
            kind, mine = _KINDS[transport], transport not in _PROVING
            account = _myself(folder) if mine else self._account
            made = ground(kind, account, folder, None, self.crowd)
            self._grounds[transport] = self.stack.enter_context(made)
        return self._grounds[transport]

    @contextmanager
    def _repository(self, world: World, folder: Path) -> Iterator[Scene]:
        there = self._ground(world.transport)
        rules = {**_RULES, **(_INBOX if world.way == "inbox" else {})}
        install = () if world.way == "queue" else ("--no-queue",)
        options = {"rules": rules, "install": install if world.hooks else None}
        (folder / "arena").mkdir()
        with there.arena(world.mode, folder / "arena", **options) as arena:
            server: Server = arena.server
            clones = {name: arena.clone(name).folder for name in self.seats}
            yield Scene(
                world,
                clones,
                lambda: reading.of_repository(server),
                Rules(LEASE, GRACE, TURN, world=str(world)),
                server,
                there.host.git,
            )

    # -- a database

    @contextmanager
    def _ledger(self, world: World, folder: Path) -> Iterator[Scene]:
        # In the order in which they commit, appends are one after another.
        with own_server("pgserver", track_commit_timestamp="on") as postgres:
            first = Repo.init(folder / FIRST)
            first.fleetfeed("ledger", "init", "--here", postgres.url())
            urls = dict.fromkeys(self.seats, postgres.url())
            policy = _LEDGERS_POLICY
            if world.mode == "pusher":
                urls = {name: _role(postgres, first, name) for name in self.seats}
                logins = {_login(name): name for name in self.seats} | {_OWNER: FIRST}
                rows = ", ".join(f"{role}: [{name}]" for role, name in logins.items())
                policy += f"identity: {{mode: pusher}}\nlogins: {{{rows}}}\n"
            first.write("policy.yaml", policy)
            why = ("--reason", "a fleet begins")
            first.fleetfeed("ledger", "policy", "policy.yaml", *why)
            clones = {}
            for name, url in urls.items():
                seat = Repo.init(folder / name)
                seat.git("config", "fleetfeed.ledger", url)
                clones[name] = seat.folder
            rules = Rules(LEASE, GRACE, TURN, snapshots=False, world=str(world))
            steps = lambda: reading.of_ledger(postgres)  # noqa: E731
            yield Scene(world, clones, steps, rules, postgres=postgres)


def _login(seat: str) -> str:
    return seat.lower().replace("-", "_")


def _role(postgres: Postgres, owner: Repo, seat: str) -> str:
    """Let a role of the seat's own in; where it finds the database."""
    word = f"the-word-of-{seat}"
    make = f"CREATE ROLE {_login(seat)} LOGIN PASSWORD '{word}'"
    postgres.connect().execute(make.encode())
    owner.fleetfeed("ledger", "grant", _login(seat))
    return postgres.url(_login(seat), password=word)


def _myself(folder: Path) -> accounts.Account:
    """Whoever runs this, as the account of a server."""
    import pwd
    import sys

    name = pwd.getpwuid(os.geteuid()).pw_name
    return accounts.Account(name, folder, Path(sys.executable))


def chosen(every: Sequence[World], number: int, chance: random.Random) -> list[World]:
    """`number` of the worlds, each kind of transport in turn, by chance."""
    by_transport = dict[str, list[World]]()
    for world in chance.sample(every, len(every)):
        by_transport.setdefault(world.transport, []).append(world)
    found = list[World]()
    while len(found) < number:
        rows = [rows for rows in by_transport.values() if rows]
        if not rows:
            return [*found, *chosen(every, number - len(found), chance)]
        found += [row.pop() for row in rows]
    return found[:number]


def seat_at(clone: Path) -> Seat:
    """A clone as whoever looks after it sees it."""
    return Seat(clone, clean())
