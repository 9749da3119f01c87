"""What a feed's allowed_signers gives to a key: which principals, by which line, when.

Pure reading. Whether a key, or its authority's word for it, is genuine is said by
ssh-keygen (`checks.signatures`), which is asked about each of these and may refuse it.
"""

from collections.abc import Iterable, Iterator

from fleetfeed.model.identity import Flaw
from fleetfeed.model.signers import SignerLine, Signers, seats_of
from fleetfeed.model.ssh_format import Certificate, PublicKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_MOST_NAMED = 3
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


@record
class Grant:
    """That `line` gives the principal to a key, which is to be asked about at `at`."""

    principal: str
    line: SignerLine
    at: int


def grants(
    signers: Signers, key: PublicKey, namespace: str, at: int, *, past: bool = False
) -> tuple[Grant, ...] | Flaw:
    """What a key or certificate may sign as, for a namespace, at a time (seconds).

    Or why that is nothing. In the `past`, where the time is what the signed thing says
    of itself, what began later counts from its beginning.
    """
    name = name_of(key)
    lines = signers.of(key)
    if not lines:
        return Flaw("FF603", f"is signed by {name}, {_unknown(key)}")
    allowed = tuple(line for line in lines if line.signs(namespace))
    if not allowed:
        spaces = ", ".join(lines[0].namespaces or ()) or "nothing"
        why = f"which allowed_signers (line {lines[0].number}) lets sign {spaces} only"
        todo = f"have a steward add {namespace} to its namespaces"
        return Flaw("FF603", f"is signed by {name}, {why}; {todo}")
    inside = [
        (one, line) for line in allowed for one in _principals(key.certificate, line)
    ]
    if not inside:
        return Flaw("FF603", f"is signed by {name}, {_outside(key, allowed)}")
    found = dict[str, Grant]()
    for one, line in inside:
        starts, ends = _span(key.certificate, line)
        when = max(at, starts) if past else at
        if starts <= when < ends:
            found.setdefault(one, Grant(one, line, when))
    if not found:
        told = f"({'as of' if past else 'it is'} {in_utc(at)})"
        why = _not_now(key.certificate, [line for _, line in inside], at, told)
        return Flaw("FF604", f"is signed by {name}, {why}")
    return tuple(found.values())


def seats(granted: Iterable[Grant]) -> tuple[str, ...]:
    """The patterns of the seats among what is granted."""
    return seats_of(tuple(grant.principal for grant in granted))


def authority_of(key: PublicKey) -> str:
    """The fingerprint of the key that certifies this one; empty where none does."""
    return key.certificate.authority.fingerprint if key.certificate else ""


def name_of(key: PublicKey, principals: Iterable[str] = ()) -> str:
    """What a key is called: `key SHA256:… (CAMBER-06)`; a certificate by its serial."""
    known = key.certificate
    named = _listed(known.principals if known else principals)
    if not known:
        return f"key {key.fingerprint}{f' ({named})' if named else ''}"
    return f"certificate {known.serial} of {named or 'nobody'} ({key.fingerprint})"


def _listed(principals: Iterable[str]) -> str:
    """Principals in words: those of sub-seats stand behind their parents."""
    every = tuple(dict.fromkeys(principals))
    below = {f"{one}/*" for one in every}
    heads = [one for one in every if one not in below]
    more = ", …" if len(heads) > _MOST_NAMED else ""
    return printable(", ".join(heads[:_MOST_NAMED])) + more


def _principals(certificate: Certificate | None, line: SignerLine) -> Iterator[str]:
    """The line's own; of a certificate those that its authority's line covers.

    None of them has a character but `*` that means more than itself.
    """
    if certificate is None:
        yield from line.principals
        return
    for one in certificate.principals:
        if line.covers(one):
            yield one


def _span(certificate: Certificate | None, line: SignerLine) -> tuple[int, int]:
    """From when until when both are valid; at the end they no longer are."""
    if certificate is None:
        return line.starts, line.ends + 1
    ends = min(certificate.ends, line.ends + 1)
    return max(certificate.starts, line.starts), ends


def _unknown(key: PublicKey) -> str:
    if key.certificate:
        why = f"and allowed_signers does not know the authority {authority_of(key)}"
        return f"{why}; have one issued by the fleet's own (`fleetfeed ca issue`)"
    why = "which the feed's allowed_signers does not know"
    todo = "have a steward add it, or issue a certificate (`fleetfeed ca issue`)"
    return f"{why}; {todo}"


def _outside(key: PublicKey, lines: tuple[SignerLine, ...]) -> str:
    covered = _listed(one for line in lines for one in line.principals)
    if key.certificate and not key.certificate.principals:
        why = "which names no seat"
    else:
        why = f"and its authority may certify {covered} only"
    return f"{why}; have one issued for your seat (`fleetfeed ca issue`)"


def _not_now(
    certificate: Certificate | None, lines: list[SignerLine], at: int, when: str
) -> str:
    """In words: not yet valid, or no more; `when` says what `at` is."""
    spans = [_span(certificate, line) for line in lines]
    later = [starts for starts, ends in spans if at < starts < ends]
    if later:
        return f"which is not valid before {in_utc(min(later))} {when}; sign again then"
    if certificate and certificate.ends <= at:
        ended = certificate.ends
        todo = "have a new one issued (`fleetfeed ca issue`), and sign again with it"
    else:
        ended = max(line.ends for line in lines)
        todo = "have a steward renew its line in allowed_signers, and push again"
    return f"which expired at {in_utc(ended)} {when}; {todo}"


def in_utc(seconds: int) -> str:
    """A time in seconds since 1970, for a sentence."""
    from datetime import UTC, datetime  # late: who is let through has no need

    at = datetime.fromtimestamp(min(max(seconds, 0), _LATEST), UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
