"""`fleetfeed board`: what is going on, at a glance."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import click

from fleetfeed.board.following import Following, Opened
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

_HOST, _PORT = "127.0.0.1", 8420
"""Where the live page is served, where nobody says: for this machine alone."""


@click.command()
@click.option("--html", metavar="FILE", help="Write one page for a browser into FILE.")
@click.option("--serve", is_flag=True, help="Serve a page that follows the feed.")
@click.option("--host", metavar="HOST", help="Where to serve it. [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="At which port, 0 for a free one. [default: 8420]",
)
@click.option("--since", default="30d", show_default=True, help="Figures of how long.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@json_flag
@with_shell
def board(
    shell: Shell,
    *,
    html: str | None,
    serve: bool,
    host: str | None,
    port: int | None,
    since: str,
    offline: bool,
) -> None:
    """Show what is going on: who holds what, who waits, what is stuck or runs out.

    What needs somebody comes first: leases that are over or run out soon, items that
    wait for what will never be done, whose turn it is, notes that nobody has seen. What
    is left of leases is an estimate, as in `active`.

    On a terminal it stays open and follows the feed (? tells its keys); in a pipe, or
    with NO_COLOR, it is a table. With --html it is one file that needs nothing else,
    to be opened or sent around. With --serve it is a page that follows the feed, for
    browsers on this machine: see docs/board.md (`pip install 'fleetfeed[board]'`).

    \b
    Examples:
      fleetfeed board
      fleetfeed board --html board.html
      fleetfeed board --serve --port 8420
      fleetfeed board --since 7d --offline
    """
    asked = {"--html": html is not None, "--json": shell.as_json, "--serve": serve}
    if [*asked.values()].count(True) > 1:
        both = " and ".join(name for name, there in asked.items() if there)
        raise Usage(f"{both} are two answers; ask for one")
    if not serve and (host is not None or port is not None):
        raise Usage("--host and --port say where to serve the page; add --serve")
    span, now = span_of(since), time.time()
    if serve:
        if offline:
            raise Usage(
                "--serve follows the feed, so it asks for it; leave --offline out"
            )
        _serve(
            lambda: _following(shell, span),
            host or _HOST,
            _PORT if port is None else port,
        )
        return
    if not (html is not None or shell.as_json or offline) and _looks_on():
        _follow(_following(shell, span))
        return
    view = shell.ledger.view(offline=offline)
    # Made when the lives are known: who has no memo yet reads the feed once for both.
    leases = cache(partial(LeaseEstimates, shell.repo, view))
    refused = known_refusals(shell, offline=offline)
    found = gather(view.snapshot, lambda item: leases().of(item), refused, span, now)
    if html is not None:
        _write(html, found, view)
        click.echo(f"{printable(html, 400)}: {len(found.rows)} open; {view.age}")
        return
    if shell.as_json:
        feed, unseen = view.snapshot, {row.item: row.unseen for row in found.rows}
        items = (feed.item(row.item) for row in found.rows)
        shell.show(
            "open",
            items=[item_json(feed, i, leases().of(i), unseen=unseen) for i in items],
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


def _looks_on() -> bool:
    """Whether somebody looks on, at a terminal on which a board can be drawn."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    there = sys.stdin.isatty() and sys.stdout.isatty()
    letters = (sys.stdout.encoding or "").casefold().replace("-", "") == "utf8"
    return there and letters and not plain and find_spec("textual") is not None


def _follow(following: Following) -> None:
    """Show the board on the terminal until somebody leaves it."""
    from fleetfeed.board import terminal  # late: what it needs is an extra

    terminal.run(following)


def _following(shell: Shell, span: float) -> Following:
    """What a face that stays open follows."""

    def opened() -> Opened:
        fresh = Shell(shell.words)
        refused = partial(known_refusals, fresh, offline=False)
        in_git = not fresh.on_database
        return Opened(fresh.repo, fresh.ledger, refused, in_git)

    return Following(opened, span)


def _serve(followed: Callable[[], Following], host: str, port: int) -> None:
    """Serve the page until Ctrl-C, which is how it ends."""
    try:
        from fleetfeed.board import serving  # late: what it needs is an extra
    except ImportError as error:
        todo = "`pip install 'fleetfeed[board]'` brings it"
        what = f"a live page needs {printable(str(error.name))}, which is not here"
        raise Usage(f"{what}; {todo}") from error
    made = serving.bound(host, port)
    where = serving.address(made)

    def ready() -> None:
        click.echo(f"the board is at {where} (Ctrl-C ends it)")
        if not serving.is_local(made):
            who = "anybody who reaches this address can read the whole board"
            click.echo(f"{who}: there is no password, and no encryption", err=True)
        sys.stdout.flush()

    with contextlib.suppress(KeyboardInterrupt):
        serving.serve(followed(), made, host, ready)


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
