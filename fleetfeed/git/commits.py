"""What a commit would change, which commits lie between two, and objects as they are.

The questions alone, so that a hook can put them before it has read who asks.
"""

BATCH = ("cat-file", "--batch")
"""Objects, one after the other (see `batch`)."""

DIFF = (
    "diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
    "--ignore-submodules=none",
)  # fmt: skip


def staged_question(folder: str) -> tuple[str, ...]:
    """How the index differs from HEAD in `folder`; the rows are those of `git diff`."""
    return (*DIFF, "--cached", "--", folder)


def between_question(old: str | None, new: str) -> tuple[str, ...]:
    """The commits that `new` has and `old` has not.

    Oldest first, one a line, each with its parents behind it. git says which these are:
    in a shallow clone a commit names some that are not here.
    """
    beyond = (f"^{old}",) if old else ()
    order = ("--topo-order", "--reverse", "--parents")
    return ("rev-list", *order, new, *beyond, "--")
