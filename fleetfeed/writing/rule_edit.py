"""The files that say what is lawful, changed by one commit on the feed ref."""

from collections.abc import Callable

from fleetfeed.checks.push import judge_write
from fleetfeed.feed.overlay import with_files
from fleetfeed.git.remote import LONG
from fleetfeed.ledger.base import Accepted, Files, Rejected, Tip
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_TRIES = 10


@record
class Edited:
    """The feed has it: by `commit`, or already (`moved` is false then).

    `remark` is what is to be known of a checkout.
    """

    commit: str
    moved: bool
    remark: str = ""


@record
class Manner:
    """How a change of the rules is handed in.

    `approvals` are what other stewards signed for it, one line each; `reason` is told
    in the commit.
    """

    approvals: tuple[str, ...] = ()
    reason: str = ""

    @property
    def trailers(self) -> list[str]:
        """The lines of the commit's message that say so."""
        given = (line.removeprefix("Approval:").strip() for line in self.approvals)
        lines = [f"Reason: {printable(self.reason, 400)}"] if self.reason else []
        return [*lines, *(f"Approval: {line}" for line in given)]


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
    ledger, why = GitLedger(repo), ""
    message = "".join((f"{title}\n\n", *(f"{line}\n" for line in manner.trailers)))
    for _ in range(_TRIES):
        tip = ledger.read(LONG)
        files = change(tip)
        if not files:
            return Edited(tip.commit, moved=False)
        if at_server:
            ledger.require_decisive(tip, LONG)
        _require_lawful(ledger, tip, files, what)
        outcome = ledger.swap(tip, files, message, LONG)
        if isinstance(outcome, Accepted):
            return Edited(outcome.commit, moved=True, remark=outcome.remark)
        why = "; ".join((outcome.why, *outcome.words))
        if isinstance(outcome, Rejected):
            raise Refused(f"{what} was not changed: {outcome.why}", (), outcome.words)
    raise CannotTell(f"{what} was not changed: {why}; run it again")


def _require_lawful(ledger: GitLedger, tip: Tip, files: Files, what: str) -> None:
    after = tip.feed.changed_to(with_files(tip.feed.tree, files))
    verdict = judge_write(tip.feed, after, ledger.where)
    if verdict.refused:
        raise Refused(f"{what} was not changed", verdict.findings)
