"""What a new post may claim: the shape and the lanes of its keys."""

from collections.abc import Iterator
from itertools import combinations

from fleetfeed.judge.step import Step
from fleetfeed.model.fields import lets_go
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.post import Post, State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import key_meant, shape_flaw
from fleetfeed.util.printable import printable


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


def known_lane(step: Step) -> Iterator[Finding]:
    """The key begins with a lane of the policy's."""
    for key in step.first_claimed:
        if not step.policy.knows_lane(key.parts[0]):
            lanes = ", ".join(step.policy.lanes or ())
            message = f"{printable(key.parts[0])} is no lane of this fleet"
            yield step.finding("FF204", "SURFACE_KEY", f"{message}; use one of {lanes}")


_HEAD = 2  # lane and family; without an artifact the shape is told


def known_family(step: Step) -> Iterator[Finding]:
    """The key's family is one of the policy's, where it lists any."""
    families = step.policy.families
    for key in step.first_claimed:
        named, name = len(key.parts) > _HEAD, "".join(key.parts[1:2])
        if named and not families.knows(name):
            from difflib import get_close_matches

            known = [*(families.listed or ()), *families.aliases]
            near = "".join(get_close_matches(name, known, 1))
            meant = f"write {near}" if near else f"use one of {', '.join(known)}"
            message = f"{printable(name)} is no family of this fleet; {meant}"
            message = f"{message}, or add it to `families` in the policy"
            mended = _mended(step, _in_family(key, near))
            yield step.finding(
                "FF210", "SURFACE_KEY", message, families.unknown, mended
            )


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
