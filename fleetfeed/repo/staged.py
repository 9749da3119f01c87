"""What a commit would make of the feed: the index, or the work tree, over HEAD."""

from fleetfeed.feed.objects import PLAIN, Entry
from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.commits import DIFF, staged_question
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.disk import entry_from_disk
from fleetfeed.repo.repository import Repo, not_a_folder
from fleetfeed.util.printable import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

Laid = dict[str, Entry | None]
"""Path -> the entry that comes there; None where one goes."""

DEEPEST = 200
"""Folders in a path that is laid over a tree, the feed's own among them."""


def staged(repo: Repo) -> FeedTree:
    """What would be committed: HEAD's tree with the index's differences laid over it.

    git compares, so the index is the one git means (`-a`, `-p`, `<path>` use one of
    their own), in every format, and intent-to-add entries are not in it.
    """
    rows = repo.git.rows(*staged_question(repo.folder))
    return overlay(repo.at_head.tree, _inside(repo, _entries(rows)))


def working(repo: Repo, top: "Path") -> FeedTree:
    """What `git add` of the whole feed would make: the work tree below `top`."""
    base = "HEAD" if repo.at_head.tree.root else _empty(repo)
    known = _entries(repo.git.rows(*DIFF, base, "--", repo.folder))
    others = repo.git.rows(
        "ls-files", "-z", "--others", "--exclude-standard", "--", repo.folder
    )
    blobs: dict[str, bytes] = {}
    laid: Laid = {
        path: entry_from_disk(top / path, blobs, repo.id_size)
        for path in (*known, *others)
    }
    return overlay(repo.at_head.tree, _inside(repo, laid), blobs)


def _empty(repo: Repo) -> str:
    return repo.git.line("hash-object", "-t", "tree", "/dev/null")


def _inside(repo: Repo, laid: Laid) -> Laid:
    """`laid` by paths in the feed; CannotTell where the folder itself is laid over."""
    deep = next((path for path in laid if path.count("/") > DEEPEST), None)
    if deep is not None:
        said = f"{shown(deep)} lies deeper than any post"
        raise CannotTell(f"{said}; keep it outside the feed")
    if repo.folder in laid:
        entry = laid[repo.folder]
        raise not_a_folder(repo.folder, entry.mode if entry else PLAIN)
    return {path.removeprefix(repo.folder + "/"): entry for path, entry in laid.items()}


def _entries(rows: list[str]) -> Laid:
    """What the rows of `git diff --raw -z` put where.

    Format: `:oldmode newmode oldid newid status NUL path` (git-diff, RAW OUTPUT).
    """
    found: Laid = {}
    for head, path in zip(rows[::2], rows[1::2], strict=True):
        _, mode, _, id_, status = head.split()
        if status == "U":
            said = f"{shown(path)} has an unsettled conflict"
            raise CannotTell(f"{said}; settle it and `git add` it")
        new = Entry(path.rsplit("/", 1)[-1], int(mode, 8), id_)
        found[path] = None if status == "D" else new
    return found
