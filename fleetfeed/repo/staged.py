"""What a commit would make of the feed: the index, or the work tree, over HEAD.

And which commits it would merge into HEAD.
"""

import os

from fleetfeed.feed.objects import EXECUTABLE, LINK, PLAIN, Entry, object_id
from fleetfeed.feed.overlay import overlay
from fleetfeed.feed.tree import FeedTree
from fleetfeed.git.queries import DIFF, staged_question
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo, not_a_folder
from fleetfeed.util.printable import printable

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
    base = "HEAD"
    if repo.at_head.tree.root is None:
        base = repo.git.line("hash-object", "-t", "tree", "/dev/null")
    known = _entries(repo.git.rows(*DIFF, base, "--", repo.folder))
    untracked = ("ls-files", "-z", "--others", "--exclude-standard")
    others = repo.git.rows(*untracked, "--", repo.folder)
    blobs: dict[str, bytes] = {}
    laid: Laid = {}
    for path in (*known, *others):
        laid[path] = entry_from_disk(top / path, blobs, repo.id_size)
    return overlay(repo.at_head.tree, _inside(repo, laid), blobs)


def entry_from_disk(
    path: "Path", blobs: dict[str, bytes], id_size: int = 20
) -> Entry | None:
    """The entry that `git add` would make of `path`, its bytes put into `blobs`.

    None where there is no file. CannotTell where it cannot be read. Ids have `id_size`
    bytes, as in the repository that the entry is for.
    """
    try:
        if path.is_symlink():
            data, mode = os.fsencode(path.readlink()), LINK
        else:
            data = path.read_bytes()
            mode = EXECUTABLE if path.stat().st_mode & 0o100 else PLAIN
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or "no reason given"
        raise CannotTell(f"{printable(str(path))} cannot be read: {why}") from error
    id_ = object_id("blob", data, id_size)
    blobs[id_] = data
    return Entry(path.name, mode, id_)


def _inside(repo: Repo, laid: Laid) -> Laid:
    """`laid` by paths in the feed; CannotTell where the folder itself is laid over."""
    deep = next((path for path in laid if path.count("/") > DEEPEST), None)
    if deep is not None:
        message = f"{printable(deep)} lies deeper than any post"
        raise CannotTell(f"{message}; keep it outside the feed")
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
            message = f"{printable(path)} has an unsettled conflict"
            raise CannotTell(f"{message}; settle it and `git add` it")
        new = Entry(path.rsplit("/", 1)[-1], int(mode, 8), id_)
        found[path] = None if status == "D" else new
    return found


_NAMED = "GITHEAD_"


def merged_commits(repo: Repo) -> tuple[str, ...]:
    """The commits that the next commit merges; none where it is an ordinary one.

    While a merge waits for its commit, MERGE_HEAD has them, one a line. A merge that
    needs no help writes it after the hook, and names what it merges in the hook's
    environment, as `GITHEAD_<id>` (git, builtin/merge.c); that also tells where the
    pre-commit framework calls us.
    """
    waiting = repo.git_path("MERGE_HEAD")
    named = (n.removeprefix(_NAMED) for n in os.environ if n.startswith(_NAMED))
    if os.path.exists(waiting):
        with open(waiting, encoding="ascii") as rows:
            return tuple(rows.read().split())
    return tuple(named)
