"""`fleetfeed audit`: whether the whole history is sound."""

import click

from fleetfeed.checks.audit import judge_audit
from fleetfeed.cli.check import FORMAT, print_verdict
from fleetfeed.cli.context import Shell, with_shell
from fleetfeed.repo.view import newest_view
from fleetfeed.util.progress import Counter, status


@click.command()
@click.argument("commit", required=False)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@FORMAT
@with_shell
def audit(shell: Shell, commit: str | None, offline: bool, form: str) -> int:
    """Judge the whole history of the feed ref, or of COMMIT.

    Any full clone can say whether every commit of the feed is whole, every post can be
    read, and no surface has two holders.

    \b
    Examples:
      fleetfeed audit
      fleetfeed audit HEAD --format json
    """
    if commit is None:
        tip = newest_view(shell.repo, offline=offline).commit
    else:
        tip = shell.commit(commit)
    verdict = judge_audit(shell.repo, tip, Counter())
    status("")
    return print_verdict(verdict, "audit", form)
