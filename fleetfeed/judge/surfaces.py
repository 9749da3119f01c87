"""What a new post may claim: the shape and the lanes of its keys."""

from collections.abc import Iterator
from itertools import combinations

from fleetfeed.judge.step import Step
from fleetfeed.model.fields import lets_go
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.surface import SurfaceKey, key_meant, shape_flaw
from fleetfeed.util.printable import printable


def key_shape(step: Step) -> Iterator[Finding]:
    """A key has lane, family and artifact; one that is only recorded is warned of."""
    acquired = {key.parts for key in step.first_claimed}
    texts = step.post.texts("SURFACE_KEY")
    for text in () if lets_go(texts) else texts:
        parts, flaw = SurfaceKey.of(text).parts, shape_flaw(text)
        if flaw and parts not in step.before.ever_held:
            message = f"surface '{printable(text)}' {flaw[1]}"
            recorded = parts and parts not in acquired
            level = Severity.WARN if recorded else Severity.REJECT
            meant = key_meant(text) if len(texts) == 1 else ""
            mended = f"SURFACE_KEY: {meant}" if meant else ""
            yield step.finding(flaw[0], "SURFACE_KEY", message, level, mended)


def inherited_shape(step: Step) -> Iterator[Finding]:
    """A key that an earlier resting post recorded is judged when it is acquired."""
    if step.post.keys is None:
        for key in step.first_claimed:
            flaw = shape_flaw(key.text)
            if flaw:
                message = f"surface '{printable(key.text)}', named before, {flaw[1]}"
                yield step.finding(flaw[0], "", message)


def known_lane(step: Step) -> Iterator[Finding]:
    """The key begins with a lane of the policy's."""
    for key in step.first_claimed:
        if not step.policy.knows_lane(key.parts[0]):
            lanes = ", ".join(step.policy.lanes or ())
            message = f"{printable(key.parts[0])} is no lane of this fleet"
            yield step.finding("FF204", "SURFACE_KEY", f"{message}; use one of {lanes}")


def no_self_overlap(step: Step) -> Iterator[Finding]:
    """The keys of one post do not overlap."""
    for one, two in combinations(step.post.keys or (), 2):
        if one.overlaps(two):
            message = f"{printable(one.text)} and {printable(two.text)} overlap"
            yield step.finding("FF205", "SURFACE_KEY", f"{message}; keep the broader")


def wanted_surface(step: Step) -> Iterator[Finding]:
    """Where the policy requires it, an active post has a surface."""
    bare = step.post.state.active and not step.after.keys
    if step.policy.surface_required and bare:
        message = f"the policy wants a surface on a {step.post.state.value} post"
        yield step.finding("FF209", "SURFACE_KEY", f"{message}; add `SURFACE_KEY: …`")
