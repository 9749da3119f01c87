"""`fleetfeed hook`: what the hook files call, for who types it with click's help."""

import click

from fleetfeed.hooks.main import NAMES
from fleetfeed.hooks.main import main as run_hook


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", type=click.Choice(NAMES))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def hook(ctx: click.Context, name: str, args: tuple[str, ...]) -> None:
    """Judge as the hook NAME, with git's arguments and input.

    \b
    Examples:
      fleetfeed hook pre-commit
      fleetfeed hook pre-receive --ref refs/heads/main < updates
    """
    ctx.exit(run_hook([name, *args]))
