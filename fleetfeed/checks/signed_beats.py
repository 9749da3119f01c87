"""Signed beats: which of them are what their item's holder signed, as of now.

A server asks it of what is pushed, and a clone of what it sees where nobody judges.
"""

from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.checks.signatures import Keyring, Signed, signed_text, speakers
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.remote import LONG, fetch_objects
from fleetfeed.lease.heartbeat import beat_number, item_of_ref
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


def beat_signers(
    feed: Snapshot, beats: Sequence[SignedBeat], at: float | None = None
) -> list[Speaker]:
    """Who signed each of `beats`, by the rules in `feed`: now, or as of `at`."""
    signed = [beat.signed for beat in beats]
    return speakers(Keyring.of(feed), signed, NAMESPACE, at)


def verified(
    feed: Snapshot, beats: Iterable[SignedBeat], at: float | None = None
) -> dict[str, int]:
    """Item -> the number of its beat, for those that act for the holder."""
    asked = list(beats)
    if not asked:
        return {}
    behind = zip(asked, beat_signers(feed, asked, at), strict=True)
    return {b.item.id: b.number for b, by in behind if by.acts_for(b.item.beating)}


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


def counting(
    repo: Repo,
    remote: str | None,
    feed: Snapshot,
    refs: Mapping[str, str],
    known: Mapping[str, str],
    *,
    since: float | None = None,
) -> dict[str, str]:
    """Ref of beats -> the value that counts of it, for who looks on.

    `refs` are what the remote has, `known` the values that counted before. A new one
    counts if its holder signed it, and not before the known one: else that stays, as
    far as it is of the present holding. What is not here is fetched first. Whoever has
    looked before says when, in seconds since 1970: a certificate that was good then was
    good for a beat that came after.
    """
    held = {item.id: item for item in feed.open}
    items = {n: held[i] for n in {*refs, *known} if (i := item_of_ref(n)) in held}
    _bring(repo, remote, {n: v for n, v in refs.items() if n in items})
    old = _at(repo, known, items)
    new = _at(repo, {n: v for n, v in refs.items() if known.get(n) != v}, items)
    later = [b for n, b in new.items() if n not in old or b.number > old[n].number]
    good = verified(feed, later, since)
    return {
        **{n: known[n] for n in old},
        **{n: refs[n] for n, beat in new.items() if good.get(beat.item.id)},
    }


def _bring(repo: Repo, remote: str | None, refs: Mapping[str, str]) -> None:
    """Fetch what `refs` are at. CannotTell where the remote does not answer."""
    here = queries.objects_here(repo.git, refs.values()) if remote and refs else ()
    lacking = [name for name, value in refs.items() if value not in here]
    if remote and lacking:
        fetch_objects(repo.git, remote, lacking, LONG)


def _at(
    repo: Repo, values: Mapping[str, str], items: Mapping[str, Item]
) -> dict[str, SignedBeat]:
    """Ref -> the beat of the present holding in its value."""
    found = beats_here(repo, {v: items[n] for n, v in values.items() if n in items})
    return {name: found[v] for name, v in values.items() if v in found}
