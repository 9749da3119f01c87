"""Whether a tool may write a file: what `fleetfeed guard` says, before it is written.

It goes by the feed as it was fetched last, as the hooks of a commit do. Where nobody
can tell, and code is guarded in this clone, the answer is no.
"""

import os
from collections.abc import Sequence

from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.server import CODE_PATHS
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_UNNAMED = "no seat is known here: `fleetfeed seat NAME` says who you are"


@record
class Ruling:
    """The tool may not run, for the reason `no`; or it may, and is told `remark`."""

    no: str = ""
    remark: str = ""


def rule(repo: Repo, top: str, paths: Sequence[str], tool: str) -> Ruling:
    """The ruling on the files at `paths`, which `tool` will write; none: it says none.

    `top` is that of the work tree, from which a file may lie outside. CannotTell where
    nobody can tell, and it is not known that code is guarded here.
    """
    inside = _inside(top, paths)
    if paths and not inside:
        return Ruling()
    try:
        if not paths:
            what = printable(tool) or "a tool"
            raise CannotTell(f"{what} does not say which file it is about to write")
        return _judged(repo, inside)
    except CannotTell as error:
        if not os.path.exists(repo.git_path(CODE_PATHS)):
            raise
        todo = "code is guarded here; `fleetfeed doctor` says what is wrong"
        return Ruling(no=f"cannot tell: {printable(str(error), 2000)}; {todo}")


def _judged(repo: Repo, paths: list[str]) -> Ruling:
    from fleetfeed.checks.code import judge_code  # late: what lies outside needs none

    seat = repo.seat_told[0]
    verdict = judge_code(ledger_of(repo).at_hand(), paths, seat)
    age = f" ({'; '.join(verdict.remarks)})" if verdict.remarks else ""
    lines = [finding.sentence for finding in verdict.findings if finding.rejects]
    if lines:
        lines += [] if seat else [_UNNAMED]
        return Ruling(no="; ".join(lines) + age)
    warned = "; ".join(finding.sentence for finding in verdict.findings)
    return Ruling(remark=warned + age if warned else "")


def _inside(top: str, paths: Sequence[str]) -> list[str]:
    """Those of the files that lie in the work tree, from its top, behind links, too.

    git's own folder is no part of it.
    """
    real = os.path.realpath(top)
    found = dict[str, bool]()
    for path in paths:
        whole = os.path.abspath(path)
        for each in (os.path.realpath(whole), _by_folder(whole)):
            below = each.removeprefix(f"{real}/")
            if below != each and not below.startswith(".git/"):
                found[below] = True
    return list(found)


def _by_folder(path: str) -> str:
    """A file's path, behind the links above it: it may be one itself."""
    folder, _, name = path.rpartition("/")
    return os.path.join(os.path.realpath(folder or "/"), name)
