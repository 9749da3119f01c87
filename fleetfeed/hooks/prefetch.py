"""What a hook will ask git: started before Python has read the code that asks.

The first questions need nothing. The settings are their first answer, and with it the
others can be asked, unless a policy says otherwise than they do; then what was asked
ahead is asked again. What that saves stands in `fleetfeed.git.hook_process`.
"""

from collections.abc import Sequence

from fleetfeed.git import queries
from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.queries import SHARED, paths_question, staged_question

DEFAULT_FOLDER, DEFAULT_REF, DEFAULT_REMOTE = "feed", "refs/heads/main", "origin"
"""Where the feed is, as far as nobody says otherwise."""


def start(git: HookGit, settings: tuple[str, ...] = queries.SETTINGS) -> None:
    """The questions of every hook; `settings` is how its settings are asked for."""
    git.ahead(*settings)
    git.ahead(*queries.BATCH, talk=True)


def start_commit(git: HookGit, asked: str, rows: Sequence[str]) -> tuple[str, ...]:
    """The questions of a commit; the names of git's files that are among them.

    What is staged in the folder `asked` is known: git's `rows`.
    """
    staged = printed(rows)
    if asked and staged is not None:
        git.known(*staged_question(asked.strip("/")), printed=staged)
    known = queries.settings(git)
    folder = queries.setting(known, "fleetfeed.dir") or asked or DEFAULT_FOLDER
    git.ahead(*staged_question(folder.strip("/")))
    ref = queries.setting(known, "fleetfeed.ref") or DEFAULT_REF
    remote = queries.setting(known, "fleetfeed.remote") or DEFAULT_REMOTE
    tracking = queries.tracking_ref(known, remote, ref)
    names = ("MERGE_HEAD", SHARED, *(queries.trace_names(tracking) if tracking else ()))
    git.ahead(*paths_question(names))
    if tracking:
        git.ahead(*queries.exact_question(tracking))
    return names


def start_receive(git: HookGit) -> None:
    """The question of every push that a server receives."""
    git.ahead(*queries.ALL)


def start_update(git: HookGit, lines: Sequence[str], ref: str | None) -> None:
    """The questions of a push that moves the feed ref `ref`."""
    for line in lines:
        old, new, name = line.split(" ", 2)
        if name == ref and old.strip("0") and new.strip("0"):
            git.ahead(*queries.between_question(old, new))
            git.ahead(*paths_question((SHARED,)))


def printed(rows: Sequence[str]) -> bytes | None:
    """What git prints with `-z` in place of these `rows`.

    None where it has quoted a path, which nobody but git can undo for certain.
    """
    if any('\t"' in row for row in rows):
        return None
    text = "".join(row.replace("\t", "\0", 1) + "\0" for row in rows)
    return text.encode("utf-8", "surrogateescape")
