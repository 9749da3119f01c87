"""`fleetfeed hook`: what the hook files call; `__main__` runs it without click."""

import click

from fleetfeed.hooks.main import NAMES
from fleetfeed.hooks.main import main as run


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
    ctx.exit(run([name, *args]))
