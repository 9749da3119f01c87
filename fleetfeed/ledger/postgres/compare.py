"""A feed's files in git beside those on the ledger, path by path."""

from collections.abc import Iterable, Mapping

from fleetfeed.feed.objects import PLAIN
from fleetfeed.git.process import Git
from fleetfeed.model import layout
from fleetfeed.util.records import record


@record
class LedgerFile:
    """A file as the ledger has it: by which append, where, and its id in git."""

    append: int
    path: str
    id: str


@record
class Compared:
    """Where ledger and git differ.

    `missing` are files that git has not yet, or rules that it has in their last form;
    `strangers` are paths in git that the ledger has not, `altered` those that it has
    otherwise. `newest` is the last append that git has anything of.
    """

    missing: tuple[LedgerFile, ...]
    strangers: tuple[str, ...]
    altered: tuple[str, ...]
    newest: int

    @property
    def foreign(self) -> tuple[str, ...]:
        """What git has and cannot have from the ledger."""
        return tuple(sorted((*self.strangers, *self.altered)))


def compared(ledger: Iterable[LedgerFile], there: Mapping[str, str]) -> Compared:
    """Compare the `ledger` with what is `there` in git: ids by their paths."""
    others, known, newest = list[LedgerFile](), set[str](), 0
    for file in ledger:
        known.add(file.path)
        if there.get(file.path) == file.id:
            newest = max(newest, file.append)
        else:
            others.append(file)
    missing, altered = list[LedgerFile](), list[str]()
    for file in others:
        # The rules alone are replaced: git may have those of before.
        replaced = file.path in layout.RULES and file.append > newest
        if file.path not in there or replaced:
            missing.append(file)
        else:
            altered.append(file.path)
    strangers = sorted(path for path in there if path not in known)
    return Compared(tuple(missing), tuple(strangers), tuple(sorted(altered)), newest)


def files_in(git: Git, commit: str | None, folder: str) -> dict[str, str]:
    """The files below `folder` in a commit: ids by their paths in it.

    What is no plain file has no id of one, and so is nobody's.
    """
    if commit is None:
        return {}
    found = dict[str, str]()
    tree = f"{commit}:{folder}"
    done = git.run("rev-parse", "--verify", "--quiet", tree, accept=(0, 1))
    for row in git.rows("ls-tree", "-r", "-z", tree) if not done.returncode else ():
        head, _, path = row.partition("\t")
        mode, _, id_ = head.split(" ")
        found[path] = id_ if int(mode, 8) == PLAIN else f"{mode} {id_}"
    return found
