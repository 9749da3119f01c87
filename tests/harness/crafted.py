"""Objects that git's own commands do not make: what a hostile client can push.

`git hash-object --literally` stores whatever it is given, under the kind it is told.
"""

from harness.fleet import Seat

TreeRow = tuple[str, str | bytes, str]


def blob(seat: Seat, text: str) -> str:
    """Store a file's text; its id."""
    return seat.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()


def literally(seat: Seat, kind: str, data: bytes) -> str:
    """Store an object as it is; its id."""
    raw = seat.write(".git/raw", data)
    return seat.line("hash-object", "--literally", "-w", "-t", kind, str(raw))


def tree(seat: Seat, *rows: TreeRow) -> str:
    """Store a tree of `(mode, name, id)` rows, as they are; its id."""
    return literally(seat, "tree", b"".join(_row(*row) for row in rows))


def _row(mode: str, name: str | bytes, id_: str) -> bytes:
    raw = name if isinstance(name, bytes) else name.encode()
    return mode.encode() + b" " + raw + b"\0" + bytes.fromhex(id_)


def rows_of(seat: Seat, folder: str, commit: str = "HEAD") -> list[TreeRow]:
    """The rows of a folder of a commit, for `tree`."""
    listed = seat.git("ls-tree", "-z", f"{commit}:{folder}").stdout.split("\0")
    heads = [row.partition("\t") for row in listed if row]
    return [(h.split()[0].lstrip("0"), name, h.split()[2]) for h, _, name in heads]


def commit_with(seat: Seat, folder: str, id_: str, mode: str = "40000") -> str:
    """Put the object `id_` at `folder`, in a commit on HEAD's; the commit's id."""
    while folder:
        above, _, name = folder.rpartition("/")
        exists = seat.git("cat-file", "-e", f"HEAD:{above}", ok=None).ok
        kept = [row for row in rows_of(seat, above) if row[1] != name] if exists else []
        id_ = tree(seat, *sorted([*kept, (mode, name, id_)], key=_in_gits_order))
        folder, mode = above, "40000"
    commit = seat.line("commit-tree", "-m", "x", "-p", "HEAD", id_)
    seat.git("reset", "-q", "--soft", commit)
    return commit


def _in_gits_order(row: TreeRow) -> bytes:
    name = row[1] if isinstance(row[1], bytes) else row[1].encode()
    return name + b"/" if row[0] == "40000" else name


def commit(seat: Seat, *headers: str, message: str = "x") -> str:
    """Store a commit of these header lines, and let HEAD be it; its id."""
    id_ = literally(seat, "commit", "\n".join([*headers, "", message, ""]).encode())
    # update-ref would look whether it is a sound one.
    seat.write(".git/refs/heads/main", id_ + "\n")
    return id_
