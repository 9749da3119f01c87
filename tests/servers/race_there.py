"""Arenas for races on a real server, whose every seat has a login and a key of its own."""

import json
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from harness import Seat, Server, clean
from harness.logins import pusher_policy
from harness.signing import Key, signed_policy, signs
from harness.starting import Start
from race.arena import Arena
from servers.forced_command import forced_command
from servers.gitolite import gitolite
from servers.web import web

FIRST, HOLDER = "FLEET-01", "CAMBER-99"
"""Who begins the feed and files items on it, and who is to be taken over from."""

_SOON_OVER = {"grace: 60s": "grace: 1s"}

SOURCES = {forced_command: "forced-command", gitolite: "gitolite", web: "http"}


def seats(crowd):
    """The seats that race, as `race.plays` names them."""
    return [f"CAMBER-{number:02d}" for number in range(crowd)]


@dataclass(frozen=True, slots=True)
class ArenaThere(Arena):
    """A clone goes by the login of the seat that it is named for, and signs by its key.

    The clone `first` is FIRST's, who may post as any seat of CAMBER.
    """

    dress: Callable[[Seat, str], Seat]

    def clone(self, name):
        new = not (self.folder / name).exists()
        seat = Arena.clone(self, name)
        return self.dress(seat, FIRST if name == "first" else name) if new else seat

    def audit(self):
        """As on any server; who pushed is nowhere to be read, and cannot be told."""
        fresh = self.address.clone(self.folder / "fresh", "--template=")
        start = Start(str(fresh.folder), clean(), ("audit",))
        (ended,) = self.starter.together([start])
        assert ended.code == 0 or "who pushed" in ended.stdout + ended.stderr, ended
        self.server.git("fsck", "--strict", "--no-dangling")


@dataclass(frozen=True)
class Ground:
    """A server of one kind whose seats are there, for one arena after the other."""

    host: object
    source: str
    keys: dict[str, Key]
    starter: object

    @contextmanager
    def arena(self, mode, folder, rules=_SOON_OVER, install=()):
        """An arena with an empty feed, in this mode of identity.

        `rules` are texts of the policy that are others here. `install` are options for
        the server's hooks; where it is None, there are none.
        """
        host, git = self.host, ("git", "-C", self.host.folder)
        host.account.run("rm", "-rf", host.folder)
        if host.name == "gitolite":  # who may do what, and its own hook, lie there
            host.account.run("gitolite", "setup")
        host.account.run("git", "init", "-q", "--bare", "-b", "main", host.folder)
        host.account.run(*git, "symbolic-ref", "HEAD", "refs/heads/main")
        record = ("--pusher-from", self.source) if mode == "pusher" else ()
        if install is not None:
            host.fleetfeed("install", "--server", host.folder, *record, *install)
        host.account.run(*git, "config", "maintenance.auto", "false")
        # The tests' account reads it, and the server's owns it.
        mine = {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": "*"}
        environment = clean(
            **{f"GIT_CONFIG_{name}": each for name, each in mine.items()}
        )
        server = Server(host.folder, environment)
        address = host.address(FIRST)
        arena = ArenaThere(server, address, self.starter, folder, self._dress)
        self._begin(arena.clone("first"), mode, rules)
        yield arena
        shutil.rmtree(folder)

    def _dress(self, seat, name):
        self.host.address(name).join(seat)
        seat.git("config", "user.name", name)
        key = self.keys[name]
        seat.git("config", "fleetfeed.signingKey", str(key.file))
        return signs(seat, key)

    def _begin(self, first, mode, rules):
        first.fleetfeed("init", "--steward", FIRST)
        policy = first.folder / "feed/policy.yaml"
        text = policy.read_text()
        for usual, here in rules.items():
            assert usual in text
            text = text.replace(usual, here)
        may = {name: (name,) for name in self.keys} | {FIRST: (FIRST, "CAMBER-*")}
        if mode == "pusher":
            rows = (f"{name}: {json.dumps(of)}" for name, of in may.items())
            policy.write_text(pusher_policy(text, ", ".join(rows)))
        elif mode == "none":
            policy.write_text(text)
        else:
            policy.write_text(signed_policy(text))
            rows = (f"{','.join(of)} {self.keys[n].public}\n" for n, of in may.items())
            first.write("feed/allowed_signers", "".join(rows))
        first.commit("start the feed")
        first.git("push", "-q", "-u", "origin", "HEAD")


@contextmanager
def ground(kind, account, folder, starter, crowd):
    """A server of this kind, and a login and a key for each seat that races."""
    names = [*seats(crowd), FIRST, HOLDER]
    (folder / "keys").mkdir()
    keys = {name: Key.make(folder / "signing", name) for name in names}
    here = account.at(f"{folder.name}-{kind.__name__}")
    with kind(here, folder / "keys", names) as host:
        yield Ground(host, SOURCES.get(kind, ""), keys, starter)
