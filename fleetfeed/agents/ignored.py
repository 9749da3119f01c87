"""Personal files in git's own list of what is ignored, which nobody commits."""

import os
from collections.abc import Iterable
from pathlib import Path

from fleetfeed.agents import disk
from fleetfeed.agents.artifacts import Blocked, SectionFile
from fleetfeed.agents.journal import Entry, Journal, digest
from fleetfeed.agents.sections import HASH
from fleetfeed.install.files import in_words

_LIST = "info/exclude"


def ignore_personal(
    common: Path, journal: Journal, tops: Iterable[Path]
) -> tuple[str, ...]:
    """Have git ignore the personal files of the worktrees at `tops`; warnings.

    `common` is the folder that all of them share.
    """
    paths = sorted(
        {f"/{p}" for top in tops for p, e in journal.below(top) if e.personal}
    )
    file = Path(os.path.realpath(common / _LIST))
    listed = SectionFile(_LIST, "\n".join(paths), HASH)
    try:
        _list(listed, file, journal, keep=bool(paths))
    except Blocked as why:
        return (f"{file} is left as it is: {why}; do not commit {', '.join(paths)}",)
    return ()


def _list(listed: SectionFile, file: Path, journal: Journal, *, keep: bool) -> None:
    now, known = disk.read(file), journal.of(file)
    text = disk.text_of(now) or ""
    ours = known is not None and now is not None and known.after == digest(now)
    if not keep:
        if known and ours:
            disk.put_back(file, known.before)
        elif now is not None and listed.has_any(text):
            _replace(file, listed.without(text, None).encode(), journal)
        journal.note(file, None)
        return
    new = listed.wanted(text).encode()
    if new == (now or b""):
        return
    before = known.before if known and ours else now
    journal.note(file, Entry((), before, digest(new)))
    _replace(file, new, journal)


def _replace(file: Path, new: bytes, journal: Journal) -> None:
    with in_words(file):
        journal.made(disk.write(file, new))
