"""Who may sign as what, until when; and what became of the certificates issued here."""

import time
from collections.abc import Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_certificates import revoked
from fleetfeed.install.authority import Authority, Issued
from fleetfeed.install.signers_file import signers_in
from fleetfeed.model.layout import REVOKED, SIGNERS
from fleetfeed.model.signers import SignerLine
from fleetfeed.model.ssh_format import FOREVER
from fleetfeed.report.documents import at
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


@record
class SignerStanding:
    """A line of allowed_signers, and whether it counts now."""

    line: SignerLine
    validity: str

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        line = self.line
        return {
            "principals": list(line.principals),
            "authority": line.authority,
            "fingerprint": line.key.fingerprint,
            "starts": at(line.starts) if line.starts else None,
            "ends": _end(line.ends),
            "validity": self.validity,
        }

    def __str__(self) -> str:
        """A row of the table."""
        what = "authority" if self.line.authority else "key"
        who = printable(", ".join(self.line.principals), 300)
        until = _end(self.line.ends)
        end = f", until {until}" if until else ""
        return f"{who}: {what} {self.line.key.fingerprint}, {self.validity}{end}"


@record
class CertificateStanding:
    """A certificate as it was issued, and whether it counts now."""

    issued: Issued
    validity: str

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        return certificate_json(self.issued, self.validity)

    def __str__(self) -> str:
        """A row of the table."""
        what, seat = self.issued.certificate, printable(self.issued.seat)
        return (
            f"{seat}: certificate {what.serial}, {self.validity}, until {at(what.ends)}"
        )


@record
class Standing:
    """All of them."""

    signers: tuple[SignerStanding, ...]
    certificates: tuple[CertificateStanding, ...]

    def lines(self, age: str) -> Iterator[str]:
        """The table; `age` says how fresh the feed is."""
        yield f"who may sign, by {SIGNERS} ({age}):"
        yield from (f"  {each}" for each in self.signers or ("nobody",))
        if self.certificates:
            yield "issued from here:"
            yield from (f"  {each}" for each in self.certificates)


def certificate_json(issued: Issued, validity: str) -> dict[str, object]:
    """A certificate for a program."""
    what = issued.certificate
    return {
        "serial": what.serial,
        "seat": issued.seat,
        "principals": list(what.principals),
        "fingerprint": issued.key.fingerprint,
        "starts": at(what.starts),
        "ends": at(what.ends),
        "validity": validity,
        "certificate": issued.line,
    }


def standing(feed: Snapshot, authority: Authority) -> Standing:
    """What counts now, by this machine's clock."""
    lines = signers_in(feed).lines
    issued = authority.issued() if authority.is_there else []
    keys = [*(line.key.line for line in lines), *(each.line for each in issued)]
    gone = revoked(keys, feed.tree.read(REVOKED) or b"")
    now = time.time()
    signers = tuple(
        SignerStanding(line, _validity(line.starts, line.ends + 1, gone[at_], now))
        for at_, line in enumerate(lines)
    )
    certificates = tuple(
        CertificateStanding(each, _validity(what.starts, what.ends, is_gone, now))
        for each, is_gone in zip(issued, gone[len(lines) :], strict=True)
        for what in (each.certificate,)
    )
    return Standing(signers, certificates)


def _validity(starts: int, ends: int, is_gone: bool, now: float) -> str:
    if is_gone:
        return "revoked"
    if now < starts:
        return "not yet valid"
    return "valid" if now < ends else "expired"


def _end(ends: int) -> str | None:
    return None if ends == FOREVER else at(ends)
