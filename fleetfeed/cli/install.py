"""Setting up and making sure: `init`, `install`, `uninstall` and `doctor`."""

import contextlib
from pathlib import Path

import click

from fleetfeed.cli.context import Shell, echo_json, with_shell
from fleetfeed.doctor.examine import examine_clone, examine_server
from fleetfeed.doctor.report import Diagnosis
from fleetfeed.git import queries
from fleetfeed.git.process import Git, apart
from fleetfeed.install.client import install_client, uninstall_client
from fleetfeed.install.files import in_words
from fleetfeed.install.locations import LAYOUTS, Layout
from fleetfeed.install.report import Report
from fleetfeed.install.server import install_server, uninstall_server
from fleetfeed.model import layout as places
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref, template
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.util.printable import printable
from fleetfeed.writing.heartbeat import clear_here

_SERVER = click.option(
    "--server",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="REPO.git",
    help="The server's bare repository, instead of this clone.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")


@click.command()
@click.option(
    "--ref",
    help="The feed ref, in full. Default: fleetfeed.ref, else the branch HEAD is on.",
)
@with_shell
def init(shell: Shell, ref: str | None) -> None:
    """Start a feed: write its policy, with every key and a comment.

    The policy pins the feed ref: the one branch whose posts count.

    \b
    Examples:
      fleetfeed init
      fleetfeed init --ref refs/heads/feed
    """
    path = shell.top / shell.repo.folder / places.POLICY
    ref = _chosen(shell.repo, ref)
    _needs_room(shell, path)
    with in_words(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template(ref), encoding="utf-8")
    name = f"{shell.repo.folder}/{places.POLICY}"
    click.echo(f"wrote {name}: the feed ref is {ref}")
    click.echo(f"next: git add {name} && git commit -m 'Start the feed'")
    click.echo("then: fleetfeed install, and on the server fleetfeed install --server")


def _chosen(repo: Repo, given: str | None) -> str:
    """The feed ref: as given, else as pinned, else the branch that HEAD is on."""
    pinned = queries.setting(repo.settings, "fleetfeed.ref")
    what, ref = ("--ref", given) if given is not None else ("fleetfeed.ref", pinned)
    ref = ref if ref is not None else queries.head_ref(repo.git) or DEFAULT.ref
    if not is_full_ref(ref):
        name = printable(ref)
        raise Usage(f"{what} {name} is no full ref name such as {DEFAULT.ref}")
    if pinned not in (None, ref):
        todo = "make the two name the same ref"
        message = f"fleetfeed.ref is {printable(pinned)}; {todo}"
        click.echo(f"fleetfeed: warning: {message}", err=True)
    return ref


def _needs_room(shell: Shell, path: Path) -> None:
    """Usage where a feed is there already, or something else in its folder's place."""
    for folder in path.parents[: shell.repo.folder.count("/") + 1]:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            where = printable(str(folder.relative_to(shell.top)))
            message = f"{where} is no folder, and the feed belongs there"
            raise Usage(f"{message}; move it away, or set fleetfeed.dir")
    if path.exists() or shell.repo.at_head.tree.root:
        raise Usage(f"there is a feed in {shell.repo.folder}/ already")


@click.command()
@_SERVER
@click.option("--ref", help="With --server: the feed ref to pin, in full.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="With --server: whose folders these are. Default: auto.",
)
@click.option(
    "--edit", is_flag=True, help="Write what a hook manager needs into its file."
)
@_JSON
@with_shell
def install(
    shell: Shell,
    *,
    server: Path | None,
    ref: str | None,
    layout: Layout | None,
    edit: bool,
    as_json: bool,
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
    """
    if server is None:
        if ref is not None or layout is not None:
            name = "--layout" if ref is None else "--ref"
            raise click.UsageError(f"{name} goes with --server")
        report = install_client(shell.repo.git, feed=shell.repo.folder, edit=edit)
    elif edit:
        raise click.UsageError("--edit goes without --server")
    else:
        git, folders = Git(server, apart()), layout or "auto"
        report = install_server(git, policy_ref=_policy_ref, ref=ref, layout=folders)
        _clear_beats(Repo(git))
    _print(report, as_json)
    return report.code


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


def _clear_beats(repo: Repo) -> None:
    """Take away the beats of items that are over: seats may not be allowed to."""
    ref = queries.setting(repo.settings, "fleetfeed.ref")
    commit = queries.exact(repo.git, ref) if ref else None
    with contextlib.suppress(CannotTell):
        if commit:
            clear_here(repo.git, repo.snapshot(commit))


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


def _print(report: Report | Diagnosis, as_json: bool) -> None:
    if as_json:
        echo_json(report.as_json())
        return
    for line in report.lines():
        click.echo(line)


@click.command()
@_SERVER
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
    _print(found, as_json)
    return found.code
