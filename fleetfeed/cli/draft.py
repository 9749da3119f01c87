"""`fleetfeed draft`: a post as a file in the work tree, to be edited and committed."""

import click

from fleetfeed.checks.commit import judge_commit, planned_beside
from fleetfeed.cli.context import Shell, with_shell
from fleetfeed.cli.fields import Flag, field_flags, given_fields, held_epoch
from fleetfeed.cli.output import known_item
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.findings import Verdict
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import Draft
from fleetfeed.model.post_writer import draft as make
from fleetfeed.repo.staged import working
from fleetfeed.report.text import text_report
from fleetfeed.writing.idempotency import new_op, utc_now
from fleetfeed.writing.request import require_epoch


@click.command()
@click.argument("what", metavar="PREFIX|ITEM")
@field_flags()
@click.option("--dry-run", is_flag=True, help="Print the post; write nothing.")
@with_shell
def draft(shell: Shell, /, what: str, dry_run: bool, **flags: Flag) -> None:
    """Write a post: the first of a new item, or the next of ITEM.

    PREFIX (such as CMB) stands for a new item, ITEM (CMB-1438) for one that is there.
    The file gets the right path, number and epoch, as far as the last fetch knows.
    Nothing is staged, committed or pushed. What the commit hook would say is said now.

    \b
    Examples:
      fleetfeed draft CMB --subject "verify the job ids" \\
          --surface CAMBER:push-readiness:job-ids --proof "reads the allow-list only"
      fleetfeed draft CMB-1438 --state DONE
    """
    # The work tree's feed, and what the last fetch knows beyond it.
    feed = planned_beside(shell.repo, working(shell.repo, shell.top))
    item = feed.item(_next_item(feed, what))
    if item.newest or flags["epoch"] is not None:
        epoch, about = held_epoch(flags["epoch"], item.id)
        require_epoch(item, epoch if about in {"", item.id} else None)
    seat = shell.seat if flags["seat"] is None else flags["seat"]
    given = given_fields({**flags, "seat": seat})
    if "STATE" not in given:
        if item.newest:
            raise Usage("which state? give --state")
        given["STATE"] = State.AWAITING_CLAIM.value
    new = make(item, {"AT": utc_now(), "OP": new_op(), **given})
    if not item.newest and what == item.id:
        click.echo(f"fleetfeed: {what} is a new item", err=True)
    if dry_run:
        click.echo(new.text, nl=False)
    else:
        _write(shell, new)


def _next_item(feed: Snapshot, what: str) -> str:
    if names.PREFIX.fullmatch(what):
        return str(next_number(feed, what, feed.rules.max_gap))
    return known_item(what)


def _write(shell: Shell, new: Draft) -> None:
    name = f"{shell.repo.folder}/{new.path}"
    path = shell.top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(new.text)
    click.echo(name)
    verdict = judge_commit(shell.repo, working(shell.repo, shell.top))
    report = text_report(Verdict(verdict.findings), "commit")
    if report:
        click.echo(report, err=True)
