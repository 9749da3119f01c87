"""`fleetfeed approve`: a steward agrees to what another does, by a signed line."""

import click

from fleetfeed.cli.context import (
    Shell,
    json_flag,
    on_feed_ref,
)
from fleetfeed.cli.fields import known_item
from fleetfeed.model.errors import Usage
from fleetfeed.model.policy import AGREED
from fleetfeed.model.seats import checked_seat
from fleetfeed.repo.view import View, newest_view
from fleetfeed.report.documents import feed_json
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.approving import (
    Approver,
    Proposal,
    of_commits,
    of_item,
    of_staged,
)

_MOST = 30 * 86400
"""Seconds for which an approval is good at the most."""


_NO_SIGNATURE = (
    "an approval is a signature, and nobody signs there; a steward acts alone, with a"
    " REASON"
)


@click.command()
@click.argument("target", metavar="ITEM|COMMIT", required=False)
@click.argument("act", type=click.Choice(AGREED), required=False)
@click.option("--by", metavar="SEAT", help="Who will do it to ITEM.")
@click.option(
    "--to", "lanes", multiple=True, metavar="LANE", help="Where ITEM's surface goes."
)
@click.option("--staged", is_flag=True, help="The change of the rules that is staged.")
@click.option(
    "--for",
    "span",
    default="1d",
    metavar="SPAN",
    help="How long it is good. Default: 1d.",
)
@json_flag
@on_feed_ref(_NO_SIGNATURE)
def approve(
    shell: Shell,
    *,
    target: str | None,
    act: str | None,
    by: str | None,
    lanes: tuple[str, ...],
    staged: bool,
    span: str,
) -> None:
    """Agree, as a steward, to what another seat is about to do.

    Where the policy says `stewards_sign: 2`, a change of the rules takes two, and so do
    the acts on items that it lists in `agreed`. What is approved is shown, and the line
    that says so is printed, alone on standard output. Whoever acts hands it in: by
    --approval, or by `git commit --trailer`. It is good for this one act.

    \b
    Examples:
      fleetfeed approve CMB-1438 evict --by FLEET-01
      fleetfeed approve CMB-1438 lane --to ORA --by CAMBER-06 --for 2h
      fleetfeed approve origin/new-rules
      fleetfeed approve --staged
    """
    seconds = durations.seconds(span)
    if seconds is None or seconds > _MOST:
        longest = durations.spelt(_MOST)
        raise Usage(f"--for {printable(span)} is no span of time up to {longest}")
    asked = _Asked(target or "", act or "", by or "", lanes, staged)
    asked.require_clear()
    view = newest_view(shell.repo, offline=False)
    approver = Approver.of(shell.repo, view)
    proposals = asked.proposals(shell, view)
    if by and approver.speaker.speaks_for(by):
        message = f"{approver.speaker.who} speaks for {by}, who is counted already"
        shell.remark(f"fleetfeed: warning: {message}; another steward has to approve")
    found = []
    for proposal in proposals:
        for line in proposal.told:
            shell.remark(line)
        line, until = approver.approve(proposal, seconds)
        shell.remark(f"fleetfeed: approved until {until}: {proposal.act}")
        found.append({"approval": line, "act": proposal.act, "until": until})
    if shell.as_json:
        shell.show("approved", approvals=found, feed=feed_json(view.basis))
        return
    for each in found:
        click.echo(each["approval"])


@record
class _Asked:
    """What is to be approved, as the command line names it."""

    target: str
    act: str
    by: str
    lanes: tuple[str, ...]
    staged: bool

    def require_clear(self) -> None:
        """Usage where it is not clear what is meant."""
        if self.act and (not self.by or self.staged):
            raise Usage(f"who does {self.act} is approved, too; give --by SEAT")
        if not self.act and (self.by or self.lanes):
            raise Usage(f"name the act, too: ITEM {'|'.join(AGREED)}")
        if bool(self.lanes) is not (self.act == "lane"):
            raise Usage("--to says where `lane` moves the surface, and goes with that")
        if self.staged is bool(self.target):
            raise Usage("name ITEM and an act, or a commit or branch, or --staged")

    def proposals(self, shell: Shell, view: View) -> tuple[Proposal, ...]:
        """The acts."""
        if self.act:
            item, seat = known_item(self.target), checked_seat("--by", self.by)
            return (of_item(view.snapshot, item, self.act, seat, self.lanes),)
        if self.staged:
            return of_staged(shell.repo)
        return of_commits(shell.repo, view, self.target)
