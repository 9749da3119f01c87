"""`claim --watch`: take over as soon as the lease has lapsed, and not earlier."""

import click

from fleetfeed.cli.writing import Writer, progress
from fleetfeed.draft import Draft
from fleetfeed.errors import Refused
from fleetfeed.hold.guard import boot_clock
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.intent import Plan, Want
from fleetfeed.store.watching import Watch

_ALIVE = "FF502"
_UNTOLD = "FF501"


def land_watched(writer: Writer, item: str, plan: Plan, *wants: Want) -> None:
    """Land `plan`, which takes `item` over, as soon as it may be.

    A server that keeps time is asked first. Where it says that the holder is alive, or
    where there is none, the item is watched for lease and grace, and taken then.
    """
    watched: int | None = None
    while True:
        try:
            name = "" if watched is None else item
            writer.land(_as_seen(plan, item, watched), *wants, watched=name)
        except Refused as refused:
            if not _may_lapse(refused, watched=watched is not None):
                raise
        else:
            return
        click.echo(f"fleetfeed: watching {item}; Ctrl-C ends it", err=True)
        try:
            watched = Watch(
                writer.shell.repo, item, progress, boot_clock
            ).until_lapsed()
        finally:
            progress("")


class _SignOfLife(Refused):
    """A post came between the watch and the takeover."""


def _as_seen(plan: Plan, item: str, newest: int | None) -> Plan:
    """`plan`, for a feed in which `item` is as it was when it was watched."""

    def planned(feed: Snapshot) -> tuple[Draft, ...]:
        if newest is not None and feed.item(item).newest != newest:
            raise _SignOfLife(f"{item} has got another post")
        return plan(feed)

    return planned


def _may_lapse(refused: Refused, *, watched: bool) -> bool:
    """Whether watching may help: not where it did not, since nobody there can tell."""
    if isinstance(refused, _SignOfLife) or _says(refused, _ALIVE):
        return True
    return not watched and _says(refused, _UNTOLD)


def _says(refused: Refused, code: str) -> bool:
    by_judge = any(found.code == code for found in refused.findings)
    return by_judge or any(code in word for word in refused.words)
