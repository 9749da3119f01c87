"""The judge over a history: all that can be told of it, or who brought it."""

import click

from fleetfeed.cli.check import FORMAT, print_verdict
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.pager import paged
from fleetfeed.ledger.fleet import FleetLedger, History
from fleetfeed.ledger.git_fleet import GitFleet
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Verdict
from fleetfeed.util.progress import Counter, Progress, status


@click.command()
@click.argument("commit", required=False)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@FORMAT
@json_flag
@with_shell
@paged
def audit(shell: Shell, commit: str | None, offline: bool, form: str) -> int:
    """Judge the whole history of the feed ref, or of COMMIT.

    Any full clone can say whether every commit of the feed is whole, every post can be
    read, no surface has two holders, and, where the policy asked for signatures, that
    each post and each rule is by whom it then allowed (see `fleetfeed verify`). Where
    posts are in a database, its appends are audited; COMMIT is of a feed in git.

    \b
    Examples:
      fleetfeed audit
      fleetfeed audit HEAD --format json
    """
    verdict = _keeper(shell, commit).audited(History(commit, offline), Counter())
    status("")
    return print_verdict(shell, verdict, "audit", form)


@click.command()
@click.argument("commit", required=False)
@click.option(
    "--since", metavar="COMMIT", help="Trust this commit; verify what came after it."
)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@FORMAT
@json_flag
@with_shell
@paged
def verify(
    shell: Shell, commit: str | None, since: str | None, *, offline: bool, form: str
) -> int:
    """Prove who brought the feed's history, or that of COMMIT.

    Of each commit it is asked what the server asked, by the rules under which it landed
    and as of its time in the history: who signed it, whether that was somebody whom
    the policy allowed, and whether its posts were lawful. No server is needed for it.
    Exit 3: cannot tell, such as who pushed, under `identity: {mode: pusher}`. A
    database tells that of each append, by its role.

    \b
    Examples:
      fleetfeed verify
      fleetfeed verify --since v1.0 --json
      fleetfeed verify HEAD --since origin/main~100 --offline
    """
    history = History(commit, offline)
    proof = _keeper(shell, commit).proven(history, Progress(), since)
    verdict = Verdict(proof.findings, (proof.words,))
    if proof.unproven and not verdict.refused:
        todo = "`--since COMMIT` verifies what came after them"
        raise CannotTell(f"{proof.unproven}; {todo}")
    return print_verdict(shell, verdict, "history", form)


def _keeper(shell: Shell, commit: str | None) -> FleetLedger:
    """Whoever has the history that is asked about: a commit's, git has."""
    return shell.ledger if commit is None else GitFleet(shell.repo)
