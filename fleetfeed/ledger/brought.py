"""What a queue sends along with its answer, taken for what a fetch would have brought.

A post that landed upon a newer feed is read there. The queue's leader has packed what
this clone lacks of it, so it need not be fetched in a connection of its own. git takes
the pack in and checks it, as it does with what is fetched: each object by its id, its
form, and that nothing of the new tip is missing. Whatever is wrong with it, or unusual
about this clone, the feed is fetched as ever.
"""

import os
from collections.abc import Iterable

from fleetfeed.git.pack import count_in
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo

_FEW = 30
"""How many objects are kept as files of their own: a pack is quicker from there on."""
_OTHERWISE = ("push.pushoption", "fetch.fsck.")
"""How settings begin by which a fetch, or a push, is not as it is made here."""


def may_be_brought(repo: Repo, where: Where) -> bool:
    """Whether what the feed's remote sends along can be taken in as if it was fetched.

    Not in a clone that has a part of the history, or of the objects, and not past what
    its user has said of fetches and pushes.
    """
    if where.tracking is None or where.remote is None:
        return False
    known, remote = repo.settings, f"remote.{where.remote}."
    partial = any(f"{remote}{name}" in known for name in _PARTIAL)
    if partial or any(name.startswith(_OTHERWISE) for name in known):
        return False
    return not os.path.lexists(f"{repo.common_folder}/shallow")


_PARTIAL = ("promisor", "partialclonefilter")


def is_brought(repo: Repo, tip: str, commit: str, pack: bytes) -> bool:
    """Whether all that `commit` has is here, by `pack` and what `tip` has.

    And whether `commit` comes after `tip` in the feed's line.
    """
    if not pack:
        return False
    try:
        _keep(repo.git, pack)
        done = repo.git.run("rev-list", *_ALL, commit, f"^{tip}", "--")
    except CannotTell:
        return False
    return _leads_back(done.stdout.decode("ascii").splitlines(), commit, tip)


_ALL = ("--objects", "--no-object-names", "--parents")
"""All that is new, commits with their parents; git fails where a part is not there."""


def _keep(git: Git, pack: bytes) -> None:
    """Have git take the objects in; it looks whether they are well formed."""
    if count_in(pack) < _FEW:
        git.run("unpack-objects", "-q", "--strict", stdin=pack)
    else:
        git.run("index-pack", "--stdin", "--fix-thin", "--strict", stdin=pack)


def _leads_back(rows: Iterable[str], commit: str, tip: str) -> bool:
    """Whether `tip` was the feed's, and later `commit`: the line of first parents.

    `rows` are the commits between them, each with its parents, and other ids.
    """
    known = (row.split() for row in rows)
    first = {ids[0]: ids[1] for ids in known if len(ids) > 1}
    while commit != tip:
        if commit not in first:
            return False
        commit = first[commit]
    return True
