"""`fleetfeed audit`: whether the whole history is sound."""

import sys
import time

import click

from fleetfeed.checks.audit import judge_audit
from fleetfeed.cli.check import FORMAT, print_verdict
from fleetfeed.cli.context import Shell, edge
from fleetfeed.repo.view import newest_view

_PAUSE = 0.1
"""Seconds between two words of progress."""


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
    verdict = judge_audit(shell.repo, tip, _Progress().tell)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return print_verdict(verdict, "audit", form)


class _Progress:
    """Progress on a terminal: some times a second, and at the end."""

    def __init__(self) -> None:
        self._next = 0.0

    def tell(self, what: str, done: int, total: int) -> None:
        """Say how much of what is done."""
        now = time.monotonic()
        if not sys.stderr.isatty() or (now < self._next and done < total):
            return
        self._next = now + _PAUSE
        click.echo(f"\r\x1b[K{what}: {done} of {total}", nl=False, err=True)
