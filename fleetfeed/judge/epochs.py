"""What a new post must say of the item's past: subject, epoch, repairs."""

from collections.abc import Iterator

from fleetfeed.judge.step import Step
from fleetfeed.judge.transitions import may
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding
from fleetfeed.model.item import FIRST_WRITTEN, Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Post
from fleetfeed.util.printable import printable


def same_subject(step: Step) -> Iterator[Finding]:
    """The subject stays: another one is other work. Its filer may reword it at rest.

    Were the holder to reword it, a claim and a second post in one push would do what a
    claim alone may not.
    """
    before, post = step.before, step.post
    known = bool(before.subject and post.subject)
    if not known or post.subject.split() == before.subject.split():
        return
    if _may_reword(step) and not _takes_up(step):
        return
    filer = printable(before.filer)
    message = f"{before.id} is about '{printable(before.subject)}', filed by {filer}"
    why = f"a claim may not make it about something else, and only {filer} rewords it"
    todo = "take a number of your own"
    yield step.finding("FF303", "SUBJECT", f"{message}; {why}: {todo}")


def _may_reword(step: Step) -> bool:
    seat = step.post.seat
    steward = step.policy.is_steward(seat) and bool(step.post.reason)
    return acts_as(seat, step.before.filer) or steward


def _takes_up(step: Step) -> bool:
    """Whether the post claims the item for someone, or brings it back from rest."""
    before, after = step.before, step.after
    # Who claims what awaits its claim begins an epoch, too.
    back = after.active and not before.active
    return back or after.epoch != before.epoch


def right_epoch(step: Step) -> Iterator[Finding]:
    """EPOCH is the item's epoch after the post.

    Who takes what was never taken over, and may not, is not told which to write.
    """
    first = step.post.epoch is None and step.before.epoch < FIRST_WRITTEN
    if not first or may(step):
        yield from epoch_findings(step.before, step.post, step.after)


def epoch_findings(before: Item, post: Post, after: Item) -> Iterator[Finding]:
    """FF304 or FF305 where `post` carries another epoch than `after`, or none."""
    given, right = post.epoch, after.epoch
    if given == right or (given is None and right < FIRST_WRITTEN):
        return
    code, verb = ("FF305", "add") if given is None else ("FF304", "write")
    wrong = "EPOCH is missing" if given is None else f"EPOCH {given} is wrong"
    held_by = printable(before.holder) or "nobody"
    message = f"{wrong}: {before.id} is at epoch {before.epoch}, held by {held_by}"
    yield finding(
        code,
        post.place("EPOCH"),
        f"{message}; if it is yours, {verb} `EPOCH: {right}`",
        mended=f"EPOCH: {right}",
        item=before.id,
        holder=before.contact,
    )


def repairs(step: Step) -> Iterator[Finding]:
    """REPAIRS names the newest unreadable post, and is there when one needs it."""
    newest, given = step.before.unreadable[-1:], step.post.repairs
    right = f"REPAIRS: {newest[0]}" if newest else ""
    if newest and given is None:
        message = (
            f"post {newest[0]} of {step.before.id} cannot be read; say what is true"
        )
        yield step.finding("FF309", "", f"{message} and add `{right}`", mended=right)
    elif given is not None and given not in newest:
        todo = f"write `{right}`" if right else "take REPAIRS out"
        message = f"post {given} of {step.before.id} needs no repair; {todo}"
        yield step.finding("FF310", "REPAIRS", message)
