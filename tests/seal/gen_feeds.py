"""Shards whose items are over, and their seals, written without the package."""

from harness import path, post

HEAD = b"# fleetfeed: a sealed shard, version 1 (docs/sealing.md)\n"
AT = "2025-01-02T03:04:05Z"
SEAL = "feed/CMB/000.sealed"
FOLDER = "feed/CMB/000"
FIRST, ITEMS = 970, 30
"""The items of a shard that is closed once there is one of the next thousand."""

Files = dict[str, str]


def item_id(number: int) -> str:
    return f"CMB-{number:04d}"


def life(item: str, *, state: str = "DONE", at: str | None = AT) -> Files:
    """An item that was filed, and ended."""
    subject = f"the work of {item}"
    return {
        path(item): post(item=item, subject=subject, state="IN_PROGRESS", at=at),
        path(item, 2): post(item=item, subject=None, state=state, at=at),
    }


def shard(first: int = FIRST, items: int = ITEMS, at: str | None = AT) -> Files:
    """Items that are over, and nothing else."""
    found: Files = {}
    for number in range(first, first + items):
        found |= life(item_id(number), at=at)
    return found


def beyond(number: int = 1000) -> Files:
    """An open item of the next shard, so that the one before it is closed."""
    item = item_id(number)
    return {path(item): post(item=item, subject="what goes on", at=AT)}


def again(item: str, number: int = 3, state: str = "PARKED", epoch: int = 2) -> Files:
    """A post that reopens an item."""
    fields = {"state": state, "reason": "it came back", "epoch": epoch}
    return {path(item, number): post(item=item, subject=None, **fields)}


def sealed(files: dict[str, str | bytes]) -> bytes:
    """The sealed shard of posts by their paths."""
    parts = [HEAD]
    for name in sorted(files, key=_in_order):
        text = files[name]
        data = text.encode() if isinstance(text, str) else text
        place = "/".join(name.split("/")[-2:])
        parts.append(b"--- # %s %d\n" % (place.encode(), len(data)))
        parts.append(data if data.endswith(b"\n") else data + b"\n")
    return b"".join(parts)


def _in_order(name: str) -> tuple[int, int]:
    *_, item, post = name.split("/")
    return int(item.partition("-")[2]), int(post.removesuffix(".yaml"))


def seal_of(files: Files) -> dict[str, bytes | None]:
    """What a seal of `files` writes, and takes away."""
    return {SEAL: sealed(files), **dict.fromkeys(files)}
