"""`fleetfeed install` and `fleetfeed uninstall`."""

from pathlib import Path

import click

from fleetfeed.cli.context import Shell, echo_json, with_shell
from fleetfeed.git import queries
from fleetfeed.git.process import Git, apart
from fleetfeed.install.client import install_client, uninstall_client
from fleetfeed.install.locations import LAYOUTS, Layout
from fleetfeed.install.report import Report
from fleetfeed.install.server import install_server, uninstall_server
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo, policy_ref

_SERVER = click.option(
    "--server",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="REPO.git",
    help="The server's bare repository, instead of this clone.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")


@click.command()
@_SERVER
@click.option("--ref", help="With --server: the feed ref to pin, in full.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="With --server: whose folders these are. Default: auto.",
)
@_JSON
@with_shell
def install(
    shell: Shell,
    server: Path | None,
    ref: str | None,
    layout: Layout | None,
    as_json: bool,
) -> None:
    """Put the hooks in, beside those there; run again to upgrade.

    \b
    Examples:
      fleetfeed install
      fleetfeed install --server /srv/git/fleet.git
      fleetfeed install --server . --ref refs/heads/feed
    """
    if server is None:
        if ref is not None or layout is not None:
            name = "--layout" if ref is None else "--ref"
            raise click.UsageError(f"{name} goes with --server")
        report = install_client(shell.repo.git, feed=shell.repo.folder)
    else:
        report = install_server(
            Git(server, apart()),
            policy_ref=_policy_ref,
            ref=ref,
            layout=layout or "auto",
        )
    _print(report, as_json)


@click.command()
@_SERVER
@_JSON
@with_shell
def uninstall(shell: Shell, server: Path | None, as_json: bool) -> None:
    """Take the hooks out again, and put back what was there before.

    \b
    Examples:
      fleetfeed uninstall
      fleetfeed uninstall --server /srv/git/fleet.git
    """
    if server is None:
        report = uninstall_client(shell.repo.git)
    else:
        report = uninstall_server(Git(server, apart()))
    _print(report, as_json)


def _policy_ref(git: Git) -> str | None:
    """The `ref:` of a policy in the repository: HEAD's, else a branch's."""
    repo = Repo(git)
    heads = [queries.commit_of(git, "HEAD"), *queries.branches(git).values()]
    found = (_ref_in(repo, commit) for commit in heads if commit)
    return next((ref for ref in found if ref), None)


def _ref_in(repo: Repo, commit: str) -> str | None:
    """The `ref:` of a commit's policy; None where the commit carries no feed."""
    try:
        return policy_ref(repo.snapshot(commit))
    except CannotTell as error:
        # What stands in the feed folder's place on a branch is that branch's business.
        if error.finding is None:
            raise
        return None


def _print(report: Report, as_json: bool) -> None:
    if as_json:
        echo_json(report.as_json())
        return
    for line in report.lines():
        click.echo(line)
