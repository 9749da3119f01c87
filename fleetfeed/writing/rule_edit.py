"""The files that say what is lawful, changed by one commit on the feed ref.

It is judged before it is pushed, as a server's hook would: where no hook is, nobody
else does, and an unlawful change of the rules stands in the history for ever.
"""

from collections.abc import Callable

from fleetfeed.checks.push import judge_push
from fleetfeed.git.remote import LONG
from fleetfeed.ledger.base import Accepted, Files, Rejected, Tip
from fleetfeed.ledger.git_fleet import GitFleet
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.approving import approval_line

_TRIES = 10


@record
class Edited:
    """The feed has it: by `commit`, or already (`moved` is false then).

    `remark` is what is to be known of a checkout. With a `branch` it is there alone,
    for others to approve.
    """

    commit: str
    moved: bool
    remark: str = ""
    branch: str = ""


@record
class Manner:
    """How a change of the rules is handed in.

    `approvals` are what other stewards signed for it, one line each; `reason` is told
    in the commit. With a branch to `propose` it on, nothing is pushed.
    """

    approvals: tuple[str, ...] = ()
    reason: str = ""
    propose: str = ""

    @property
    def trailers(self) -> list[str]:
        """The lines of the commit's message that say so."""
        lines = [f"Reason: {printable(self.reason, 400)}"] if self.reason else []
        return [*lines, *map(approval_line, self.approvals)]


PLAIN = Manner()


def edit_rules(
    repo: Repo,
    change: Callable[[Tip], Files],
    title: str,
    *,
    what: str,
    manner: Manner = PLAIN,
    at_server: bool = True,
) -> Edited:
    """Push what `change` makes of the newest tip; an empty change is there already.

    `what` is the subject of the sentences that say that it was not. Refused and
    CannotTell as with every write; `at_server`: also where the other side is not the
    server that the policy names.
    """
    ledger, why = GitFleet(repo), ""
    message = "".join((f"{title}\n\n", *(f"{line}\n" for line in manner.trailers)))
    for _ in range(_TRIES):
        tip = ledger.read(LONG)
        files = change(tip)
        if not files:
            return Edited(tip.commit, moved=False)
        if at_server:
            ledger.require_decisive(tip, LONG)
        new = ledger.commit(tip, files, message)
        if manner.propose:
            return _proposed(repo, new, manner.propose)
        _require_lawful(repo, ledger, tip, new, what)
        outcome = ledger.land(tip, new, LONG)
        if isinstance(outcome, Accepted):
            return Edited(outcome.commit, moved=True, remark=outcome.remark)
        why = "; ".join((outcome.why, *outcome.words))
        if isinstance(outcome, Rejected):
            raise Refused(f"{what} was not changed: {outcome.why}", (), outcome.words)
    raise CannotTell(f"{what} was not changed: {why}; run it again")


def _require_lawful(
    repo: Repo, ledger: GitFleet, tip: Tip, new: str, what: str
) -> None:
    verdict = judge_push(repo, tip.commit, new, ledger.where)
    if verdict.refused:
        raise Refused(f"{what} was not changed", verdict.findings)


def _proposed(repo: Repo, new: str, branch: str) -> Edited:
    """Put the commit on a new branch."""
    ref = f"refs/heads/{branch}"
    if repo.git.run("check-ref-format", ref, accept=(0, 1)).returncode:
        raise Usage(f"{printable(branch)} cannot be a branch's name; take another")
    if repo.tip(ref):
        known = printable(branch)
        raise Usage(f"there is a branch {known}; `git branch -D {known}` takes it away")
    repo.git.run("update-ref", ref, new, "")
    return Edited(new, moved=True, branch=branch)
