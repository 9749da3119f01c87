"""Which paths are changed: in the index, in the work tree, by each commit of a push."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from fleetfeed.git.process import Git
from fleetfeed.git.queries import is_within
from fleetfeed.util.records import record, replace

_NAMES = (
    "diff", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff",
    "--ignore-submodules=none",
)  # fmt: skip
# What a user may have set for `git log` must not change what is listed.
_LOG = (
    "log", "-z", "--raw", "--source", "--no-abbrev", "--root", "--no-color",
    "--no-notes", "--no-show-signature", "--no-mailmap", "--no-renames",
    "--no-relative", "--no-follow", "--no-ext-diff", "--ignore-submodules=none",
    "--diff-merges=combined", "--full-history", "--topo-order", "--reverse",
)  # fmt: skip
_FORM = "--format=%H %ct %S%n%an%n%(trailers:key=%s,valueonly,separator=%x2C)"


@record
class Changed:
    """A commit, and the paths that it changes; a merge, against all its parents.

    `trailers` are the values of the trailer that was asked for, `author` is who wrote
    it by its own word, `time` when it was committed, in seconds of UTC; `source` is
    the ref, or what else was asked about, by which it was found.
    """

    commit: str
    paths: tuple[str, ...]
    trailers: tuple[str, ...]
    author: str
    time: float
    source: str


def staged(git: Git, sides: Sequence[str] = ()) -> list[str]:
    """The paths that a commit would change, against all of the `sides` it merges."""
    found = git.rows(*_NAMES, "--cached")
    for side in sides:
        theirs = set(git.rows(*_NAMES, "--cached", side))
        found = [path for path in found if path in theirs]
    return found


def in_work_tree(git: Git) -> list[str]:
    """The paths that are changed, staged or not, and what is new and not ignored."""
    rows = git.rows(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all",
        "--ignore-submodules=none",
    )  # fmt: skip
    return [row[3:] for row in rows]


def below(git: Git, path: str) -> list[str]:
    """The files in the folder `path`, but those that are ignored; or `path` itself."""
    question = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(set(git.rows(*question, "--", path))) or [path]


def by_commits(
    git: Git, range_: Sequence[str], trailer: str, pathspecs: Sequence[str] = ()
) -> Iterator[Changed]:
    """The commits of a range that change something, the oldest first.

    `range_` is what `git rev-list` takes; `pathspecs` may have signs (`:(glob)…`).
    """
    from fleetfeed.git.log import streamed  # late: it brings `subprocess`

    form = _FORM.replace("%s", trailer)
    asked = (*_LOG, form, *range_, "--", *pathspecs)
    with closing(streamed(_by_patterns(git), *asked)) as texts:
        yield from _changed(texts)


def left_out(
    git: Git, old: str, new: str, trailer: str, pathspecs: Sequence[str]
) -> Changed | None:
    """What `new` has otherwise than `old`, whom it contains, by none of its commits.

    A merge that takes one side whole (`-s ours`) leaves out what the other has changed,
    and so changes nothing against all its parents. It is said of the commit `new`.
    """
    if not pathspecs:  # git would tell of all that there is
        return None
    paths = _by_patterns(git).rows(*_NAMES, old, new, "--", *pathspecs)
    if not paths or not is_within(git, old, new):
        return None
    by_one = set[str]()
    for row in by_commits(git, (new, f"^{old}"), trailer, pathspecs):
        by_one.update(row.paths)
    lost = tuple(path for path in paths if path not in by_one)
    if not lost:
        return None
    (tip,) = by_commits(git, ("--max-count=1", new), trailer)
    return replace(tip, paths=lost)


def _by_patterns(git: Git) -> Git:
    """`git`, to which a pathspec may have signs."""
    literal = "GIT_LITERAL_PATHSPECS"
    plain = {name: v for name, v in git.environment.items() if name != literal}
    return Git(git.at, plain)


def _changed(texts: Iterator[str]) -> Iterator[Changed]:
    """The commits in git's output: three lines each, and then its rows.

    A row is `:modes ids status NUL path`; a newline or an empty text may stand before
    it. The lines begin with an id, so no path or name is ever taken for them.
    """
    head, paths = "", list[str]()
    for text in texts:
        row = text.lstrip("\n")
        if row.startswith(":"):
            paths.append(next(texts))
        elif row:
            if head:
                yield _commit(head, paths)
            head, paths = row, []
    if head:
        yield _commit(head, paths)


def _commit(head: str, paths: list[str]) -> Changed:
    first, author, values = head.split("\n", 2)
    commit, time, source = first.split(" ", 2)
    trailers = tuple(value.strip() for value in values.split(",") if value.strip())
    # A commit that git did not write may have no time that can be read.
    return Changed(commit, tuple(paths), trailers, author, float(time or 0), source)
