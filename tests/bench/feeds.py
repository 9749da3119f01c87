"""Feeds of any size, generated: the same feed every time, built by `git fast-import`."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from harness import Repo, claim, path, post

from fleetfeed.policy import template

FEED_REF = "refs/heads/main"
_LANES = {"CMB": "CAMBER", "HWD": "HEARTWOOD", "ORA": "ORA", "FLT": "FLEET"}
_PREFIXES = tuple(_LANES)
_FAMILIES = 40
_AT = "bench <bench@example.invalid> 1700000000 +0000"

File = tuple[str, str]
"""A path in the repository, and a text."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a feed is: items that hold a surface, and items that are over.

    An active item has one post, a closed one two. The active ones are spread evenly
    among the closed ones, and over all prefixes.
    """

    active: int
    closed: int = 100

    @property
    def items(self) -> int:
        """How many items there are."""
        return self.active + self.closed

    def next_item(self) -> str:
        """An item that the feed does not have, the next of its prefix."""
        return _item(self.items)


def files(shape: Shape) -> Iterator[File]:
    """Every file of the repository: a policy, the posts, and a file beside the feed."""
    yield "README.md", "no post\n"
    yield "feed/policy.yaml", template(FEED_REF)
    for index in range(shape.items):
        # Bresenham's line: as many active ones so far as the whole feed's share.
        ahead = (index + 1) * shape.active // shape.items
        active = ahead > index * shape.active // shape.items
        yield from _active(index) if active else _closed(index)


def write(bare: Repo, shape: Shape) -> None:
    """Put a feed of `shape` on the feed ref of the repository `bare`, in one commit.

    Everything lies in one pack afterwards, however small the feed is.
    """
    command = ("git", "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
    env = dict(bare.environment)
    with subprocess.Popen(
        command, cwd=bare.folder, env=env, stdin=subprocess.PIPE
    ) as child:
        if child.stdin:
            _stream(child.stdin, files(shape))
    if child.returncode:
        raise RuntimeError(f"git fast-import ended with {child.returncode}")


def _stream(into: IO[bytes], contents: Iterator[File]) -> None:
    into.write(f"commit {FEED_REF}\ncommitter {_AT}\n".encode())
    into.write(b"data 6\na feed\n")
    for name, text in contents:
        data = text.encode()
        into.write(b"M 100644 inline %s\ndata %d\n" % (name.encode(), len(data)))
        into.write(data + b"\n")


def _item(index: int) -> str:
    return f"{_PREFIXES[index % len(_PREFIXES)]}-{index // len(_PREFIXES) + 1:04d}"


def _claim(index: int) -> str:
    item = _item(index)
    lane, family = _LANES[item[:3]], index % _FAMILIES
    return claim(
        item,
        f"{lane}:family-{family}:src/module-{index}/part.py",
        seat=f"{lane}-{index % 20:02d}",
        subject=f"the work of item {index}, as long as a subject usually is",
        no_overlap_proof=f"only module-{index} is touched, and nobody else is near it",
        lease="2h",
        at="2026-05-03T18:55:12Z",
    )


def _active(index: int) -> Iterator[File]:
    yield path(_item(index)), _claim(index)


def _closed(index: int) -> Iterator[File]:
    item = _item(index)
    yield path(item), _claim(index)
    seat = f"{_LANES[item[:3]]}-{index % 20:02d}"
    done = post(item=item, state="DONE", seat=seat, subject=None, body="it is done")
    yield path(item, 2), done


def fresh_claim(shape: Shape, number: int) -> File:
    """A post that a feed of `shape` accepts; another text for each `number`.

    Its family is its own, so that the same is printed whatever the feed's size is.
    """
    item = shape.next_item()
    key = f"{_LANES[item[:3]]}:bench:page-{number}"
    return path(item), claim(item, key, subject=f"measurement {number}")


def another_claim(shape: Shape, number: int) -> File:
    """A post that a feed of `shape` accepts, of another new item for each `number`."""
    item = _item(shape.items + number)
    key = f"{_LANES[item[:3]]}:bench-{number}:page-{number}"
    return path(item), claim(item, key, subject=f"measurement {number}")


def refused_claim(shape: Shape) -> File:
    """A post that no feed of `shape` accepts: a first post says its subject."""
    item = shape.next_item()
    return path(item), claim(item, "CAMBER:bench:refused", subject=None)
