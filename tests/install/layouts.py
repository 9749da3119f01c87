"""Layouts that a fleet may have: how each is begun, and how a seat's clone is made.

Everything is done by the commands that a user has, under nothing but git's defaults.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import Repo, clean


@dataclass(frozen=True)
class World:
    """A folder with a bare repository in it, and clones on demand."""

    folder: Path
    server_first: bool

    @property
    def server(self) -> Repo:
        return Repo(self.folder / "fleet.git", clean())

    def run(self, *args: str, at: Path | None = None, ok: bool | None = True):
        """A command in `at`, a folder that is there already."""
        return Repo(at or self.folder, clean()).run(args, ok=ok)

    def guard(self, *flags: str) -> None:
        self.server.fleetfeed("install", "--server", ".", *flags)

    def clone(self, name: str, *options: str, of: str = "fleet.git") -> Repo:
        source = f"file://{self.folder / of}"
        self.run("git", "clone", "-q", *options, source, name)
        return Repo(self.folder / name, clean())

    def with_code(self, name: str = "code") -> Repo:
        """A clone whose first branch has code and is pushed."""
        first = self.clone(name)
        first.write("app.py", "print()\n")
        first.commit("code")
        first.git("push", "-q", "-u", "origin", "HEAD")
        return first

    def start(self, first: Repo, *flags: str, guarded: tuple[str, ...] = ()) -> None:
        """The server is guarded and the feed begun, in this world's order."""
        if self.server_first:
            self.guard(*guarded)
        first.fleetfeed("init", *flags)
        self.publish(first, flags)
        if not self.server_first:
            self.guard()
            first.fleetfeed("join", "--seat", "FIRST-1", "--name-server", ok=None)

    def publish(self, first: Repo, flags: tuple[str, ...]) -> None:
        first.commit("start the feed")
        first.git("push", "-q", "-u", "origin", "HEAD")
        if "--ref" in flags:
            branch = flags[flags.index("--ref") + 1].removeprefix("refs/heads/")
            first.git("push", "-q", "origin", branch)


@dataclass(frozen=True)
class Layout:
    """A layout begun: a seat's clone, where posts are committed, and the feed's folder.

    `ask` is where commands are run, `post` where a post is written by hand.
    """

    ask: Repo
    post: Repo
    feed: str = "feed"
    ref: str = ""


def alone(world: World) -> Layout:
    world.start(world.clone("first"))
    seat = world.clone("seat")
    return Layout(seat, seat)


def in_the_code(world: World) -> Layout:
    world.start(world.with_code())
    seat = world.clone("seat")
    return Layout(seat, seat)


def in_a_subfolder(world: World) -> Layout:
    flags = ("--dir", "ops/feed")
    world.start(world.with_code(), *flags, guarded=flags)
    seat = world.clone("seat")
    return Layout(seat, seat, "ops/feed")


def on_a_branch_of_its_own(world: World) -> Layout:
    flags = ("--ref", "refs/heads/fleet")
    world.start(world.with_code(), *flags, guarded=flags)
    seat = world.clone("seat")
    seat.git("worktree", "add", "-q", "-B", "fleet", "../posts", "origin/fleet")
    return Layout(seat, Repo(world.folder / "posts", clean()), ref="refs/heads/fleet")


def on_a_branch_in_a_subfolder(world: World) -> Layout:
    flags = ("--ref", "refs/heads/fleet", "--dir", "deep/er/feed")
    world.start(world.with_code(), *flags, guarded=flags)
    seat = world.clone("seat")
    seat.git("worktree", "add", "-q", "-B", "fleet", "../posts", "origin/fleet")
    posts = Repo(world.folder / "posts", clean())
    return Layout(seat, posts, "deep/er/feed", "refs/heads/fleet")


def beside_the_code(world: World) -> Layout:
    world.start(world.clone("first"))
    world.run("git", "init", "-q", "--bare", "code.git")
    code = world.clone("code", of="code.git")
    code.write("app.py", "print()\n")
    code.commit("code")
    code.git("push", "-q", "-u", "origin", "HEAD")
    code.fleetfeed("join", f"file://{world.server.folder}", "--seat", "X-1", ok=None)
    code.commit("where the feed is")
    code.git("push", "-q")
    return Layout(world.clone("seat", of="code.git"), world.clone("posts"))


def bare_with_worktrees(world: World) -> Layout:
    world.start(world.with_code())
    bare = world.clone("hub.git", "--bare")
    branch = bare.line("symbolic-ref", "--short", "HEAD")
    bare.git("worktree", "add", "-q", "-b", "topic", "../seat", branch)
    seat = Repo(world.folder / "seat", clean())
    return Layout(seat, seat)


def linked_worktree(world: World) -> Layout:
    world.start(world.with_code())
    world.clone("main").git("worktree", "add", "-q", "-b", "topic", "../seat")
    seat = Repo(world.folder / "seat", clean())
    return Layout(seat, seat)


def fork_with_upstream(world: World) -> Layout:
    world.start(world.with_code())
    world.clone("fork.git", "--bare")
    seat = world.clone("seat", of="fork.git")
    seat.fleetfeed("join", f"file://{world.server.folder}", "--seat", "X-1", ok=None)
    return Layout(seat, seat)


def shallow(world: World) -> Layout:
    world.start(world.with_code())
    seat = world.clone("seat", "--depth", "1")
    return Layout(seat, seat)


def partial(world: World) -> Layout:
    world.server.git("config", "uploadpack.allowFilter", "true")
    world.start(world.with_code())
    seat = world.clone("seat", "--filter=blob:none")
    return Layout(seat, seat)


def another_name(world: World) -> Layout:
    world.start(world.with_code())
    seat = world.clone("seat", "--origin", "hub")
    return Layout(seat, seat)


LAYOUTS: tuple[Callable[[World], Layout], ...] = (
    alone, in_the_code, in_a_subfolder, on_a_branch_of_its_own,
    on_a_branch_in_a_subfolder, beside_the_code, bare_with_worktrees, linked_worktree,
    fork_with_upstream, shallow, partial, another_name,
)  # fmt: skip
