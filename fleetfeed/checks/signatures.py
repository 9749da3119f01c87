"""Who signed: from commits and texts with their signatures to speakers.

ssh-keygen's answer decides whether a signature is one, whether allowed_signers gives
its key to a principal, and whether that is valid and not revoked. Our own reading says
what to ask, gives words and seats, and may only refuse more. Each signature is asked
about once; what is the same for all signatures of a key is asked once a key.
"""

import time
from collections.abc import Iterator, Sequence

from fleetfeed.feed.objects import PLAIN
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_keygen import Question, Verifier, krl_flaw
from fleetfeed.model import layout
from fleetfeed.model.findings import Finding
from fleetfeed.model.grants import Grant, authority_of, grants, name_of, seats
from fleetfeed.model.identity import Flaw, Speaker
from fleetfeed.model.revoked_keys import is_krl, read_revoked
from fleetfeed.model.signed import Signed, signed_commit, signed_text
from fleetfeed.model.signers import MEND, Signers, read_signers
from fleetfeed.model.ssh_format import PublicKey, parse_signature
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record, replace

__all__ = ["Keyring", "Signed", "signed_commit", "signed_text", "speakers"]

_Asked = tuple[bytes, str, str, int]
"""What is the same for one key: its bytes, the namespace, a principal, and the line of
allowed_signers that gives it."""


class Keyring:
    """The keys that a feed knows, and those that it has revoked.

    It remembers what ssh-keygen said of a key, from when until when.
    """

    def __init__(
        self,
        allowed: bytes,
        revoked: bytes = b"",
        path: str = layout.SIGNERS,
        revoked_path: str = layout.REVOKED,
    ) -> None:
        """By the bytes of both files, which lie at these paths."""
        signers, findings = read_signers(allowed, path)
        self.signers = signers or Signers()
        self.allowed, self.path = allowed, path
        self.revoked = revoked if revoked.strip() else b""
        self.revoked_path = revoked_path
        findings += read_revoked(self.revoked, revoked_path)
        self.flaw = _unreadable(findings[0]) if findings else None
        self._taken: dict[_Asked, tuple[int, int]] = {}

    @classmethod
    def of(cls, feed: Snapshot) -> "Keyring":
        """The keys in a feed."""
        allowed, revoked = (_file(feed, n) for n in (layout.SIGNERS, layout.REVOKED))
        paths = (feed.tree.display_path(n) for n in (layout.SIGNERS, layout.REVOKED))
        return cls(allowed, revoked, *paths)

    def krl_flaw(self) -> str:
        """Why ssh-keygen cannot read the KRL; empty where it can, or there is none."""
        return krl_flaw(self.revoked) if is_krl(self.revoked) else ""

    def takes(self, asked: _Asked, at: int) -> bool:
        """Whether ssh-keygen has said yes of a time `at`.

        A line and a certificate are valid from a time until a time, so who is taken
        at two times is taken between them.
        """
        first, last = self._taken.get(asked, (at + 1, at))
        return first <= at <= last

    def taken(self, asked: _Asked, at: int) -> None:
        """Remember that it said so."""
        first, last = self._taken.get(asked, (at, at))
        self._taken[asked] = min(first, at), max(last, at)


def _file(feed: Snapshot, name: str) -> bytes:
    entry = feed.tree.entry(name)
    if entry is None:
        return b""
    # What is no plain file is no text either: a finding on its first character.
    return feed.tree.content(entry, name) if entry.mode == PLAIN else b"\0"


def _unreadable(found: Finding) -> Flaw:
    place = found.place
    at = f"{printable(place.path)}:{place.line}:{place.column}"
    why = f"cannot be verified, since {at} cannot be read ({found.message}); {MEND}"
    return Flaw("FF616", why)


@record
class _Case:
    """A signature that may be good: whose it is, and what it would speak for."""

    question: Question
    key: PublicKey
    grants: tuple[Grant, ...]

    @property
    def name(self) -> str:
        """What its key is called."""
        return name_of(self.key, (grant.principal for grant in self.grants))

    def asked(self, grant: Grant) -> _Asked:
        """What ssh-keygen is asked once a key, for a grant of this one."""
        space, line = self.question.namespace, grant.line.number
        return self.key.blob, space, grant.principal, line


def speakers(
    keyring: Keyring,
    signed: Sequence[Signed],
    namespace: str = "git",
    at: float | Sequence[float] | None = None,
) -> list[Speaker]:
    """Who stands behind each of `signed`, by signatures for `namespace`.

    They are verified by this machine's clock; or as of the time `at`, in seconds since
    1970, for all or for each. Then a key or certificate that began later counts as
    valid: what has landed was verified when it did, and is dated by whoever wrote it.
    CannotTell where ssh-keygen gives no answer.
    """
    now = int(time.time())
    if isinstance(at, Sequence):
        times = [int(one) for one in at]
    else:
        times = [now if at is None else int(at)] * len(signed)
    read = [
        _read(keyring, one, namespace, when, past=at is not None)
        for one, when in zip(signed, times, strict=True)
    ]
    cases = [one for one in read if isinstance(one, _Case)]
    if not cases:
        return [one for one in read if isinstance(one, Speaker)]
    with Verifier(keyring.allowed, keyring.revoked) as verifier:
        found = iter(list(_verified(keyring, cases, verifier)))
    return [next(found) if isinstance(one, _Case) else one for one in read]


def _read(
    keyring: Keyring, signed: Signed, namespace: str, at: int, *, past: bool
) -> _Case | Speaker:
    """What there is to ask about `signed`; or a speaker with a flaw."""
    flaw = keyring.flaw or signed.flaw
    if flaw or signed.signature is None:
        return Speaker("", flaw=flaw)
    try:
        signature = parse_signature(signed.signature)
    except ValueError as error:
        why = f"has a signature that cannot be read: {error}; sign it anew"
        return Speaker("", flaw=Flaw("FF606", why))
    key = signature.key
    if signature.namespace != namespace:
        given = printable(signature.namespace)
        why = f"has a signature for {given} where one for {namespace} is wanted"
        return Speaker(name_of(key), flaw=Flaw("FF606", f"{why}; sign it anew"))
    granted = grants(keyring.signers, key, namespace, at, past=past)
    if isinstance(granted, Flaw):
        return Speaker(name_of(key), flaw=granted)
    question = Question(signed.payload, signed.signature, namespace)
    return _Case(question, key, granted)


def _verified(
    keyring: Keyring, cases: Sequence[_Case], verifier: Verifier
) -> Iterator[Speaker]:
    """Who stands behind each case, by what ssh-keygen says."""
    good = verifier.ask([case.question for case in cases])
    kept = [case for case, yes in zip(cases, good, strict=True) if yes]
    _confirm(keyring, kept, verifier)
    refused: dict[bytes, Flaw] = {}
    for case, yes in zip(cases, good, strict=True):
        taken = [
            grant for grant in case.grants if keyring.takes(case.asked(grant), grant.at)
        ]
        if not yes:
            yield Speaker(case.name, flaw=Flaw("FF606", _NOT_OVER_THIS))
        elif taken:
            name = name_of(case.key, (grant.principal for grant in taken))
            by = authority_of(case.key)
            yield Speaker(name, case.key.fingerprint, seats(taken), authority=by)
        else:
            if case.key.blob not in refused:
                refused[case.key.blob] = _why_refused(keyring, case, verifier)
            yield Speaker(case.name, flaw=refused[case.key.blob])


def _confirm(keyring: Keyring, cases: Sequence[_Case], verifier: Verifier) -> None:
    """Ask once for each key and principal: at the first of all times, and the last."""
    wanted: dict[_Asked, tuple[Question, str, int, int]] = {}
    for case in cases:
        for grant in case.grants:
            of, at = case.asked(grant), grant.at
            if not keyring.takes(of, at):
                new = case.question, grant.principal, at, at
                question, one, first, last = wanted.get(of, new)
                wanted[of] = question, one, min(first, at), max(last, at)
    asked = [
        (of, replace(question, principal=one, at=when))
        for of, (question, one, first, last) in wanted.items()
        for when in dict.fromkeys((first, last))
    ]
    answers = verifier.ask([question for _, question in asked])
    for (of, question), yes in zip(asked, answers, strict=True):
        if yes:
            keyring.taken(of, question.at)


def _why_refused(keyring: Keyring, case: _Case, verifier: Verifier) -> Flaw:
    """Why ssh-keygen takes a key for none of its principals."""
    first = case.grants[0]
    asked = replace(case.question, principal=first.principal, at=first.at)
    asked = replace(asked, unrevoked=False)
    if not keyring.revoked or not verifier.ask([asked])[0]:
        return Flaw("FF603", f"is signed by {case.name}, {_NOT_TAKEN}")
    broken = keyring.krl_flaw()
    if broken:
        why = f"{printable(keyring.revoked_path)} cannot be read ({broken})"
        return Flaw("FF616", f"cannot be verified, since {why}; {MEND}")
    return Flaw("FF605", f"is signed by {case.name}, {_REVOKED}")


_NEW = "have a new key or certificate issued (`fleetfeed ca issue`)"
_REVOKED = f"which is revoked; {_NEW}, and sign again with that"
_NOT_TAKEN = (
    "which ssh-keygen does not take by the feed's allowed_signers (it may be too "
    f"short, or of a kind that OpenSSH here does not know); {_NEW}"
)
_NOT_OVER_THIS = (
    "has a signature that is not over this: it was made for something else, or this "
    "was changed after it was signed; sign it anew"
)
