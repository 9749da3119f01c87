"""A server and a clone of each size, made from what is kept.

The clone has the newest shard and the folder of other work in its checkout, and git's
index holds one entry for each older shard: a feed of a million files in the index would
make git itself slow, and no seat needs it.
"""

from pathlib import Path

from harness import Repo, Seat, Server, clean, path

from bench.feeds import FEED_REF, write_commits
from bench.scale.sizes import Size
from bench.world import World


def make(folder: Path, base: Repo, size: Size) -> World:
    """A world with a feed of `size`, whose closed items are those of `base`."""
    server = Server(folder / "server.git", clean())
    _clone(base, server, "--bare")
    server.git("remote", "remove", "origin")
    if size.active:
        write_commits(server, [size.on_top()], onto=server.tip(FEED_REF))
    return World.around(size, server, _sparse(server, folder / "seat", size))


def without_checkout(base: Repo, folder: Path) -> Seat:
    """A clone that has neither a checkout nor an index."""
    seat = Seat(folder, clean())
    _clone(base, seat, "--no-checkout")
    return seat


def indexed(world: World) -> Seat:
    """A clone whose index has every file of the feed, and another file staged.

    It has no work tree: a commit hook compares the index with HEAD.
    """
    seat = without_checkout(world.server, world.folder / "indexed")
    seat.git("read-tree", "HEAD")
    blob = seat.git("hash-object", "-w", "--stdin", stdin="no post\n").stdout.strip()
    staged = f"100644,{blob},src/module.txt"
    seat.git("update-index", "--add", "--cacheinfo", staged)
    return seat


def _sparse(server: Server, folder: Path, size: Size) -> Seat:
    seat = without_checkout(server, folder)
    newest = str(Path(path(size.next_item())).parent.parent)
    seat.git("sparse-checkout", "set", "--cone", "--sparse-index", "src", newest)
    seat.git("reset", "-q", "--hard")
    return seat


def _clone(base: Repo, new: Repo, how: str) -> None:
    """Clone `base`; its packs are shared by hard links where the file system can."""
    new.folder.parent.mkdir(parents=True, exist_ok=True)
    origin, folder = str(base.folder), str(new.folder)
    new.git("clone", "-q", how, origin, folder, cwd=base.folder)
