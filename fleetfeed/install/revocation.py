"""What is to be revoked, found by a seat, a serial number or a key's file."""

import time
from pathlib import Path

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_certificates import with_revoked
from fleetfeed.install.authority import Authority, certificate_words, public_key
from fleetfeed.install.enrolment import needs_steward
from fleetfeed.install.signers_file import (
    is_also_of,
    is_of,
    other_authorities,
    signers_in,
    without,
)
from fleetfeed.ledger.base import Files, Tip
from fleetfeed.model.errors import Usage
from fleetfeed.model.layout import REVOKED, SIGNERS
from fleetfeed.model.names import SEAT
from fleetfeed.model.signers import SignerLine
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.rule_edit import Edited, Manner, edit_rules

_MARGIN = 24 * 3600
"""Seconds after its end for which a certificate is revoked: clocks differ."""


@record
class Revocation:
    """`rows` for the list of revoked keys (`ssh_certificates.with_revoked`).

    `words` say what they are; `lines` of allowed_signers go with them. `remarks` say
    what may be left.
    """

    rows: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lines: tuple[SignerLine, ...] = ()
    remarks: tuple[str, ...] = ()


def revoke(
    repo: Repo, target: str, authority: Authority, seat: str, manner: Manner
) -> tuple[Revocation, Edited]:
    """Push what revokes `target`; nothing changes where it was revoked before."""
    found = Revocation()

    def change(tip: Tip) -> Files:
        nonlocal found
        needs_steward(tip.feed.rules, seat)
        found = to_revoke(target, authority, tip.feed)
        return _files(tip.feed, found, authority)

    title = f"Revoke {printable(target)}"
    edited = edit_rules(repo, change, title, what=REVOKED, manner=manner)
    return found, edited


def _files(feed: Snapshot, found: Revocation, authority: Authority) -> Files:
    old = feed.tree.read(REVOKED) or b""
    by = authority.key.line if authority.is_there else ""
    # As it would be written without anything new: dates are left out.
    new, same = with_revoked(old, found.rows, by), with_revoked(old, (), by)
    files: dict[str, bytes | None] = {} if new == same else {REVOKED: new}
    if found.lines:
        files[SIGNERS] = without(feed.tree.read(SIGNERS) or b"", found.lines)
    return files


def to_revoke(target: str, authority: Authority, feed: Snapshot) -> Revocation:
    """What `target` names. Usage where it names nothing that can be revoked."""
    if target.isascii() and target.isdigit():
        return _serial(int(target), authority)
    if target.endswith(".pub") or Path(target).is_file():
        return _file(Path(target), feed)
    if not SEAT.fullmatch(target):
        raise Usage(f"{printable(target)} is no seat, serial number or key's file")
    return _seat(target, authority, feed)


def _serial(serial: int, authority: Authority) -> Revocation:
    key = authority.key
    for each in authority.issued():
        if each.certificate.serial == serial:
            return Revocation((each.line,), (certificate_words(each),))
    words = f"certificate {serial} of the authority {key.fingerprint}"
    return Revocation((f"serial: {serial}",), (words,))


def _file(file: Path, feed: Snapshot) -> Revocation:
    """A certificate's file means it alone; a key's also every certificate over it."""
    key = public_key(file)
    if key.certificate:
        words = f"certificate {key.certificate.serial} ({key.fingerprint})"
        return Revocation((key.line,), (words,))
    lines = tuple(line for line in signers_in(feed).lines if line.key == key)
    return Revocation((key.line,), (f"key {key.fingerprint}",), lines)


def _seat(seat: str, authority: Authority, feed: Snapshot) -> Revocation:
    """Its certificates and its sub-seats', and the keys that speak for nobody else."""
    lines = signers_in(feed).lines
    issued = authority.issued() if authority.is_there else []
    since = time.time() - _MARGIN
    its_own = [i for i in issued if i.is_of(seat) and i.certificate.ends > since]
    keys = tuple(line for line in lines if is_of(line, seat))
    rows = (*(i.line for i in its_own), *(line.key.line for line in keys))
    words = (f"key {line.key.fingerprint} of {seat}" for line in keys)
    if not rows:
        raise Usage(
            _nothing(seat, authority, [x for x in lines if is_also_of(x, seat)])
        )
    also = other_authorities(feed, authority.key if authority.is_there else None, seat)
    unknown = (
        f"what the authority {other} has issued to {seat} is not known here; whoever"
        " has its key revokes that, or `fleetfeed ca revoke` its .pub file as a whole"
        for other in also
    )
    told = (*map(certificate_words, its_own), *words)
    return Revocation(rows, told, keys, tuple(unknown))


def _nothing(seat: str, authority: Authority, shared: list[SignerLine]) -> str:
    """Why nothing of `seat` is there to be revoked, and what to do."""
    if shared:
        line = shared[0]
        others = printable(", ".join(line.principals), 300)
        why = f"line {line.number} of {SIGNERS} speaks for others, too ({others})"
        return f"{why}; change it there, or revoke the key by its file"
    where = printable(str(authority.log), 400)
    what = f"no certificate of {seat} that is still valid is in {where}"
    todo = "revoke by SERIAL or by the key's FILE.pub what was issued elsewhere"
    return f"{what}, and {SIGNERS} has no key of it; {todo}"
