"""`join`: everything that a clone needs, again and again without harm."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from fleetfeed.agents.tools import TOOLS
from fleetfeed.cli.agents import set_up
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.doctor.examine import examine_clone
from fleetfeed.git.process import Git
from fleetfeed.git.queries import remote_at, settings
from fleetfeed.install.agent_clone import name_committer, own_name
from fleetfeed.install.client import install_client
from fleetfeed.install.code_paths import code_guarded
from fleetfeed.install.join import Joined, from_anywhere
from fleetfeed.install.join import join as join_fleet
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.install.seat import set_seat
from fleetfeed.install.server_name import name_server
from fleetfeed.install.signing_report import with_signing
from fleetfeed.ledger.server import probe, require_server
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo, is_repository
from fleetfeed.repo.view import newest_view
from fleetfeed.util.printable import printable


@click.command()
@click.argument("address", required=False)
@click.option("--seat", "name", metavar="NAME", help="The seat of this worktree.")
@click.option(
    "--name-server", "write", is_flag=True, help="Have the policy name the server."
)
@click.option(
    "--agent",
    "tools",
    type=click.Choice(list(TOOLS)),
    multiple=True,
    help="Set up this agent's tool, too (`fleetfeed agents`); may be repeated.",
)
@json_flag
@with_shell
def join(
    shell: Shell,
    *,
    address: str | None,
    name: str | None,
    write: bool,
    tools: tuple[str, ...],
) -> int:
    """Join the fleet at ADDRESS, or make sure of the one that this clone belongs to.

    Finds out where the feed is, adds what is missing (remote, refspec, seat, hooks;
    .fleetfeed.yaml where a fresh clone would look elsewhere), asks the server for its
    name, and ends as `fleetfeed doctor` does. Outside of a repository ADDRESS is cloned
    first. Run it again as often as you like.

    With --agent it is all that an agent needs, from an empty folder: also the tool's
    hooks and instructions and, where none is known, a seat with a name of its own and a
    committer for git.

    \b
    Examples:
      fleetfeed join
      fleetfeed join git@git.example.org:fleet.git --seat CAMBER-06
      fleetfeed join git@git.example.org:fleet.git --agent claude
      fleetfeed join --name-server
    """
    if is_repository(Git()):
        return _join(shell, [], address, name, tools, write=write)
    if not address:
        where = f"{printable(str(Path.cwd()), 400)} is in no git repository"
        raise Usage(f"{where}; `fleetfeed join ADDRESS` clones the fleet's into it")
    folder = _folder(address)
    steps = [_cloned(address, folder)]
    inside = Shell(shell.words)
    try:
        return _join(inside, steps, None, name, tools, write=write)
    except FleetfeedError:
        todo = f"what is to be done is to be done there: `cd {shlex.quote(folder)}`"
        shell.remark(f"fleetfeed: the clone is in {printable(folder)}; {todo}")
        raise


def _join(
    shell: Shell,
    steps: list[InstallStep],
    address: str | None,
    name: str | None,
    tools: tuple[str, ...],
    *,
    write: bool,
) -> int:
    """Join in the repository around this folder; `steps` are what was done before."""
    top = shell.top
    if name is None and tools and not shell.repo.seat_told[0]:
        name = own_name(tools[0])
    if name is not None:
        set_seat(shell.repo.git, checked_seat("--seat", name))
        steps.append(InstallStep("set", "seat", name))
    if tools:
        steps += name_committer(shell.repo.git, shell.repo.seat_told[0] or name or "")
    if shell.on_database:
        return _on_database(shell, steps, tools, given=bool(address) or write)
    joined = join_fleet(shell.repo.git, top, address)
    steps += joined.steps
    guard = code_guarded(joined.repo)
    installed = install_client(joined.repo.git, feed=joined.repo.folder, guard=guard)
    steps += installed.steps
    warnings = [*installed.warnings, *_server(joined, steps, write=write)]
    report = Report(tuple(steps), tuple(warnings), installed.wanted)
    report = with_signing(report, joined.repo, name or shell.seat_if_known)
    return _ended(shell, joined.repo.git, report + _agents(shell, tools))


def _agents(shell: Shell, tools: tuple[str, ...]) -> Report:
    """Set up the agents' tools; what is left to do by hand is a warning."""
    if not tools:
        return Report()
    done = set_up(shell, tools)
    left = (f"{each.why}; `{each.next}` shows it" for each in done.wanted)
    return Report(done.steps, (*done.warnings, *left))


def _on_database(
    shell: Shell, steps: list[InstallStep], tools: tuple[str, ...], *, given: bool
) -> int:
    """Join a fleet whose posts are in a database: its place is committed already."""
    if given:
        raise Usage("posts are in a database here, which is joined by `fleetfeed join`")
    installed = install_client(shell.repo.git, feed=shell.repo.folder)
    steps += installed.steps
    report = Report(tuple(steps), tuple(installed.warnings), installed.wanted)
    return _ended(shell, shell.repo.git, report + _agents(shell, tools))


def _folder(address: str) -> str:
    """The folder into which git would clone `address`. Usage where that has no name."""
    folder = address.rstrip("/").removesuffix(".git")
    folder = folder.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    if not folder:
        raise Usage("no name; `git clone` into another folder, and join there")
    return folder


def _cloned(address: str, folder: str) -> InstallStep:
    """Go into the clone in `folder`, made now where it is not there yet."""
    source = from_anywhere(address)
    if not Path(folder).exists():
        Git().run("clone", "--quiet", "--", source, folder)
        step = InstallStep("installed", folder, f"a clone of {address}")
    elif (Path(folder) / ".git").exists() and remote_at(settings(Git(folder)), source):
        step = InstallStep("unchanged", folder, f"a clone of {address}")
    else:
        what = f"there is a {printable(folder)} here already, no clone of that address"
        raise Usage(f"{what}; `git clone` into another folder, and join there")
    os.chdir(folder)
    return step


def _server(joined: Joined, steps: list[InstallStep], *, write: bool) -> Iterator[str]:
    """Meet the server that the policy names; have the policy name it. Warnings."""
    repo, said = joined.repo, joined.server
    view = newest_view(repo, offline=False)
    known = view.snapshot.rules.server or repo.told.server
    remote = view.where.remote
    if write:
        answered = probe(repo.git, remote, view.commit) if remote else None
        if not answered:
            raise CannotTell(f"no server that has a name answers at {remote}")
        steps.append(InstallStep("set", "server", name_server(repo, answered.server)))
    elif known:
        require_server(repo, view.where, known, view.commit, afresh=True)
    elif said.id:
        message = f"the policy does not name the server {said.id}"
        yield f"{message}: `fleetfeed join --name-server` writes and pushes that"


def _ended(shell: Shell, git: Git, report: Report) -> int:
    """Print what was done, and the doctor's verdict; the exit code is the doctor's."""
    if any(step.what == POINTER for step in report.steps):
        return _to_be_committed(shell, report)
    found = examine_clone(Repo(git))
    if shell.as_json:
        return shell.show(found.answer, found.code, **report.facts, **found.facts)
    open_ = [check for check in found.checks if check.status != "ok"]
    for line in report.lines():
        click.echo(line)
    for check in open_:
        for line in check.lines():
            click.echo(line)
    click.echo(f"fleetfeed: {found.summary}")
    return found.code


def _to_be_committed(shell: Shell, report: Report) -> int:
    """Until the pointer is committed, no clone finds the feed by it."""
    todo = f"git add {POINTER} && git commit -m 'Say where the feed is'"
    code = CannotTell.exit_code
    if shell.as_json:
        why = f"until {POINTER} is committed, no clone finds the feed by it"
        facts = {"message": why, "next": [todo], **report.facts}
        return shell.show(CannotTell.answer, code, **facts)
    for line in report.lines():
        click.echo(line)
    click.echo(f"next: {todo}")
    click.echo("then: fleetfeed join")
    return code
