"""`fleetfeed fence`: ask, at the last moment before a write, whether it is yours."""

import click

from fleetfeed.cli.context import Shell, echo_json, edge
from fleetfeed.cli.output import known_item
from fleetfeed.cli.writer import seconds_of
from fleetfeed.writing.heartbeat import newest_item
from fleetfeed.writing.request import require_holder


@click.command()
@click.argument("item")
@click.option("--epoch", type=int, required=True, metavar="N", help="The one you hold.")
@click.option("--timeout", default="30s", show_default=True, help="How long to ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
@edge
def fence(
    shell: Shell, /, item: str, epoch: int, *, timeout: str, as_json: bool
) -> None:
    """Ask whether you still hold ITEM at epoch N: at the last moment before a write.

    Exit 0: you do. Exit 4: somebody else does, or nobody. Exit 3: cannot tell, so do
    not write. What happens between this answer and the write, it cannot see.

    \b
    Examples:
      fleetfeed fence CMB-1438 --epoch 2
    """
    seconds = seconds_of("timeout", timeout)
    now = newest_item(shell.repo, known_item(item), seconds)
    require_holder(now, epoch)
    if as_json:
        known = {"item": now.id, "holder": now.holder, "epoch": now.epoch}
        echo_json({"answer": "yours", **known, "code": 0})
    else:
        click.echo(f"{now.id} is held by {now.holder} at epoch {now.epoch}")
