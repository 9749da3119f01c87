"""Histories of many commits, made by one `git fast-import`."""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.posts import path, post
from harness.repo import Repo

Step = tuple[Sequence[int], Mapping[str, str | None]]
"""A commit: its parents, by their place among the steps, and what it puts where in
the first of them (None: taken away)."""

WHEN = 1_700_000_000


def imported(folder: Path, steps: Iterable[Step]) -> Repo:
    """A repository without a work tree, whose branch `main` is the last of `steps`."""
    repo = Repo.init(folder, "--bare", "-b", "main")
    stream = b"".join(_commit(number, *step) for number, step in enumerate(steps))
    subprocess.run(
        ("git", "fast-import", "--quiet", "--force"),
        cwd=folder,
        env=dict(repo.environment),
        input=stream,
        check=True,
        capture_output=True,
    )
    return repo


def _commit(
    number: int, parents: Sequence[int], files: Mapping[str, str | None]
) -> bytes:
    head = f"commit refs/heads/main\nmark :{number + 1}\n"
    head += f"committer A <a@example.invalid> {WHEN + number} +0000\ndata 1\nx\n"
    for which, parent in zip(
        ["from", *["merge"] * len(parents)], parents, strict=False
    ):
        head += f"{which} :{parent + 1}\n"
    if not parents:
        head = f"reset refs/heads/main\n{head}"
    return head.encode() + b"".join(_file(*row) for row in files.items())


def _file(where: str, text: str | None) -> bytes:
    if text is None:
        return f"D {where}\n".encode()
    data = text.encode()
    return f"M 100644 inline {where}\ndata {len(data)}\n".encode() + data + b"\n"


def one_after_the_other(posts: int, prefix: str = "CMB") -> list[Step]:
    """A sound history of `posts` commits: items are filed, claimed and done."""
    steps: list[Step] = []
    for number in range(posts):
        item = f"{prefix}-{number // 3 + 1:04d}"
        which = number % 3
        state = ("AWAITING_CLAIM", "IN_PROGRESS", "DONE")[which]
        first = {
            "surface_key": f"CAMBER:file:src/{item}",
            "no_overlap_proof": "nobody else works on it",
        }
        text = post(item=item, state=state, **({} if which else first))
        steps.append(([number - 1] if number else [], {path(item, which + 1): text}))
    return steps
