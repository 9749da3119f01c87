"""What a new post may claim: the shape and the lanes of its keys."""

from collections.abc import Iterator
from itertools import combinations

from fleetfeed.judge.step import Step
from fleetfeed.model.fields import lets_go
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import key_meant, shape_flaw
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


def key_shape(step: Step) -> Iterator[Finding]:
    """A key has lane, family and artifact; one that is only recorded is warned of."""
    acquired = {key.parts for key in step.first_claimed}
    texts = step.post.texts("SURFACE_KEY")
    for text in () if lets_go(texts) else texts:
        parts, flaw = SurfaceKey.of(text).parts, shape_flaw(text)
        if flaw and parts not in step.before.ever_held:
            message = f"surface '{printable(text)}' {flaw.why}"
            recorded = parts and parts not in acquired
            level = Severity.WARN if recorded else Severity.REJECT
            mended = _mended(step, key_meant(text))
            yield step.finding(flaw.code, "SURFACE_KEY", message, level, mended)


def _mended(step: Step, meant: str) -> str:
    """The line with the key that is meant; empty where none is, or it is a list's."""
    if not meant or len(step.post.texts("SURFACE_KEY")) > 1:
        return ""
    from fleetfeed.model.yaml.writer import dump

    return dump([("SURFACE_KEY", meant)]).rstrip("\n")


def inherited_shape(step: Step) -> Iterator[Finding]:
    """A key that an earlier resting post recorded is judged when it is acquired."""
    if step.post.keys is None:
        for key in step.first_claimed:
            flaw = shape_flaw(key.text)
            if flaw:
                message = f"surface '{printable(key.text)}', named before, {flaw.why}"
                yield step.finding(flaw.code, "", message)


@record
class UnknownName:
    """A lane or a family that the policy does not list: the rule, how hard, and why.

    `near` is the family that is probably meant; empty where none is.
    """

    code: str
    level: Severity
    why: str
    near: str = ""


def unknown_names(policy: Policy, key: SurfaceKey) -> Iterator[UnknownName]:
    """What `key` names that the policy would have to list."""
    if not policy.knows_lane("".join(key.parts[:1])):
        lanes = ", ".join(policy.lanes or ())
        why = f"{printable(key.parts[0])} is no lane of this fleet; use one of {lanes}"
        yield UnknownName("FF204", Severity.REJECT, why)
    families = policy.families
    # Without an artifact the shape is told.
    if len(key.parts) > _HEAD and not families.knows(key.parts[1]):
        from difflib import get_close_matches

        known = [*(families.listed or ()), *families.aliases]
        near = "".join(get_close_matches(key.parts[1], known, 1))
        meant = f"write {near}" if near else f"use one of {', '.join(known)}"
        why = f"{printable(key.parts[1])} is no family of this fleet; {meant}"
        why = f"{why}, or add it to `families` in the policy"
        yield UnknownName("FF210", families.unknown, why, near)


_HEAD = 2  # lane and family


def known_names(step: Step) -> Iterator[Finding]:
    """The key's lane and family are the policy's, where it lists any."""
    for key in step.first_claimed:
        for name in unknown_names(step.policy, key):
            mended = _mended(step, _in_family(key, name.near))
            yield step.finding(name.code, "SURFACE_KEY", name.why, name.level, mended)


def _in_family(key: SurfaceKey, family: str) -> str:
    """`key` in another family; empty where there is none, or no place for it."""
    lane, _, rest = key.text.partition(":")
    _, _, artifact = rest.partition(":")
    other = SurfaceKey.of(f"{lane}:{family}:{artifact}")
    fits = family and other.parts == (key.parts[0], family, *key.parts[2:])
    return other.text if fits else ""


def no_self_overlap(step: Step) -> Iterator[Finding]:
    """The keys of one post do not overlap.

    Two that the item held before the policy made them one are not judged again.
    """
    families, ever = step.policy.families, step.before.ever_held
    for one, two in combinations(step.post.keys or (), 2):
        new = one.parts not in ever or two.parts not in ever
        if one.overlaps(two) or (new and families.overlap(one, two)):
            message = f"{printable(one.text)} and {printable(two.text)} overlap"
            yield step.finding("FF205", "SURFACE_KEY", f"{message}; keep the broader")


def wanted_surface(step: Step) -> Iterator[Finding]:
    """Who takes something into work names a surface, or says why it needs none.

    Where the policy requires one, so does who files it.
    """
    wanted = step.policy.surface
    if wanted == "optional" or step.after.keys or _exempt(step.post):
        return
    required = wanted == "required"
    if not _takes_none(step, filed=required):
        return
    verb = "claimed" if step.post.state is State.IN_PROGRESS else "filed"
    why = "and the policy wants one" if required else "so nobody is kept from this work"
    what = f"{step.before.id} is {verb} without a surface, {why}"
    todo = "add `SURFACE_KEY: …`, or `SURFACE_KEY: none` with a REASON"
    level = Severity.REJECT if required else Severity.WARN
    yield step.finding("FF209", "SURFACE_KEY", f"{what}; {todo}", level)


def _takes_none(step: Step, *, filed: bool) -> bool:
    """Whether a post that leaves its item without a key begins to hold it so.

    Going on without is let through; `filed` says that filing counts, too.
    """
    before, after, running = step.before, step.after, State.IN_PROGRESS
    bare = before.active and not before.keys
    if filed:
        return after.active and not (bare and before.holding == after.holding)
    return after.state is running and not (bare and before.state is running)


def _exempt(post: Post) -> bool:
    """Whether the post says that nothing is changed, and why."""
    return bool(post.reason) and lets_go(post.texts("SURFACE_KEY"))
