"""Feeds that change as feeds do, and as they should not: what the cache is tried on."""

import random
from dataclasses import dataclass, field, replace

from harness import claim, post

from fleetfeed.feed.seal_format import seal
from fleetfeed.model import layout
from fleetfeed.model import names as itemid
from fleetfeed.model.layout import PostPath, classify

STATES = ["AWAITING_CLAIM", "IN_PROGRESS", "BLOCKED", "PARKED", "DONE", "CANCELLED"]
KEYS = [
    "CAMBER:file:a.py", "CAMBER:file:a.py:part", "CAMBER:file:b", "CAMBER:page:a.py",
    "ORA:job:x/y", "ORA:job:x", "ORA:data:set_1", "CAMBER", "HEARTWOOD:job:x/y",
    "FLEET:file:naïve ﬁle", "FLEET:file:_\u2028_",
]  # fmt: skip
NUMBERS = [*range(1, 30), 998, 999, 1000, 1001, 5_000_123, 999_999_999]
ODD = [
    "CMB/xyz/CMB-0001/0001.yaml", "CMB/001/CMB-0003/0001.yaml", "CMB/000/cmb-0004/x",
    "CMB/000/CMB-0005", "CMB/000/CMB-0006/readme", "CMB/000/CMB-0007/0001.yaml/deep",
    "CMB/000/CMB-0008/1.yaml", "CMB/000/\udcff/0001.yaml", "CMB/\udcff/x", "ORA",
    "HWD/000", "lower/000/CMB-0001/0001.yaml", "CMB/000/CMB-0000/0001.yaml",
    "notes/2026/05/20260503T185512Z-CAMBER-06-abcd.yaml", "allowed_signers",
    "CMB/000/CMB-0009/00010.yaml", "CMB/000/CMB-0010/0000.yaml", "X" * 17 + "/000/y",
]  # fmt: skip
UNREADABLE = [
    b"", b"\xff\xfe", b"STATE: NOWHERE\n", b"ITEM: [\nSURFACE_KEY: CAMBER:file:b\n",
    b"SURFACE_KEY: ORA:job:x\nSURFACE_KEY: ORA:data:set_1\n", b"- a\n- list\n",
]  # fmt: skip

Files = dict[str, bytes]


@dataclass(frozen=True)
class Feed:
    """Files by path, and the shards that are sealed with what they had then."""

    files: Files = field(default_factory=dict)
    sealed: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def in_shards(self) -> Files:
        """The feed's files, with each sealed shard as its file."""
        found = dict(self.files)
        for shard, paths in self.sealed.items():
            posts = {p.removeprefix(f"{shard}/"): found.pop(p) for p in paths}
            found[shard + layout.SEALED] = seal(posts)
        return found

    def with_files(self, files) -> "Feed":
        """The feed with other files: a sealed one that differs is unsealed first."""
        kept = {
            shard: paths
            for shard, paths in self.sealed.items()
            if all(files.get(path) == self.files[path] for path in paths)
        }
        return replace(self, files=dict(files), sealed=kept)


def lay(files: Files, path: str, data: bytes) -> Files:
    """`files` and one more, in the place of what stood in its way."""
    folders = {path[:at] for at, sign in enumerate(path) if sign == "/"}
    kept = {
        name: old
        for name, old in files.items()
        if name not in folders and not name.startswith(f"{path}/")
    }
    return {**kept, path: data}


def without_clash(files: Files, others: Files) -> Files:
    """What of `files` can lie beside `others`: no file where others have a folder."""
    taken = {
        path[:at] for path in (*files, *others) for at, s in enumerate(path) if s == "/"
    }
    kept = {path: data for path, data in files.items() if path not in taken}
    above = {path[:at] for path in others for at, s in enumerate(path) if s == "/"}
    return {
        path: data
        for path, data in kept.items()
        if path not in above and not any(path.startswith(f"{o}/") for o in others)
    }


def change(feed: Feed, chance: random.Random) -> Feed:
    """`feed`, after whatever may happen to it."""
    return chance.choice(CHANGES)(feed, chance)


def _item(chance: random.Random) -> str:
    number = chance.choice(NUMBERS)
    return f"{chance.choice(['CMB', 'HWD', 'ORA'])}-{number:04d}"


def _text(item: str, chance: random.Random) -> bytes:
    state, seat = chance.choice(STATES), chance.choice(["CAMBER-06", "ORA-1/task"])
    more = {"seat": seat, "state": state, "work_proof": chance.choice(["", "a\n: ï"])}
    if chance.random() < 0.2:
        return chance.choice(UNREADABLE)
    if chance.random() < 0.4:
        return post(item=item, **more).encode()
    count = chance.choice([1, 1, 2])
    keys = chance.sample(KEYS, count)
    return claim(item, keys if count > 1 else keys[0], **more).encode()


def _posted(feed: Feed, chance: random.Random) -> Feed:
    """The next posts of an item."""
    item, files = _item(chance), feed.files
    numbers = (layout.post_number(path.rpartition("/")[2]) for path in _of(feed, item))
    last = max((number or 0 for number in numbers), default=0)
    for number in range(last + 1, last + chance.choice([2, 2, 3, 9])):
        path = layout.post_path(item, number)
        files = lay(files, path, _text(item, chance))
    return feed.with_files(files)


def _of(feed: Feed, item: str) -> list[str]:
    folder = layout.item_folder(item) + "/"
    return [path for path in feed.files if path.startswith(folder)]


def _many(feed: Feed, chance: random.Random) -> Feed:
    """Many new items at once."""
    prefix, start = chance.choice(["CMB", "HWD"]), chance.choice([1, 40, 980])
    files = feed.files
    for number in range(start, start + chance.choice([8, 60])):
        item = f"{prefix}-{number:04d}"
        files = lay(files, layout.post_path(item, 1), _text(item, chance))
    return feed.with_files(files)


def _odd(feed: Feed, chance: random.Random) -> Feed:
    """A file where none should be."""
    path = chance.choice(ODD)
    return feed.with_files(lay(feed.files, path, _text("CMB-0001", chance)))


def _edited(feed: Feed, chance: random.Random) -> Feed:
    """A file with another content, past all hooks."""
    if not feed.files:
        return feed
    path = chance.choice(sorted(feed.files))
    return feed.with_files({**feed.files, path: _text("CMB-0001", chance)})


def _removed(feed: Feed, chance: random.Random) -> Feed:
    """A file gone, or all below a folder, past all hooks."""
    if not feed.files:
        return feed
    names = chance.choice(sorted(feed.files)).split("/")
    gone = "/".join(names[: chance.choice([len(names), len(names), 3, 2, 1])])
    kept = {
        path: data
        for path, data in feed.files.items()
        if path != gone and not path.startswith(f"{gone}/")
    }
    return feed.with_files(kept)


def _sealed(feed: Feed, chance: random.Random) -> Feed:
    """A shard's posts in one file; of some, what was written since stays beside it."""
    places = {path: classify(path) for path in sorted(feed.files)}
    posts = {
        path: layout.shard_folder(itemid.parse(place.item))
        for path, place in places.items()
        if isinstance(place, PostPath)
    }
    if not posts:
        return feed
    shard = chance.choice(sorted(set(posts.values())))
    mine = frozenset(path for path in posts if posts[path] == shard)
    return replace(feed, sealed={**feed.sealed, shard: mine})


def _unsealed(feed: Feed, chance: random.Random) -> Feed:
    """The posts of a sealed shard back in their folders."""
    if not feed.sealed:
        return feed
    gone = chance.choice(sorted(feed.sealed))
    return replace(feed, sealed={s: p for s, p in feed.sealed.items() if s != gone})


CHANGES = [_posted, _posted, _posted, _many, _odd, _edited, _removed, _sealed, _sealed,
           _unsealed]  # fmt: skip
