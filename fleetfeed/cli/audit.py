"""`fleetfeed audit`: whether the whole history is sound."""

import sys

import click

from fleetfeed.cli.check import FORMAT, print_verdict
from fleetfeed.cli.context import Shell, edge
from fleetfeed.entrance.audit import judge_audit
from fleetfeed.feed.view import newest_view

_STEP = 200


@click.command()
@click.argument("commit", required=False)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@FORMAT
@click.pass_obj
@edge
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
    verdict = judge_audit(shell.repo, tip, _tell)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return print_verdict(verdict, "audit", form)


def _tell(what: str, done: int, total: int) -> None:
    """Progress on a terminal: every few hundred, and at the end."""
    if sys.stderr.isatty() and (done % _STEP == 0 or done == total):
        click.echo(f"\r\x1b[K{what}: {done} of {total}", nl=False, err=True)
