"""Which files of a clone's work trees a path means: links on the way are followed.

What is about to be written lies where a path leads to; and a link may itself be what
changes. So both are told.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from fleetfeed.repo.repository import Repo


def behind_links(paths: Iterable[str]) -> list[str]:
    """The files, from the root on, that may be meant by `paths`, as seen from here.

    ValueError where no file can have such a name.
    """
    found = dict[str, bool]()
    for path in paths:
        # A system goes up from where a link leads to, many a tool from its name.
        for way in (os.path.abspath(path), path):
            found[os.path.realpath(way)] = True
            folder, name = os.path.split(way.rstrip("/"))
            if name not in ("", ".", ".."):
                found[os.path.join(os.path.realpath(folder), name)] = True
    return list(found)


def within(repo: Repo, top: str, files: Sequence[str]) -> list[str]:
    """Those of `files`, as `behind_links` has them, in a work tree of the clone.

    Each is told from that one's top; `top` is that of the one around us. git's own
    folder is no part of a work tree.
    """
    tops = sorted({*_tops(repo), os.path.realpath(top)}, key=len, reverse=True)
    found = dict[str, bool]()
    for file in files:
        around = next((t for t in tops if file.startswith(f"{t}/")), None)
        below = file[len(around) + 1 :] if around else ".git/"
        if not below.startswith(".git/"):
            found[below] = True
    return list(found)


def _tops(repo: Repo) -> Iterator[str]:
    """The tops of the clone's other work trees: the same code, and the same claims."""
    common = os.path.realpath(repo.common_folder)
    above, name = os.path.split(common)
    if name == ".git":
        yield above
    with suppress(OSError), os.scandir(os.path.join(common, "worktrees")) as linked:
        for each in linked:
            with suppress(OSError), open(os.path.join(each, "gitdir")) as file:
                yield os.path.realpath(os.path.dirname(file.read().rstrip("\n")))
