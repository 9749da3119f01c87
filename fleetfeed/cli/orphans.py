"""`fleetfeed orphans`: code that nobody had claimed, and claims without a commit."""

import time

import click

from fleetfeed.checks.orphans import Orphan, orphans
from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.cli.pager import paged
from fleetfeed.lease.estimate import utc
from fleetfeed.model.errors import Usage
from fleetfeed.model.surface import segments
from fleetfeed.report.documents import at, feed_json, item_json
from fleetfeed.report.envelope import Document
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.writing.estimates import LeaseEstimates


@click.command("orphans")
@click.option("--since", default="30d", show_default=True, help="How far to look back.")
@click.option("--lane", help="Those of one lane alone.")
@click.option("--offline", is_flag=True, help="Go by what was fetched last.")
@json_flag
@with_shell
@paged
def orphans_(shell: Shell, since: str, lane: str | None, offline: bool) -> None:
    """List code that nobody had claimed, and claims that no commit was made for.

    By the policy's `paths`, on all branches that this clone knows: each commit whose
    paths no item had in progress when it was made (within 5 minutes, since clocks
    differ), by lane and by who wrote it; and each item in progress with code of which
    no commit is known.

    \b
    Examples:
      fleetfeed orphans
      fleetfeed orphans --lane CAMBER --since 7d --json
    """
    span = durations.seconds(since)
    if span is None:
        raise Usage(f"--since '{printable(since)}' is no span of time; write 12h or 7d")
    view = shell.ledger.view(offline=offline)
    if not view.snapshot.rules.paths:
        todo = 'add `paths:` to it, such as `paths: {"src/**": "CAMBER:file"}`'
        raise Usage(f"the policy maps no path to a surface, so there is none; {todo}")
    found = orphans(shell.repo, view, time.time() - span, _seconds)
    wanted = "".join(segments(lane or "")[:1])
    commits = [row for row in found.commits if wanted in ("", row.lane)]
    claims = [
        item
        for item in found.claims
        if wanted in ("", *(key.parts[0] for key in item.keys))
    ]
    if shell.as_json:
        leases = LeaseEstimates(shell.repo, view)
        shell.show(
            "listed",
            items=[item_json(view.snapshot, i, leases.of(i)) for i in claims],
            orphans=[_json(row) for row in commits],
            feed=feed_json(view.basis),
        )
        return
    for row in commits:
        click.echo(_line(row))
    for item in claims:
        keys = ", ".join(uncut(key.text) for key in item.keys)
        branch = uncut(str(item.value("BRANCH")))
        where = f" on {branch}" if branch else ""
        click.echo(f"{item.id} of {uncut(item.holder)}{where}: no commit under {keys}")
    total = f"{len(commits)} commits that nobody had claimed, {len(claims)} claims"
    click.echo(f"{total} without a commit; {view.age}", err=True)


def _seconds(text: str) -> float | None:
    try:
        return utc(text)
    except ValueError:
        return None


def _line(row: Orphan) -> str:
    more = len(row.paths) - 1
    paths = uncut(row.paths[0]) + (f" and {more} more" if more else "")
    who = f"{row.lane} {uncut(row.author)}: commit {row.commit[:12]} of {at(row.time)}"
    return f"{who} on {uncut(row.branch)}: {paths}"


def _json(row: Orphan) -> Document:
    return {
        "commit": row.commit,
        "branch": row.branch,
        "author": row.author,
        "time": at(row.time),
        "lane": row.lane,
        "paths": list(row.paths),
    }
