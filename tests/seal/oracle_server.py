"""What lies on a server, by plain git and a plain reader of sealed files."""

import re
from collections.abc import Iterator

from harness import Repo

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.process import Git
from fleetfeed.repo import repository

_FRAME = re.compile(rb"--- # (([A-Z]+)-(\d+))/(\d+\.yaml) (\d+)\n")


def posts_in(file: bytes) -> dict[str, bytes]:
    """The posts of a sealed file by their old paths."""
    found, at = {}, file.index(b"\n") + 1
    while at < len(file):
        frame = _FRAME.match(file, at)
        assert frame, file[at : at + 60]
        item, prefix, number, name = (frame[n].decode() for n in range(1, 5))
        data = file[frame.end() : frame.end() + int(frame[5])]
        path = f"feed/{prefix}/{int(number) // 1000:03d}/{item}/{name}"
        assert path not in found
        found[path] = data
        at = frame.end() + len(data) + (not data.endswith(b"\n"))
    return found


def posts_on(server: Repo, ref: str = "refs/heads/main") -> dict[str, bytes]:
    """Every post by its path, sealed or not; none is there twice."""
    listed = server.git("ls-tree", "-r", "-z", "--name-only", ref, "feed/").stdout
    found, names = {}, [name for name in listed.split("\0") if name]
    for name, data in zip(names, _contents(server, ref, names), strict=True):
        rows = posts_in(data) if name.endswith(".sealed") else {name: data}
        assert not found.keys() & rows.keys()
        found |= rows
    return found


def _contents(server: Repo, ref: str, names: list[str]) -> Iterator[bytes]:
    asked = "".join(f"{ref}:{name}\n" for name in names)
    rest = server.git("cat-file", "--batch", stdin=asked).stdout.encode()
    while rest:
        head, _, rest = rest.partition(b"\n")
        size = int(head.split()[2])
        yield rest[:size]
        rest = rest[size + 1 :]


def check_as_unsealed(server: Repo, ref: str = "refs/heads/main") -> None:
    """The feed says what a feed of its posts, none of them sealed, says."""
    posts = posts_on(server, ref)
    plain = Snapshot(from_files({n.removeprefix("feed/"): d for n, d in posts.items()}))
    repo = repository.Repo(Git(server.folder))
    try:
        feed = repo.snapshot(server.tip(ref))
        holds, resting, _, taken = plain.summary.facts
        facts = feed.summary.facts
        assert (*facts[:2], facts[3]) == (holds, resting, taken)
        assert feed.open == plain.open
        assert list(feed.items) == list(plain.items)
        for item in plain.items:
            assert feed.item(item.id) == item
            assert feed.posts(item.id) == plain.posts(item.id)
    finally:
        repo.objects.close()
