"""Setting up and making sure: `init`, `install`, `uninstall` and `doctor`."""

import contextlib
import sys
from pathlib import Path

import click

from fleetfeed.cli.context import (
    Shell,
    json_flag,
    on_feed_ref,
    with_shell,
)
from fleetfeed.doctor.examine import examine_clone, examine_server
from fleetfeed.doctor.report import Diagnosis
from fleetfeed.git import queries
from fleetfeed.git.process import Git, apart
from fleetfeed.install.client import install_client, uninstall_client
from fleetfeed.install.code_paths import code_guarded
from fleetfeed.install.locations import LAYOUTS, Layout
from fleetfeed.install.report import Report
from fleetfeed.install.server import install_for_code, install_server, uninstall_server
from fleetfeed.install.signing_report import with_signing
from fleetfeed.install.start import planned, start
from fleetfeed.model import layout as places
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.pusher import SOURCES
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.location import Said, Told
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.writing.ended_beats import clear_here

_SERVER = click.option(
    "--server",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="REPO.git",
    help="The server's bare repository, instead of this clone.",
)


_STARTED_THERE = "`fleetfeed ledger init` starts a feed there"


@click.command()
@click.option(
    "--ref",
    help="The feed ref, in full. Default: what the server guards, else HEAD's branch.",
)
@click.option("--dir", "folder", help="The feed's folder. Default: feed.")
@click.option(
    "--steward",
    "stewards",
    multiple=True,
    metavar="SEAT",
    help="Who may help before leases lapse; may be repeated. Default: your seat.",
)
@json_flag
@on_feed_ref(_STARTED_THERE)
def init(
    shell: Shell, ref: str | None, folder: str | None, stewards: tuple[str, ...]
) -> None:
    """Start a feed: write its policy, with every key and a comment.

    The policy pins the feed ref: the one branch whose posts count. A guarded server is
    asked what it guards, and its name goes into the policy. In a clone that works on
    another branch the feed gets a branch of its own. Where that, or the folder, differs
    from the default, .fleetfeed.yaml says so to every clone: commit it.

    A steward may act on other seats' items, with a reason. It is your seat where you
    name none; who has no seat yet is asked, on a terminal.

    \b
    Examples:
      fleetfeed init
      fleetfeed init --steward FLEET-01 --steward CAMBER-06
      fleetfeed init --dir ops/feed
      fleetfeed init --ref refs/heads/feed
    """
    top = shell.top
    plan = planned(shell.repo, folder, ref)
    _needs_room(shell, plan.folder)
    warnings = [plan.warning] if plan.warning else []
    pinned = shell.repo.told.ref
    if pinned and pinned.value != plan.ref:
        todo = "make the two name the same ref"
        warnings.append(f"{pinned.by} is {printable(pinned.value)}; {todo}")
    for message in warnings:
        shell.remark(f"fleetfeed: warning: {message}")
    started = start(shell.repo, top, plan, _stewards(shell, stewards))
    if shell.as_json:
        shell.show("done", remarks=started.done, next=started.commands)
        return
    for line in started.lines:
        click.echo(line)


def _stewards(shell: Shell, named: tuple[str, ...]) -> tuple[str, ...]:
    """Those who are named, else who runs this, else whom a person at a terminal says.

    Nobody where nobody is there to be asked.
    """
    for seat in named:
        checked_seat("--steward", seat)
    own = shell.seat_if_known
    if named or own:
        return tuple(dict.fromkeys(named)) or (own,)
    if shell.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ()
    question = "Which seat may help before leases lapse, as a steward (empty: none)"
    said = click.prompt(question, default="", show_default=False, err=True)
    return (checked_seat("the steward", said),) if said else ()


def _needs_room(shell: Shell, place: str) -> None:
    """Usage where a feed is there already, or something else in its folder's place."""
    path = shell.top / place / places.POLICY
    for folder in path.parents[: place.count("/") + 1]:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            where = printable(str(folder.relative_to(shell.top)))
            message = f"{where} is no folder, and the feed belongs there"
            raise Usage(f"{message}; move it away, or set fleetfeed.dir")
    if path.exists() or _has_feed(shell.repo, place):
        raise Usage(f"there is a feed in {place}/ already")


def _has_feed(repo: Repo, place: str) -> bool:
    looked = Repo(repo.git, known=Told(dir=Said(place, "--dir")))
    return looked.at_head.tree.root is not None


@click.command()
@_SERVER
@click.option("--ref", help="With --server: the feed ref to pin, in full.")
@click.option("--dir", "folder", help="With --server: the feed's folder to pin.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="With --server: whose folders these are. Default: auto.",
)
@click.option(
    "--pusher-from",
    type=click.Choice(tuple(SOURCES)),
    help="With --server: whose word says who pushes (identity: {mode: pusher}).",
)
@click.option(
    "--queue/--no-queue",
    "queued",
    default=None,
    help="With --server: whether pushes may queue. Default: as before, else yes.",
)
@click.option(
    "--feed",
    type=click.Path(exists=True, file_okay=False),
    help="With --server: the repository whose feed holds this one's code.",
)
@click.option(
    "--edit", is_flag=True, help="Write what a hook manager needs into its file."
)
@json_flag
@with_shell
def install(
    shell: Shell,
    *,
    server: Path | None,
    ref: str | None,
    folder: str | None,
    layout: Layout | None,
    pusher_from: str | None,
    queued: bool | None,
    feed: str | None,
    edit: bool,
) -> int:
    """Put the hooks in, beside those there; run again to upgrade.

    Where husky, lefthook, the pre-commit framework or a tracked folder has the hooks,
    nothing is put there: it names the file and the lines to commit, and exits with 1
    until they are there. With --edit it writes them into that file.

    \b
    Examples:
      fleetfeed install
      fleetfeed install --edit
      fleetfeed install --server /srv/git/fleet.git
      fleetfeed install --server . --ref refs/heads/feed
      fleetfeed install --server . --pusher-from gitolite
      fleetfeed install --server . --no-queue
      fleetfeed install --server code.git --feed fleet.git
    """
    if server is None:
        given: dict[str, object] = {
            "--ref": ref,
            "--dir": folder,
            "--layout": layout,
            "--pusher-from": pusher_from,
            "--queue" if queued else "--no-queue": queued,
            "--feed": feed,
        }
        for name, value in given.items():
            if value is not None:
                raise click.UsageError(f"{name} goes with --server")
        report = install_client(
            shell.repo.git,
            feed=shell.repo.folder,
            edit=edit,
            guard=code_guarded(shell.repo),
        )
        report = with_signing(report, shell.repo, shell.seat_if_known)
    elif edit:
        raise click.UsageError("--edit goes without --server")
    elif feed is not None:
        if ref or folder or queued is not None:
            raise click.UsageError("--feed says it all: give no --ref, --dir or queue")
        report = install_for_code(
            Git(server, apart()),
            feed,
            layout=layout or "auto",
            pusher_from=pusher_from,
        )
    else:
        git, folders = Git(server, apart()), layout or "auto"
        report = install_server(
            git,
            ref=ref,
            folder=folder,
            layout=folders,
            pusher_from=pusher_from,
            queued=queued,
        )
        _clear_beats(Repo(git))
    _print(shell, report)
    return report.code


@click.command()
@_SERVER
@json_flag
@with_shell
def uninstall(shell: Shell, server: Path | None) -> None:
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
    _print(shell, report)


def _clear_beats(repo: Repo) -> None:
    """Take away the beats of items that are over: seats may not be allowed to."""
    ref = queries.setting(repo.settings, "fleetfeed.ref")
    commit = queries.exact(repo.git, ref) if ref else None
    with contextlib.suppress(CannotTell):
        feed = repo.snapshot(commit) if commit else None
        if feed and feed.tree.root:
            clear_here(repo.git, feed)


def _print(shell: Shell, report: Report | Diagnosis) -> None:
    if shell.as_json:
        shell.show(report.answer, report.code, **report.facts)
        return
    for line in report.lines():
        click.echo(line)


@click.command()
@_SERVER
@json_flag
@with_shell
def doctor(shell: Shell, server: Path | None) -> int:
    """Say whether enforcement really is on, by trying it.

    A malformed post is committed, merged and pushed, and a good one too, in scratch
    repositories with the very hook files of this one, which itself is only read. Where
    posts are in a database, an append is tried there, and taken back. Exit 0: proven;
    1: off or broken, each bad line says what to do; 3: cannot tell.

    With --json: answer (on, off, cannot tell), checks (name, status, message, mend;
    status is ok, untried, warn, bad or skipped) and limits (sentences).

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
    _print(shell, found)
    return found.code
