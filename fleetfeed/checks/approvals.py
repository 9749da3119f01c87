"""The approvals that commits bring: read, verified, and whether they are in force."""

import time
from collections.abc import Callable, Sequence

from fleetfeed.checks.signatures import Keyring, signed_text, speakers
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import utc
from fleetfeed.model.approval import ApprovalText, feed_name, read_text, trailers
from fleetfeed.model.fields import SPECS
from fleetfeed.model.identity import NAMESPACE, Approval, Flaw, Speaker, Speakers
from fleetfeed.repo.location import Where
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

Verifier = Callable[[Sequence[bytes], Sequence[float]], Sequence[Speaker]]
"""From texts with their signatures (namespace `fleetfeed`), and a time for each, in
seconds of UTC, to who signed them by then."""


def verifier(keyring: Keyring, *, now: bool = True) -> Verifier:
    """By the signers in `keyring`, by this machine's clock; not `now`: at each time."""

    def verified(texts: Sequence[bytes], times: Sequence[float]) -> Sequence[Speaker]:
        signed = [signed_text(text) for text in texts]
        return speakers(keyring, signed, NAMESPACE, None if now else times)

    return verified


def with_approvals(
    known: Speakers, lines: Sequence[str], feed: Snapshot, where: Where
) -> Speakers:
    """`known`, with the approvals in `lines`, which they are about to hand in."""
    message, by = "\n".join(lines).encode(), verifier(Keyring.of(feed))
    name = feed_name(where.folder, where.ref)
    (given,) = approvals([message], name, by, [time.time()])
    return lambda path: tuple(replace(one, approvals=given) for one in known(path))


def approvals(
    messages: Sequence[bytes], feed: str, verify: Verifier, times: Sequence[float]
) -> list[tuple[Approval, ...]]:
    """What the messages of commits bring: of each, at its time.

    `feed` is the feed's `model.approval.feed_name`. Those that do not count are there,
    too, with a flaw that says why. `verify` is asked once for all, if for any.
    """
    found = [(n, text) for n, one in enumerate(messages) for text in trailers(one)]
    rows: list[list[Approval]] = [[] for _ in messages]
    if found:
        at = [times[n] for n, _ in found]
        signers = verify([text for _, text in found], at)
        for (n, text), signer in zip(found, signers, strict=True):
            rows[n].append(_approval(text, feed, signer, times[n]))
    return [tuple(row) for row in rows]


def _approval(signed: bytes, feed: str, by: Speaker, now: float) -> Approval:
    try:
        text = read_text(signed_text(signed).payload.decode())
    except UnicodeDecodeError:
        text = None
    if text is None:
        why = "cannot be read; `fleetfeed approve` prints one that can"
        return Approval("", Speaker("", flaw=Flaw("FF613", why)))
    return Approval(text.act, replace(by, flaw=by.flaw or _flaw(text, feed, by, now)))


def _flaw(text: ApprovalText, feed: str, by: Speaker, now: float) -> Flaw | None:
    """Why an approval that `by` has signed is not in force here and now."""
    if text.feed != feed:
        why = f"is for another feed ({printable(text.feed)})"
    elif SPECS["AT"].check(text.until):
        why = f"has no time for its end ({printable(text.until)})"
    elif utc(text.until) < now:
        why = f"was good until {text.until}, which is over"
    else:
        return None
    return Flaw("FF613", f"of {by.who} {why}")
