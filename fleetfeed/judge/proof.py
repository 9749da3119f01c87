"""The proof: whoever begins to hold says how that differs from what is near.

It is asked of who first names a key, always; and of who takes up what another has
filed or had, or what lay at rest, where something is near that the item's last proof
does not name.
"""

import re
from collections.abc import Iterable, Iterator

from fleetfeed.feed.near import Near, Nearby, Why
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.step import Step
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as, split_prose
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.yaml.writer import dump
from fleetfeed.util.printable import printable

UNPROVEN = "FF208"
"""Something near is not named in the proof."""

_UNFILLED = "(…)"
"""What the line to complete has behind each item."""

_ITEMS_ALONE = "names items alone"

_LONGEST_REPEATED = 400
"""Characters of a proof that is repeated in the line to complete."""

# Words that tell nobody how two things differ; a proof of these alone says nothing.
_EMPTY = """
    a an and apart aside besides but different differs distinct from have i is it n na
    nil no none not nothing null of ok on or overlap overlaps see separate tba tbd than
    that the there this to todo unlike unrelated versus vs with x yes
"""


def proof(step: Step) -> Iterator[Finding]:
    """Whoever begins to hold a key says how it differs from what is near."""
    first, keys = step.first_claimed, _begun(step)
    if not keys:
        return
    stood = step.context.before.neighbours.has
    neighbours = step.context.after.neighbours.under(step.policy.families)
    near = neighbours.near(keys, step.before.id, stood)
    unnamed = _unnamed(near, step.after)
    if not (first or unnamed.told or _unnamed(near, step.before).told):
        return
    given = "NO_OVERLAP_PROOF" in step.post.fields
    if first and not given:
        yield _missing(step, first[0], near)
    elif given and (wrong := _says_nothing(step.post.proof)):
        yield _empty(step, wrong, near)
    elif unnamed.told:
        yield _unproven(step, unnamed)


def unproven(feed: Snapshot, item: Item, seat: str) -> Nearby:
    """What `seat` would have to name in a proof, were it to take up `item` as it is."""
    if item.state is State.AWAITING_CLAIM and acts_as(seat, item.filer):
        return Nearby()
    neighbours = feed.neighbours.under(feed.rules.families)
    return _unnamed(neighbours.near(item.own or item.resting, item.id), item)


def near_lines(near: Nearby) -> tuple[str, ...]:
    """What is near, each with holder, key and why; and how many more."""
    more = (f"and {near.more} more",) if near.more else ()
    return (*map(near_words, near.told), *more)


def near_words(near: Near) -> str:
    """One that is near: whose it is, its key, and why."""
    hold = near.hold
    who, key = printable(hold.contact), printable(hold.text)
    why = f"half-done, {hold.state}" if near.why is Why.AT_REST else near.why.value
    return f"{hold.item} of {who} is near ({key}, {why})"


def proof_to_complete(words: str, near: Iterable[Near]) -> str:
    """The proof to give: `words`, and each of `near` with a reason to be filled in."""
    apart = ", ".join(f"{each.item} {_UNFILLED}" for each in near)
    return f"{words}; apart from {apart}"


def _mended(words: str, near: Nearby) -> str:
    """The line to complete.

    Empty where nothing is near, or where `words` are too many to be said again.
    """
    if not near.told or len(words) > _LONGEST_REPEATED:
        return ""
    text = proof_to_complete(words, near.told)
    return dump([("NO_OVERLAP_PROOF", text)]).rstrip("\n")


def _begun(step: Step) -> tuple[SurfaceKey, ...]:
    """The keys that the seat begins to hold."""
    return step.after.own if _takes_up(step) else step.acquired


def _takes_up(step: Step) -> bool:
    """Whether the seat takes up what another has filed, or had in progress."""
    seat, before = step.post.seat, step.before
    if step.post.state is not State.IN_PROGRESS:
        return False
    if before.state is State.AWAITING_CLAIM:
        return not acts_as(seat, before.filer)
    taken = before.state is State.IN_PROGRESS and not acts_as(seat, before.holder)
    return taken and acts_as(seat, step.after.holder)


def _unnamed(near: Nearby, item: Item) -> Nearby:
    """Those told that the proofs of `item` do not name; nobody where all are."""
    left = tuple(each for each in near.told if each.item not in item.apart_from)
    return Nearby(left, near.more) if left else Nearby()


def _says_nothing(text: str) -> str:
    """Why `text` is no proof; empty where it is one."""
    if _UNFILLED in text:
        return f"still has a {_UNFILLED} to be filled in"
    named, rest = split_prose(text)
    if set(_EMPTY.split()).issuperset(re.findall(r"\w+", rest)):
        return _ITEMS_ALONE if named else "says nothing"
    return ""


def _missing(step: Step, key: SurfaceKey, near: Nearby) -> Finding:
    message = f"{printable(key.text)} is claimed without proof"
    todo = "add `NO_OVERLAP_PROOF: how this differs from nearby work`"
    message = "; ".join((message, *near_lines(near), todo))
    return step.finding("FF206", "SURFACE_KEY", message, mended=_mended("…", near))


def _empty(step: Step, wrong: str, near: Nearby) -> Finding:
    """FF207, a warning where a list of items comes with the whole of a feed.

    Such a proof was lawful once, and a history that moves to another server cannot be
    written anew.
    """
    message = f"NO_OVERLAP_PROOF '{printable(step.post.proof)}' {wrong}"
    todo = "say how this differs from nearby work"
    message = "; ".join((message, *near_lines(near), todo))
    moves = step.context.before.tree.root is None and wrong == _ITEMS_ALONE
    level = Severity.WARN if moves else None
    return step.finding(
        "FF207", "NO_OVERLAP_PROOF", message, level, mended=_mended("…", near)
    )


def _unproven(step: Step, near: Nearby) -> Finding:
    """FF208: the nearest items that the proof does not name.

    A neighbour that comes with the same push is only warned of: its claim may be
    younger than the proof, as in a whole history that moves to another server.
    """
    stood = any(step.context.before.neighbours.has(each.hold) for each in near.told)
    nearest, which = near.told[0], "each"
    if len(near.told) == 1:
        which = nearest.item
    words = " ".join(step.post.proof.split()) or "…"
    return finding(
        UNPROVEN,
        step.post.place("NO_OVERLAP_PROOF"),
        "; ".join((*near_lines(near), f"look, and name {which} in NO_OVERLAP_PROOF")),
        severity=step.policy.proof if stood else Severity.WARN,
        mended=_mended(words, near),
        item=nearest.item,
        surface=nearest.hold.text,
        holder=nearest.hold.contact,
    )
