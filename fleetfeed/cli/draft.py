"""`fleetfeed draft`: a post as a file in the work tree, to be edited and committed."""

import shlex

import click

from fleetfeed.checks.commit import judge_commit, planned_beside
from fleetfeed.cli.context import Shell, json_flag, on_feed_ref
from fleetfeed.cli.fields import Flag, field_flags, given_fields, held_epoch, known_item
from fleetfeed.feed.overlay import with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.numbers import next_number
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.findings import Verdict
from fleetfeed.model.post import State
from fleetfeed.model.post_writer import Draft
from fleetfeed.model.post_writer import draft as make
from fleetfeed.repo.staged import working
from fleetfeed.report.documents import finding_json, item_json, texts_json
from fleetfeed.report.text import text_report
from fleetfeed.writing.idempotency import utc_now
from fleetfeed.writing.request import require_epoch

_NO_FILE = (
    "a file that is committed is no post there; `fleetfeed reserve` and `fleetfeed"
    " append` write one, and print it with --dry-run"
)


@click.command()
@click.argument("what", metavar="PREFIX|ITEM")
@field_flags()
@click.option("--dry-run", is_flag=True, help="Print the post; write nothing.")
@json_flag
@on_feed_ref(_NO_FILE)
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
    # Without OP: who commits it has been told nothing (see docs/notes.md).
    new = make(item, {"AT": utc_now(), **given})
    if not item.newest and what == item.id:
        shell.remark(f"fleetfeed: {what} is a new item")
    verdict = Verdict() if dry_run else _write(shell, new)
    if shell.as_json:
        _show(shell, feed, new, verdict, dry_run=dry_run)
    elif dry_run:
        click.echo(new.text, nl=False)
    else:
        click.echo(_name(shell, new))
        report = text_report(verdict, "commit")
        if report:
            click.echo(report, err=True)


def _next_item(feed: Snapshot, what: str) -> str:
    if names.PREFIX.fullmatch(what):
        return str(next_number(feed, what, feed.rules.max_gap))
    return known_item(what)


def _name(shell: Shell, new: Draft) -> str:
    return f"{shell.repo.folder}/{new.path}"


def _show(
    shell: Shell, feed: Snapshot, new: Draft, verdict: Verdict, *, dry_run: bool
) -> None:
    """Print the draft as a document: the file, and the item as it would be."""
    with_it = with_files(feed.tree, {new.path: new.text.encode()})
    after = feed.changed_to(with_it)
    item = after.item(new.path.split("/")[-2])
    path = shlex.quote(_name(shell, new))
    shell.show(
        "dry run" if dry_run else "drafted",
        items=[item_json(after, item, Estimate(), body=True)],
        findings=[finding_json(found) for found in verdict.findings],
        texts=texts_json({_name(shell, new): new.text}),
        next=[] if dry_run else [f"git add {path}"],
    )


def _write(shell: Shell, new: Draft) -> Verdict:
    """Write the post into the work tree; what the commit hook would say."""
    path = shell.top / _name(shell, new)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(new.text)
    verdict = judge_commit(shell.repo, working(shell.repo, shell.top))
    return Verdict(verdict.findings)
