"""What a new post must say of the item's past: subject, epoch, repairs."""

from collections.abc import Iterator

from fleetfeed.finding import Finding
from fleetfeed.judge.step import Step, step_rule
from fleetfeed.post.model import State
from fleetfeed.seat import acts_as
from fleetfeed.shown import shown

FIRST_WRITTEN = 2
"""From this epoch on every post carries EPOCH: by hand a simple life needs none."""


@step_rule
def same_subject(step: Step) -> Iterator[Finding]:
    """A claim keeps the item's subject: another subject is other work."""
    before, post = step.before, step.post
    known = bool(before.subject and post.subject)
    if not known or post.subject.split() == before.subject.split():
        return
    if post.state is not State.IN_PROGRESS or _goes_on(step):
        return
    said = f"{before.id} is about '{shown(before.subject)}', filed by"
    said = f"{said} {shown(before.filer)}; a claim may not make it about something else"
    yield step.finding("FF303", "SUBJECT", f"{said}: take a number of your own")


def _goes_on(step: Step) -> bool:
    """Whether the holder of running work amends its own item."""
    before = step.before
    running = before.state is State.IN_PROGRESS
    return running and acts_as(step.post.seat, before.holder)


@step_rule
def right_epoch(step: Step) -> Iterator[Finding]:
    """EPOCH is the item's epoch after the post."""
    given, right, item = step.post.epoch, step.after.epoch, step.before
    if given is None and right >= FIRST_WRITTEN:
        said = f"EPOCH is missing: {item.id} is at epoch {item.epoch}, held by"
        said = f"{said} {_held_by(step)}; if it is yours, add `EPOCH: {right}`"
        yield step.finding("FF305", "", said, mended=f"EPOCH: {right}")
    elif given is not None and given != right:
        said = f"EPOCH {given} is wrong: {item.id} is at epoch {item.epoch}, held by"
        said = f"{said} {_held_by(step)}; if it is yours, write `EPOCH: {right}`"
        yield step.finding("FF304", "EPOCH", said, mended=f"EPOCH: {right}")


def _held_by(step: Step) -> str:
    return shown(step.before.holder) or "nobody"


@step_rule
def repairs(step: Step) -> Iterator[Finding]:
    """REPAIRS names the newest unreadable post, and is there when one needs it."""
    spoiled, given = step.before.spoiled, step.post.repairs
    if spoiled and given is None:
        newest = spoiled[-1]
        said = f"post {newest} of {step.before.id} cannot be read"
        said = f"{said}; say what is true and add `REPAIRS: {newest}`"
        yield step.finding("FF309", "", said, mended=f"REPAIRS: {newest}")
    elif given is not None and given not in spoiled[-1:]:
        right = f"; write `REPAIRS: {spoiled[-1]}`" if spoiled else "; take REPAIRS out"
        said = f"post {given} of {step.before.id} needs no repair{right}"
        yield step.finding("FF310", "REPAIRS", said)
