"""Whether a tool may write a file: what `fleetfeed guard` says, before it is written.

It goes by the feed as it was fetched last, as the hooks of a commit do. Where nobody
can tell, and code is guarded in this clone, the answer is no.
"""

import os
from collections.abc import Sequence

from fleetfeed.ledger.chosen import ledger_of
from fleetfeed.model.errors import CannotTell, FleetfeedError
from fleetfeed.model.server import CODE_PATHS
from fleetfeed.repo.behind_links import behind_links
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_UNNAMED = "no seat is known here: `fleetfeed seat NAME` says who you are"


@record
class Ruling:
    """The tool may not run, for the reason `no`; or it may, and is told `remark`."""

    no: str = ""
    remark: str = ""


def rule(repo: Repo, paths: Sequence[str], doubt: str = "") -> Ruling:
    """The ruling on the files at `paths` from a work tree's top, which a tool writes.

    `doubt` says why nobody knows which they are. Where nobody can tell, and it is not
    known that code is guarded here, what is wrong is raised: CannotTell, or a bug.
    """
    try:
        if doubt:
            raise CannotTell(doubt)
        return _judged(repo, [*paths])
    except Exception as error:
        if not os.path.exists(repo.git_path(CODE_PATHS)):
            raise
        return _refused(error)


def _refused(error: Exception) -> Ruling:
    """The answer where nobody can tell, and code is guarded."""
    why = str(error)
    if not isinstance(error, FleetfeedError):
        from fleetfeed.util.crashlog import report_crash  # late: there should be none

        why = report_crash(error)
    todo = "code is guarded here; `fleetfeed doctor` says what is wrong"
    return Ruling(no=f"cannot tell: {printable(why, 2000)}; {todo}")


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


def meant(paths: Sequence[str]) -> list[str]:
    """The files that a tool may mean by `paths`, seen from here, behind links.

    Some tools trim a path, and know of a home. CannotTell where no file can have such a
    name.
    """
    bare = [path.strip() for path in paths]
    try:
        return behind_links((*paths, *bare, *map(os.path.expanduser, bare)))
    except ValueError as error:  # NUL, or half of a surrogate pair
        raise CannotTell(f"no file can have the name that is given: {error}") from None
