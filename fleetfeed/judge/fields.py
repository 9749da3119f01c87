"""What the policy and the item say of a new post's fields."""

from collections.abc import Iterator, Mapping

from fleetfeed.judge.step import Step
from fleetfeed.model import names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.fields import NONE, SPECS
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.util import durations
from fleetfeed.util.printable import printable


def unknown_fields(places: Mapping[str, Place], policy: Policy) -> Iterator[Finding]:
    """FF102 for each field that is neither fleetfeed's nor the policy's."""
    known = [*SPECS, *policy.fields]
    for name, place in places.items():
        if name in known:
            continue
        from difflib import get_close_matches

        near = get_close_matches(name.upper(), known, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else "declare it in the policy"
        message = f"{printable(name)} is no known field; {hint}"
        yield finding("FF102", Place(place.path, place.line, 1), message)


def known_fields(step: Step) -> Iterator[Finding]:
    """Every field is fleetfeed's or the policy's."""
    yield from unknown_fields(step.post.places, step.policy)


def fleet_fields(step: Step) -> Iterator[Finding]:
    """The fields that the policy requires in this state are there.

    A terminal state is never stopped by it: work that is over must be able to end.
    """
    for name, rule in step.policy.fields.items():
        if step.post.state not in rule.states or step.after.value(name):
            continue
        what = f"the policy wants {name} on a {step.post.state.value} item"
        message = f"{what}; add `{name}: …`"
        found = step.finding("FF107", "", message, rule.level)
        yield found.softened() if step.post.state.terminal else found


def first_subject(step: Step) -> Iterator[Finding]:
    """An item's first post says what it is about."""
    if step.before.state is None and not step.post.subject:
        message = "SUBJECT is missing on the item's first post; add `SUBJECT: …`"
        yield step.finding("FF101", "", message)


def known_prefix(step: Step) -> Iterator[Finding]:
    """A new item's prefix is one of the policy's."""
    known, item = step.policy.prefixes, names.parse(step.before.id)
    if step.before.newest or known is None or item is None or item.prefix in known:
        return
    message = f"{item.prefix} is no prefix of this fleet; use one of {', '.join(known)}"
    yield step.finding("FF308", "ITEM", message)


def one_holder(step: Step) -> Iterator[Finding]:
    """Who holds an item is one seat: a pool may be offered one, and cannot hold it."""
    owner, running = step.post.owner, step.post.state is State.IN_PROGRESS
    if running and owner and step.policy.pool(owner) is not None:
        message = f"OWNER {printable(owner)} is a pool, and a pool cannot hold an item"
        yield step.finding("FF103", "OWNER", f"{message}; name a seat")


def allowed_lease(step: Step) -> Iterator[Finding]:
    """A lease is no longer than the policy allows."""
    lease, leases = step.post.lease, step.policy.leases
    if lease == NONE and not leases.indefinite:
        wrong = "LEASE: none is not allowed"
    elif lease and (durations.seconds(lease) or 0) > leases.max:
        wrong = f"LEASE {lease} is too long"
    else:
        return
    todo = f"the policy allows up to {durations.spelt(leases.max)}"
    yield step.finding("FF503", "LEASE", f"{wrong}; {todo}")
