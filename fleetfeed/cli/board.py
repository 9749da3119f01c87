"""`fleetfeed board`: what is going on, at a glance."""

import os
import shutil
import sys
import time
from pathlib import Path

import click

from fleetfeed.board.gather import gather
from fleetfeed.board.model import Board
from fleetfeed.board.table import WIDTH, table
from fleetfeed.cli.context import Shell, json_flag, with_shell
from fleetfeed.cli.stats import known_refusals, span_of, stats_json
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.repo.view import View
from fleetfeed.report.documents import feed_json, item_json
from fleetfeed.util.printable import printable
from fleetfeed.writing.estimates import LeaseEstimates


@click.command()
@click.option("--html", metavar="FILE", help="Write one page for a browser into FILE.")
@click.option("--since", default="30d", show_default=True, help="Figures of how long.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@json_flag
@with_shell
def board(shell: Shell, html: str | None, since: str, offline: bool) -> None:
    """Show what is going on: who holds what, who waits, what is stuck or runs out.

    What needs somebody comes first: leases that are over or run out soon, items that
    wait for what will never be done, whose turn it is, notes that nobody has seen. What
    is left of leases is an estimate, as in `active`.

    With --html the board is one file that needs nothing else, to be opened or sent
    around: see docs/board.md (`pip install 'fleetfeed[board]'`).

    \b
    Examples:
      fleetfeed board
      fleetfeed board --html board.html
      fleetfeed board --since 7d --offline
    """
    if html is not None and shell.as_json:
        raise Usage("--html and --json are two answers; ask for one")
    span, now = span_of(since), time.time()
    view = shell.ledger.view(offline=offline)
    leases = LeaseEstimates(shell.repo, view)
    refused = known_refusals(shell, offline=offline)
    found = gather(view.snapshot, leases.of, refused, span, now)
    if html is not None:
        _write(html, found, view)
        click.echo(f"{printable(html, 400)}: {len(found.rows)} open; {view.age}")
        return
    if shell.as_json:
        feed, unseen = view.snapshot, {row.item: row.unseen for row in found.rows}
        items = (feed.item(row.item) for row in found.rows)
        shell.show(
            "open",
            items=[item_json(feed, i, leases.of(i), unseen=unseen) for i in items],
            alerts=[
                {
                    "alert": each.kind,
                    "item": each.item,
                    "seat": each.who or None,
                    "message": each.text,
                }
                for each in found.alerts
            ],
            stats=stats_json(found.stats, refused),
            feed=feed_json(view.basis),
        )
        return
    for line in table(found, _width()):
        click.echo(line)
    click.echo(view.age, err=True)


def _width() -> int:
    """The columns that there are: as COLUMNS says, or the terminal; 80 in a pipe."""
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        return WIDTH
    return max(WIDTH // 2, shutil.get_terminal_size((WIDTH, 24)).columns)


def _write(path: str, found: Board, view: View) -> None:
    """Put the page into a file as a whole. CannotTell where that cannot be."""
    from fleetfeed.board.page import page  # late: Jinja2 is nobody else's

    text = page(found, commit=view.commit, age=view.age)
    file = Path(path)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as error:
        why = f"{printable(path, 400)} cannot be written ({error.strerror})"
        raise CannotTell(f"{why}; name another file") from error
