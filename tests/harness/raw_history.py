"""Histories of signed commits as raw objects: made here, and taken in by one git.

`git commit -S` takes some 20 ms; here whatever can be pushed is made in one, signed by
whom one likes, or with a signature that is no such thing.
"""

import hashlib
import struct
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.ed25519 import Signer
from harness.repo import Repo

_KINDS = {"commit": 1, "tree": 2, "blob": 3}


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


Files = Mapping[str, str]


@dataclass
class RawHistory:
    """Commits in the repository at `folder`, which need no branch."""

    folder: Path
    _new: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _raw: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, Files] = field(default_factory=dict)
    """Of each commit made here: its files, by their paths."""
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    signers: dict[str, Signer | None] = field(default_factory=dict)

    @classmethod
    def begun(cls, folder: Path) -> "RawHistory":
        """One in a new repository without a work tree."""
        Repo.init(folder, "--bare", "-b", "main")
        return cls(folder)

    def object(self, kind: str, data: bytes) -> str:
        """The id of an object, which is there from `stored` on."""
        id_ = _sha1(f"{kind} {len(data)}\0".encode() + data).hex()
        if id_ not in self._known:
            self._new[id_] = kind, data
            self._known.add(id_)
        return id_

    def tree(self, files: Files) -> str:
        """The id of a tree of these files."""
        below: dict[str, dict[str, str]] = {}
        rows: list[tuple[bytes, bytes, str]] = []
        for path, text in files.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = text
            else:
                blob = self.object("blob", text.encode("utf-8", "surrogateescape"))
                rows.append((name.encode(), b"100644", blob))
        rows += (
            (name.encode() + b"/", b"40000", self.tree(f)) for name, f in below.items()
        )
        data = b"".join(
            mode + b" " + name.removesuffix(b"/") + b"\0" + bytes.fromhex(id_)
            for name, mode, id_ in sorted(rows)
        )
        return self.object("tree", data)

    def commit(
        self,
        parents: tuple[str, ...],
        files: Files,
        by: Signer | bytes | None = None,
        *,
        dated: int,
        message: str = "x",
    ) -> str:
        """A commit with these files, signed `by` somebody, or with such a signature."""
        tree = self.tree(files)
        head = f"tree {tree}\n" + "".join(f"parent {p}\n" for p in parents)
        who = f"A <a@example.invalid> {dated} +0000"
        head += f"author {who}\ncommitter {who}\n"
        data = signed(head.encode() + f"\n{message}\n".encode(), by)
        id_ = self.object("commit", data)
        self.files[id_] = dict(files)
        self._raw[id_], self.parents[id_] = data, parents
        self.signers[id_] = by if isinstance(by, Signer) else None
        return id_

    def reachable(self, commit: str) -> set[str]:
        """A commit made here, and its ancestors."""
        found, waiting = set[str](), [commit]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.parents[one]
        return found

    def signature(self, commit: str) -> bytes:
        """The signature of a commit made here."""
        _, _, rest = self._raw[commit].partition(b"\ngpgsig ")
        return rest.partition(b"\n\n")[0].replace(b"\n ", b"\n") + b"\n"

    def store(self, *, main: str | None = None) -> None:
        """Let git have what is new, in a pack; the branch `main` be that commit."""
        if self._new:
            pack = struct.pack(">4sII", b"PACK", 2, len(self._new))
            pack += b"".join(_packed(*row) for row in self._new.values())
            self._git("index-pack", "--stdin", stdin=pack + _sha1(pack))
            self._new.clear()
        if main:
            self._git("update-ref", "refs/heads/main", main)

    def _git(self, *args: str, stdin: bytes = b"") -> None:
        _answer(self.folder, *args, stdin=stdin)


def signed(data: bytes, by: Signer | bytes | None) -> bytes:
    """A commit's bytes with the header that signs them."""
    if by is None:
        return data
    signature = by.sign(data) if isinstance(by, Signer) else by
    lines = signature.rstrip(b"\n").replace(b"\n", b"\n ")
    head, _, message = data.partition(b"\n\n")
    return head + b"\ngpgsig " + lines + b"\n\n" + message


def _packed(kind: str, data: bytes) -> bytes:
    size = len(data)
    first, size = _KINDS[kind] << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(first | 128)
        first, size = size & 127, size >> 7
    head.append(first)
    return bytes(head) + zlib.compress(data, 1)


def sign_all(folder: Path, ref: str, signers: Sequence[Signer]) -> None:
    """Make the history that `ref` has anew, its commits signed by one after the other."""
    listed = _answer(folder, "rev-list", "--reverse", "--topo-order", ref)
    raws, made = (
        _answer(folder, "cat-file", "--batch", stdin=listed),
        RawHistory(folder),
    )
    new: dict[bytes, bytes] = {}
    at = 0
    for number, _ in enumerate(listed.splitlines()):
        end = raws.index(b"\n", at)
        id_, _, size = raws[at:end].split()
        data = raws[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
        head, _, message = data.partition(b"\n\n")
        rows = [row.split(b" ", 1) for row in head.split(b"\n")]
        head = b"\n".join(b" ".join((name, new.get(of, of))) for name, of in rows)
        by = signers[number % len(signers)]
        commit = signed(head + b"\n\n" + message, by)
        new[id_] = made.object("commit", commit).encode()
        if not (number + 1) % _AT_ONCE:
            made.store()
    made.store()
    _answer(folder, "update-ref", ref, next(reversed(new.values())).decode())


_AT_ONCE = 20_000
"""Commits that one pack has."""


def _answer(folder: Path, *args: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        ("git", *args), cwd=folder, input=stdin, check=True, capture_output=True
    )
    return done.stdout
