"""A server and a clone with a feed of one shape, and hooks that can be exchanged.

One repository serves all variants: only what lies in its hooks folder differs. After
each measurement it is put back to what it was, down to the loose objects.
"""

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from harness import Repo, Seat, Server

from bench import feeds
from bench.feeds import FEED_REF, File, Kind, Shape
from bench.recording import Recording
from fleetfeed.repo.newest import heard_pattern

_EMPTY = "#!/bin/sh\nexit 0\n"
TRACKING = "refs/remotes/origin/main"
_MANY = "refs/bench/many"


class Hooks(Enum):
    """What lies in a repository's hooks folder."""

    NONE = "no hook"
    EMPTY = "an empty sh hook"
    OURS = "ours"
    RECORD = "recording"


@dataclass(frozen=True, slots=True)
class World:
    """A guarded server, a guarded clone, and the commit `base` that both are at."""

    folder: Path
    shape: Kind
    server: Server
    seat: Seat
    base: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def make(cls, folder: Path, shape: Shape) -> "World":
        """A new world, with a full checkout."""
        server = Server.create(folder / "server.git", install=False)
        feeds.write(server, shape)
        server.git("symbolic-ref", "HEAD", FEED_REF)
        seat = Seat.clone(server, folder / "seat", install=False)
        return cls.around(shape, server, seat)

    @classmethod
    def around(cls, shape: Kind, server: Server, seat: Seat) -> "World":
        """A world of a server and its clone; `fleetfeed install` puts in the hooks."""
        # A fetch leaves FETCH_HEAD, as in every clone that is in use.
        seat.git("fetch", "-q")
        for repo in (server, seat):
            _stock(repo, "pre-receive" if repo is server else "pre-commit")
        return cls(seat.folder.parent, shape, server, seat, seat.tip())

    def fresh(self, *, post: bool) -> File:
        """A file that is nowhere yet: a post, or one beside the feed."""
        number = next(self.numbers)
        if post:
            return feeds.fresh_claim(self.shape, number)
        return "src/module.txt", f"measurement {number}\n"

    def stage(self, file: File) -> None:
        """Put `file` into the index."""
        self.seat.stage(*file)

    def commit(self, file: File) -> None:
        """Commit `file`, past every hook."""
        use(self.seat, Hooks.NONE)
        self.stage(file)
        self.seat.git("commit", "-q", "-m", "a commit")

    def advance(self) -> str:
        """A commit of one post that the server has, beside its feed ref, and not the clone.

        It lies in a pack there: `reset_server` leaves it.
        """
        self.commit(feeds.another_claim(self.shape, 1))
        ahead = self.seat.tip()
        use(self.server, Hooks.NONE)
        pack = "--receive-pack=git -c receive.unpackLimit=1 receive-pack"
        self.seat.git("push", "-q", pack, "origin", f"HEAD:{FEED_REF}")
        self.reset()
        self.reset_server()
        return ahead

    def reset(self) -> None:
        """Put the clone back to what it was."""
        self.seat.git("reset", "-q", "--hard", self.base)
        changes = f"update {TRACKING} {self.base}\ndelete refs/remotes/origin/side\n"
        self.seat.git("update-ref", "--stdin", stdin=changes)
        _drop_loose(self.seat)

    def reset_server(self) -> None:
        """Put the server back to what it was."""
        changes = f"update {FEED_REF} {self.base}\ndelete refs/heads/side\n"
        self.server.git("update-ref", "--stdin", stdin=changes)
        _drop_loose(self.server)

    def record_commit(self, file: File) -> Recording:
        """What git gives the hook of a commit of `file`."""
        self.stage(file)
        use(self.seat, Hooks.RECORD)
        self.seat.git("commit", "-q", "-m", "a commit")
        self.reset()
        found = Recording.read(_record(self.seat))
        shutil.rmtree(_record(self.seat))
        return found

    def record_push(self, ref: str) -> Recording:
        """What git gives the hook of a push of one post to `ref`, quarantine included."""
        self.commit(self.fresh(post=True))
        found = self._recorded(f"HEAD:{ref}", ref.replace("/", "-"))
        self.reset()
        return found

    def record_many(self, count: int, *, signed: bool = False) -> Recording:
        """The same, of a push to the feed of `count` posts in as many commits.

        They are `signed` as git's settings say.
        """
        posts = ([feeds.another_claim(self.shape, n)] for n in range(count))
        feeds.write_commits(self.seat, posts, ref=_MANY, onto=self.base)
        if signed:
            self._sign(_MANY)
        found = self._recorded(f"{_MANY}:{FEED_REF}", "many")
        self.seat.git("update-ref", "-d", _MANY)
        return found

    def _sign(self, ref: str) -> None:
        """Make the commits of `ref` that are not in `base` anew, signed."""
        seat, tip = self.seat, self.base
        listed = ("rev-list", "--reverse", "--format=%T", "--no-commit-header")
        for tree in seat.line(*listed, f"{self.base}..{ref}").splitlines():
            tip = seat.line("commit-tree", "-S", "-p", tip, "-m", "a post", tree)
        seat.git("update-ref", ref, tip)

    def _recorded(self, refspec: str, name: str) -> Recording:
        use(self.server, Hooks.RECORD)
        self.seat.git("push", "-q", "--no-verify", "origin", refspec, ok=False)
        kept = _record(self.server)
        return Recording.read(kept.rename(kept.with_name(f"recorded-{name}")))


def use(repo: Repo, hooks: Hooks) -> None:
    """Exchange the hooks of `repo`."""
    place, fresh = _inside(repo, "hooks"), _shelf(repo) / "next"
    fresh.symlink_to(shelved(repo, hooks))
    fresh.replace(place)


def shelved(repo: Repo, hooks: Hooks) -> Path:
    """The folder of hooks that `use` puts into `repo`."""
    return _shelf(repo) / hooks.name


def _inside(repo: Repo, name: str) -> Path:
    return repo.folder / ".git" / name if isinstance(repo, Seat) else repo.folder / name


def _shelf(repo: Repo) -> Path:
    return repo.folder.with_name(f"{repo.folder.name}-hooks")


def _record(repo: Repo) -> Path:
    return _shelf(repo) / "recorded"


def _stock(repo: Server | Seat, name: str) -> None:
    """Put the kinds of hooks on a shelf; `name` is the hook that is measured."""
    # Not with a queue: its leader would work on while the repository is put back.
    repo.install(*(("--no-queue",) if isinstance(repo, Server) else ()))
    if isinstance(repo, Seat):
        # What the server says of itself, a clone in use has fetched.
        repo.git("fetch", "-q", "origin", heard_pattern("origin"))
    # A server's installation stores an object of its own: it must outlive the resets.
    repo.git("repack", "-d", "-q")
    _shelf(repo).mkdir()
    _inside(repo, "hooks").rename(shelved(repo, Hooks.OURS))
    shelved(repo, Hooks.NONE).mkdir()
    _script(shelved(repo, Hooks.EMPTY) / name, _EMPTY)
    _script(shelved(repo, Hooks.RECORD) / name, Recording.script(_record(repo)))
    use(repo, Hooks.OURS)


def _script(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o755)


def _drop_loose(repo: Repo) -> None:
    """Remove what a measurement wrote: the feed itself lies in a pack."""
    for entry in os.scandir(_inside(repo, "objects")):
        if len(entry.name) == 2:
            shutil.rmtree(entry.path)
