"""What a new post may claim: the shape of its keys, and their proof."""

import re
from collections.abc import Iterator
from itertools import combinations, islice

from fleetfeed.feed.surface_index import Hold, Holders
from fleetfeed.judge.step import Step
from fleetfeed.model.catalogue import finding
from fleetfeed.model.fields import lets_go
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.surface import SurfaceKey, key_meant, shape_flaw
from fleetfeed.util.printable import printable

MOST_NEIGHBOURS = 5
"""Nearby items that one post is told of; a whole family would be a wall of text."""

# An item's id in prose, as a word of its own.
_ITEM = re.compile(r"(?<![\w-])[a-z][a-z0-9]*-[0-9]{4,9}(?!\w)")
# Words and blanks alone, in lower case.
_EMPTY_PROOF = "(n ?a|nil|no|no overlap|none|null|ok|tba|tbd|todo|x|yes)?"


def _new_keys(step: Step) -> tuple[SurfaceKey, ...]:
    """The acquired keys that the item never held."""
    return tuple(k for k in step.acquired if k.parts not in step.before.ever_held)


def key_shape(step: Step) -> Iterator[Finding]:
    """A key has lane, family and artifact; one that is only recorded is warned of."""
    acquired = {key.parts for key in _new_keys(step)}
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
        for key in _new_keys(step):
            flaw = shape_flaw(key.text)
            if flaw:
                message = f"surface '{printable(key.text)}', named before, {flaw[1]}"
                yield step.finding(flaw[0], "", message)


def known_lane(step: Step) -> Iterator[Finding]:
    """The key begins with a lane of the policy's."""
    for key in _new_keys(step):
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


def proof(step: Step) -> Iterator[Finding]:
    """Whoever acquires a key for the first time says how it differs from its nearby."""
    keys = _new_keys(step)
    if not keys:
        return
    if "NO_OVERLAP_PROOF" not in step.post.fields:
        message = f"{printable(keys[0].text)} is claimed without proof"
        todo = "add `NO_OVERLAP_PROOF: how this differs from nearby work`"
        yield step.finding("FF206", "SURFACE_KEY", f"{message}; {todo}")
        return
    words = re.findall(r"\w+", step.post.proof.casefold())
    if re.fullmatch(_EMPTY_PROOF, " ".join(words)):
        message = f"NO_OVERLAP_PROOF '{printable(step.post.proof)}' says nothing"
        message = f"{message}; say how this differs from nearby work"
        yield step.finding("FF207", "NO_OVERLAP_PROOF", message)
        return
    yield from _unnamed(step, keys)


def _unnamed(step: Step, keys: tuple[SurfaceKey, ...]) -> Iterator[Finding]:
    """FF208 for the first few nearby items that the proof does not name.

    A neighbour that comes with the same push is only warned of: its claim may be
    younger than the proof, as in a whole history that moves to another server. Those
    that stood before come first, so that the cut hides no refusal.
    """
    named = {step.before.id.casefold(), *_ITEM.findall(step.post.proof.casefold())}
    before, after = step.context.before.holders, step.context.after.holders
    stood = _neighbours(before, keys, named)
    still = (hold for hold in stood if hold.key in after.held(hold.item))
    for hold in islice(still, MOST_NEIGHBOURS):
        named.add(hold.item.casefold())
        yield _near(step, hold, step.policy.proof)
    for hold in islice(_neighbours(after, keys, named), MOST_NEIGHBOURS):
        if not before.held(hold.item):
            yield _near(step, hold, Severity.WARN)


def _neighbours(
    holders: Holders, keys: tuple[SurfaceKey, ...], named: set[str]
) -> Iterator[Hold]:
    """What is held near one of `keys`, each item once, without those in `named`."""
    seen = set(named)
    for key in keys:
        for hold in holders.near(key):
            if hold.item.casefold() not in seen:
                seen.add(hold.item.casefold())
                yield hold


def _near(step: Step, hold: Hold, level: Severity) -> Finding:
    who, item = printable(hold.contact), hold.item
    message = f"{item} of {who} is near: it holds {printable(hold.text)}"
    return finding(
        "FF208",
        step.post.place("NO_OVERLAP_PROOF"),
        f"{message}; look at it, and name {item} in NO_OVERLAP_PROOF",
        severity=level,
        item=item,
        surface=str(hold.key),
        holder=hold.contact,
    )
