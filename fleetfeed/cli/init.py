"""`fleetfeed init`: a policy in the work tree, to be committed like any file."""

from pathlib import Path

import click

from fleetfeed.cli.context import Shell, with_shell
from fleetfeed.git import queries
from fleetfeed.install.files import in_words
from fleetfeed.model import layout
from fleetfeed.model.errors import Usage
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref, template
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable


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
    path = shell.top / shell.repo.folder / layout.POLICY
    ref = _chosen(shell.repo, ref)
    _needs_room(shell, path)
    with in_words(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template(ref), encoding="utf-8")
    name = f"{shell.repo.folder}/{layout.POLICY}"
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
    if path.exists() or shell.head.tree.root:
        raise Usage(f"there is a feed in {shell.repo.folder}/ already")
