"""A commit that waits in a queue, and the commits that a queue makes of it."""

import re
import time
from itertools import takewhile

from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record

ANY_NUMBER = "Any-Number"
"""The trailer of a commit whose new item may get another number than it says."""

OP = "OP"
"""The line of a commit's message that says the id of the command that wrote it."""

ATTEMPT = "Attempt"
"""The line of a message that makes each try a commit of its own: it is random."""

QUEUED = "Queued"
"""The trailer of a commit that stands for another: its id, and `OLD as NEW`."""

EXPORTED = "Fleetfeed-Ledger"
"""The trailer of a commit that tells what was appended to a ledger in a database."""

_COMMITTER = "fleetfeed queue <queue@fleetfeed>"


@record
class PushedCommit:
    """What a queue takes over from a commit: its author, and what it says.

    `heads` are the headers about these, as they are. `signed` says that nobody may say
    it otherwise. `any_number` is the item that may get another number, `op` the command
    that wrote it; empty: none. `alone` says that its writer has built it upon a commit
    of the feed, and brings nothing else.
    """

    heads: tuple[bytes, ...]
    message: bytes
    signed: bool
    any_number: str
    op: str
    alone: bool

    @classmethod
    def read(cls, repo: Repo, commit: str) -> "PushedCommit":
        """The commit of that id."""
        head, _, message = repo.objects.read(commit)[1].partition(b"\n\n")
        lines = head.split(b"\n")
        # One of each: what git does not read, further down, may be of any number.
        kept = (next((e for e in lines if e.startswith(k)), b"") for k in _KEPT)
        heads = tuple(filter(None, kept))
        signed = any(each.startswith(b"gpgsig") for each in lines)
        any_number, op = _said(_ANY, message), _said(_OP, message)
        alone = bool(_said(_ATTEMPT, message))
        return cls(heads, message, signed, any_number, op, alone)

    @property
    def subject(self) -> bytes:
        """The first line of what it says."""
        return self.message.partition(b"\n")[0] + b"\n"

    def following(self, tree: str, parents: tuple[str, ...], message: bytes) -> bytes:
        """A commit object of `tree`: by the same author, committed by the queue now.

        Format: headers in git's order, an empty line, the message (git, commit.c).
        """
        rows = [f"tree {tree}", *(f"parent {each}" for each in parents)]
        by = f"committer {_COMMITTER} {int(time.time())} +0000"
        author = (each for each in self.heads if each.startswith(b"author "))
        others = (each for each in self.heads if not each.startswith(b"author "))
        heads = (*map(str.encode, rows), *author, by.encode(), *others)
        return b"\n".join(heads) + b"\n\n" + message

    def renumbered(self, commit: str, pair: tuple[str, str]) -> bytes:
        """What it says, with another number; and which `commit` that is."""
        was, now = (item.encode() for item in pair)
        text = re.sub(rb"\b%b\b" % re.escape(was), now, self.message)
        instead = iter([f"{QUEUED}: {commit} {pair[0]} as {pair[1]}\n".encode()])
        return re.sub(_ANY, lambda _: next(instead, b""), text)


def parents_of(data: bytes) -> tuple[str, ...]:
    """The parents of a commit, by its object's bytes.

    They stand behind its tree (git, commit.c). Anybody may push a commit that has such
    a row further down, too, and to git that is none.
    """
    _, *rows = data.partition(b"\n\n")[0].split(b"\n")
    parents = takewhile(lambda row: row.startswith(b"parent "), rows)
    return tuple(row.partition(b" ")[2].decode("ascii") for row in parents)


_KEPT = (b"author ", b"encoding ")
# Printable: git is asked for some of it, and takes no words with a NUL in them.
_ANY = re.compile(rb"^%b: ([!-~]+)\n" % ANY_NUMBER.encode(), re.MULTILINE)
_OP = re.compile(rb"^%b: ([!-~]+)$" % OP.encode(), re.MULTILINE)
_ATTEMPT = re.compile(rb"^%b: ([0-9a-f]+)$" % ATTEMPT.encode(), re.MULTILINE)


def _said(line: "re.Pattern[bytes]", message: bytes) -> str:
    found = re.search(line, message)
    return found[1].decode("ascii") if found else ""


def queued_as(message: bytes, commit: str) -> tuple[str, str] | None:
    """The number that an item of `commit` had, and has, by what a commit says of it."""
    wanted = rf"^{QUEUED}: {commit} ([!-~]+) as ([!-~]+)$".encode()
    found = re.search(wanted, message, re.MULTILINE)
    return (found[1].decode(), found[2].decode()) if found else None
