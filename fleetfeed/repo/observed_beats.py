"""The beats that a clone has observed, and when it first did.

A beat's ref tells who is alive, and not since when. So each clone keeps in mind, in one
small file beside its repository, since when it knows the value that a ref is at, and
when it looked last: the beat came before that. Beats take turns in a few values, which
are not all of them sent in a third of a lease (`heartbeat.apart`). So after a look that
was longer ago a beat counts as observed now, as it does where the file is lost. Signed
beats have a value of their own each; which of them count is said by who can verify
them.
"""

import math
import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import A_LEASE, beat_ids, item_of_ref
from fleetfeed.lease.lease import lease_of
from fleetfeed.lease.stamps import Clock
from fleetfeed.model.item import Item
from fleetfeed.model.policy import Policy
from fleetfeed.repo.repository import Repo
from fleetfeed.util.jsonfile import keep, kept

FILE = "fleetfeed/heard.json"
"""Where it lies in the clone's repository."""


class ObservedBeat(NamedTuple):
    """A ref's value, since when it is known, and when it was looked at last."""

    value: str
    at: float
    looked: float


Counting = Callable[[Mapping[str, str]], Mapping[str, str]]
"""From the values that counted before, by their refs, to those that count now."""


def observed_beats(
    repo: Repo,
    feed: Snapshot,
    refs: Mapping[str, str],
    clock: Clock | None,
    signed: Counting | None = None,
) -> dict[str, float]:
    """Item -> the seconds since its beat was first observed.

    `refs` are the remote's refs of beats; those of an earlier epoch do not count.
    `signed` says which do, where they are signed.
    """
    now = clock.now() if clock else 0.0
    known = _known(repo, clock) if clock and refs else {}
    fresh = dict[str, ObservedBeat]()
    # What is over has no holder; what is open is known, and no post is read for it.
    items = {item.id: item for item in feed.open} if refs else {}
    held = {name: item for name in refs if (item := items.get(item_of_ref(name) or ""))}
    if signed:
        counted = signed({name: each.value for name, each in known.items()})
    else:
        values = {name: beat_ids(item, repo.id_size) for name, item in held.items()}
        counted = {
            name: refs[name] for name, two in values.items() if refs[name] in two
        }
    for name, value in counted.items():
        last = known.get(name, ObservedBeat("", 0.0, 0.0))
        apart = math.inf if signed else _apart(held[name], feed.rules)
        same = last.value == value and now - last.looked < apart
        fresh[name] = ObservedBeat(value, last.at if same else now, now)
    if clock and refs:
        keep(_file(repo), {"boot": clock.boot, "beats": fresh})
    return {
        str(item_of_ref(name)): max(0.0, now - each.at) for name, each in fresh.items()
    }


def _apart(item: Item, policy: Policy) -> float:
    """The seconds between two beats of an item; endless leases are beaten for, too."""
    lease = lease_of(item, policy)
    return 0.0 if lease is None else lease / A_LEASE


def _known(repo: Repo, clock: Clock) -> dict[str, ObservedBeat]:
    """What was kept in this boot; nothing where that cannot be read."""
    try:
        known = kept(_file(repo))
        if known["boot"] != clock.boot:
            return {}
        rows = known["beats"].items()
        return {
            name: ObservedBeat(str(value), float(at), float(looked))
            for name, (value, at, looked) in rows
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _file(repo: Repo) -> str:
    return os.path.join(repo.common_folder, FILE)
