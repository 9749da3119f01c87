"""`fleetfeed reserve`: the next free number, filed and pushed."""

import click

from fleetfeed.cli.context import Shell, edge
from fleetfeed.cli.fields import Flag, field_flags
from fleetfeed.cli.writer import Writer, write_flags
from fleetfeed.model.post import State
from fleetfeed.writing.new import first_post, known_prefix


@click.command()
@click.argument("prefix")
@field_flags("state", "epoch")
@write_flags
@click.pass_obj
@edge
def reserve(shell: Shell, /, prefix: str, **flags: Flag) -> None:
    """File a new item of PREFIX under the next free number, awaiting its claim.

    Its surface is held from then on. The item is printed first, alone on its line.
    However many seats ask at once, no number is given twice.

    \b
    Examples:
      fleetfeed reserve CMB --subject "verify the job ids" \\
          --surface CAMBER:push-readiness:job-ids --proof "reads the allow-list only"
      fleetfeed reserve CMB --subject "objective of the week" --priority 10
    """
    asked, awaits = known_prefix(prefix), State.AWAITING_CLAIM
    writer = Writer.of(shell, flags)
    writer.land(
        lambda feed: first_post(feed, asked, awaits, writer.asked),
        writer.want({"STATE": awaits.value}, prefix=asked),
    )
