"""`fleetfeed doctor`: whether enforcement is on, by trying it."""

from pathlib import Path

import click

from fleetfeed.cli.context import Shell, echo_json, with_shell
from fleetfeed.doctor.examine import examine_clone, examine_server
from fleetfeed.git.process import Git, apart
from fleetfeed.repo.repository import Repo


@click.command()
@click.option(
    "--server",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="REPO.git",
    help="The server's bare repository, instead of this clone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_shell
def doctor(shell: Shell, server: Path | None, as_json: bool) -> int:
    """Say whether enforcement really is on, by trying it.

    A malformed post is committed, merged and pushed, and a good one too, in scratch
    repositories with the very hook files of this one, which itself is only read.
    Exit 0: proven; 1: off or broken, each bad line says what to do; 3: cannot tell.

    With --json: answer (on, off, cannot tell), checks (name, status, sentence, next;
    status is ok, warn, bad or skipped), limits (sentences) and code.

    \b
    Examples:
      fleetfeed doctor
      fleetfeed doctor --json
      fleetfeed doctor --server /srv/git/fleet.git
    """
    if server is None:
        found = examine_clone(shell.repo)
    else:
        found = examine_server(Repo(Git(server.absolute(), apart())))
    if as_json:
        echo_json(found.as_json())
    else:
        click.echo("\n".join(found.lines()))
    return found.code
