"""Signed beats: which of them are what their item's holder signed, as of now.

A server asks it of what is pushed, and a clone of what it sees where nobody judges.
"""

from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.checks.signatures import Keyring, Signed, signed_text, speakers
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import beat_number
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import NAMESPACE, Speaker
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record


@record
class SignedBeat:
    """A beat of an item's present holding, with its number; nobody has verified it."""

    item: Item
    number: int
    signed: Signed


def read_beat(item: Item, data: bytes) -> SignedBeat | None:
    """The signed beat in these bytes; None where it is none of this holding."""
    signed = signed_text(data)
    number = beat_number(item, signed.payload)
    return None if number is None else SignedBeat(item, number, signed)


def signers(feed: Snapshot, beats: Sequence[SignedBeat]) -> list[Speaker]:
    """Who signed each of `beats`, by the rules in `feed`, now."""
    return speakers(Keyring.of(feed), [beat.signed for beat in beats], NAMESPACE)


def verified(feed: Snapshot, beats: Iterable[SignedBeat]) -> dict[str, int]:
    """Item -> the number of its beat, for those that act for the holder."""
    asked = list(beats)
    if not asked:
        return {}
    behind = zip(asked, signers(feed, asked), strict=True)
    return {b.item.id: b.number for b, by in behind if by.acts_for(b.item.holder)}


def beats_here(repo: Repo, items: Mapping[str, Item]) -> dict[str, SignedBeat]:
    """Value -> the beat in it, for `items` by the values of their refs.

    What is not here, or is no beat of the present holding, is left out.
    """
    found = dict[str, SignedBeat]()
    for value, item in items.items():
        try:
            beat = read_beat(item, repo.objects.blob(value))
        except CannotTell:
            continue  # whatever it is, it is no beat that counts
        if beat:
            found[value] = beat
    return found
