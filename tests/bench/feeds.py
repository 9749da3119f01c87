"""Feeds of any size, generated: the same feed every time, built by `git fast-import`."""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from harness import Repo, claim, path, post

from fleetfeed.model.policy_template import template

FEED_REF = "refs/heads/main"
_LANES = {"CMB": "CAMBER", "HWD": "HEARTWOOD", "ORA": "ORA", "FLT": "FLEET"}
_PREFIXES = tuple(_LANES)
_FAMILIES = 40
_AT = "bench <bench@example.invalid> 1700000000 +0000"

File = tuple[str, str]
"""A path in the repository, and a text."""


class Kind(Protocol):
    """What a feed is like, as far as a measurement has to know."""

    @property
    def active(self) -> int:
        """How many of its items hold a surface."""

    @property
    def label(self) -> str:
        """What tells it from other feeds with as many claims."""

    def next_item(self, ahead: int = 0) -> str:
        """An item that it does not have: the next one, or one of those behind it."""


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

    @property
    def label(self) -> str:
        """See Kind; the number of claims tells these feeds apart."""
        return ""

    def next_item(self, ahead: int = 0) -> str:
        """See Kind."""
        return _item(self.items + ahead)


def policy() -> str:
    """The policy of all of these feeds, such that an older fleetfeed reads it too."""
    return template(FEED_REF).replace(", turn: 60s", "")


def files(shape: Shape) -> Iterator[File]:
    """Every file of the repository: a policy, the posts, and a file beside the feed."""
    yield "README.md", "no post\n"
    yield "feed/policy.yaml", policy()
    for index in range(shape.items):
        # Bresenham's line: as many active ones so far as the whole feed's share.
        ahead = (index + 1) * shape.active // shape.items
        active = ahead > index * shape.active // shape.items
        yield from _active(index) if active else _closed(index)


def write(bare: Repo, shape: Shape) -> None:
    """Put a feed of `shape` on the feed ref of the repository `bare`, in one commit."""
    write_commits(bare, [files(shape)])


def write_commits(
    repo: Repo,
    commits: Iterable[Iterable[File]],
    *,
    ref: str = FEED_REF,
    onto: str | None = None,
) -> None:
    """Put commits that add files on `ref`, the first one on the commit `onto`.

    They lie in one pack afterwards, however small they are.
    """
    command = ("git", "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
    env = dict(repo.environment)
    with subprocess.Popen(
        command, cwd=repo.folder, env=env, stdin=subprocess.PIPE
    ) as child:
        if child.stdin:
            parent = f"from {onto}\n" if onto else ""
            for contents in commits:
                _stream(child.stdin, ref, parent, contents)
                parent = ""  # the ref's own tip, from here on
    if child.returncode:
        raise RuntimeError(f"git fast-import ended with {child.returncode}")


def _stream(into: IO[bytes], ref: str, parent: str, contents: Iterable[File]) -> None:
    into.write(f"commit {ref}\ncommitter {_AT}\n".encode())
    into.write(f"data 6\na feed\n{parent}".encode())
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


def fresh_claim(shape: Kind, number: int) -> File:
    """A post that a feed of `shape` accepts; another text for each `number`.

    Its family is its own, so that the same is printed whatever the feed's size is.
    """
    item = shape.next_item()
    key = f"{_LANES[item[:3]]}:bench:page-{number}"
    return path(item), claim(item, key, subject=f"measurement {number}")


def another_claim(shape: Kind, number: int) -> File:
    """A post that a feed of `shape` accepts, of another new item for each `number`."""
    item = shape.next_item(number)
    key = f"{_LANES[item[:3]]}:bench-{number}:page-{number}"
    return path(item), claim(item, key, subject=f"measurement {number}")


def refused_claim(shape: Kind) -> File:
    """A post that no feed of `shape` accepts: a first post says its subject."""
    item = shape.next_item()
    return path(item), claim(item, "CAMBER:bench:refused", subject=None)
