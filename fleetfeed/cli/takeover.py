"""`claim --watch`: take over as soon as the lease has lapsed, and not earlier."""

import re
import time
from collections.abc import Callable

import click

from fleetfeed.cli.fields import utc_now
from fleetfeed.cli.writer import Writer
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.hold.guard import boot_clock
from fleetfeed.model.errors import Refused
from fleetfeed.model.post_writer import Draft
from fleetfeed.util.progress import status
from fleetfeed.util.records import replace
from fleetfeed.writing.idempotency import ExpectedPost, Plan
from fleetfeed.writing.request import Request
from fleetfeed.writing.takeover import Watch, Watched

_ALIVE = re.compile(r"\bFF502\b.*; wait (\d+) s\b")
"""What a server that keeps time says, and how long from now a takeover is lawful."""

_UNTOLD = "FF501"

_LONGEST = 60.0
"""Seconds until the server is asked again: the item may be let go before its time."""


def land_watched(
    writer: Writer, item: str, plan_of: Callable[[Request], Plan], *wants: ExpectedPost
) -> None:
    """Land a plan that takes `item` over, as soon as it may be.

    A server that keeps time is asked, and asked again when it says that the lease will
    have lapsed. Where nobody keeps time, the item is watched for lease and grace.
    """
    seen: Watched | None = None
    click.echo(f"fleetfeed: {item} is taken over when it has lapsed", err=True)
    while True:
        # The post is dated when it is written, and not when the watch began.
        dated = {**writer.asked.fields, "AT": utc_now()}
        plan = plan_of(replace(writer.asked, fields=dated))
        lapsed = item if seen and seen.lapsed else ""
        try:
            writer.land(_as_seen(plan, item, seen), *wants, watched=lapsed)
        except _HolderAlive:
            seen = None
        except Refused as refused:
            seen = _waited(writer, item, refused, seen)
        else:
            return


class _HolderAlive(Refused):
    """A post came between the watch and the takeover."""


def _as_seen(plan: Plan, item: str, seen: Watched | None) -> Plan:
    """`plan`, for a feed in which `item` is as it was when it was watched."""

    def planned(feed: Snapshot) -> tuple[Draft, ...]:
        if seen and seen.lapsed and feed.item(item).newest != seen.newest:
            raise _HolderAlive(f"{item} has got another post")
        return plan(feed)

    return planned


def _waited(
    writer: Writer, item: str, refused: Refused, seen: Watched | None
) -> Watched | None:
    """Wait for what `refused` says; raised again where waiting does not help."""
    alive = next((found for w in refused.words if (found := _ALIVE.search(w))), None)
    try:
        if alive:
            left = float(alive[1])
            status(f"{item} is held by somebody alive; {left:.0f} s more at the most")
            time.sleep(min(left, _LONGEST))
            return None
        # Where watching did not help, nobody there can tell.
        if _says(refused, _UNTOLD) and not (seen and seen.lapsed):
            return Watch(writer.shell.repo, item, status, boot_clock).until_lapsed()
    finally:
        status("")
    raise refused


def _says(refused: Refused, code: str) -> bool:
    by_judge = any(found.code == code for found in refused.findings)
    return by_judge or any(code in word for word in refused.words)
