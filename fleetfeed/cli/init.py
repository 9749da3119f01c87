"""`fleetfeed init`: a policy in the work tree, to be committed like any file."""

import click

from fleetfeed import layout
from fleetfeed.cli.context import Shell, edge
from fleetfeed.errors import Usage
from fleetfeed.git import refs
from fleetfeed.policy import template
from fleetfeed.policy.read import is_full_ref
from fleetfeed.shown import shown


@click.command()
@click.option("--ref", help="The feed ref, in full. Default: the branch HEAD is on.")
@click.pass_obj
@edge
def init(shell: Shell, ref: str | None) -> None:
    """Start a feed: write its policy, with every key and a comment.

    The policy pins the feed ref: the one branch whose posts count.

    \b
    Examples:
      fleetfeed init
      fleetfeed init --ref refs/heads/feed
    """
    ref = ref or refs.head_ref(shell.repo.git) or "refs/heads/main"
    if not is_full_ref(ref):
        raise Usage(f"--ref {shown(ref)} is no full ref name such as refs/heads/main")
    path = shell.top / shell.repo.folder / layout.POLICY
    if path.exists() or shell.head.tree.root:
        raise Usage(f"there is a feed in {shell.repo.folder}/ already")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template(ref), encoding="utf-8")
    name = f"{shell.repo.folder}/{layout.POLICY}"
    click.echo(f"wrote {name}: the feed ref is {ref}")
    click.echo(f"next: git add {name} && git commit -m 'Start the feed'")
    click.echo("then: fleetfeed install, and on the server fleetfeed install --server")
