"""The authority of a fleet: a key that certifies others' keys, and what it has issued.

The key never lies in a work tree. Beside it stands a row for each certificate, written
before the certificate is handed out: what is not in there was not issued here, and a
seat is turned into serial numbers by it when it is revoked.
"""

import json
import os
import secrets
import shlex
import time
from functools import cached_property
from pathlib import Path

from fleetfeed.git.ssh_certificates import Wanted, certified, make_key
from fleetfeed.install.files import in_words
from fleetfeed.install.signers_file import principals
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.names import acts_as
from fleetfeed.model.ssh_format import Certificate, PublicKey, key_of_line
from fleetfeed.repo.signing import authority_file
from fleetfeed.report.documents import at
from fleetfeed.util.printable import printable
from fleetfeed.util.records import as_dict, record

_SKEW = 300
"""Seconds by which a clock may be behind the one that issued a certificate."""
_SERIALS = 48
"""Bits of a serial number: as many as a JSON number carries everywhere."""


# Not slotted: `cached_property` keeps its value in the instance's dictionary.
@record
class Issued:
    """A certificate that made somebody `seat`, issued by the seat `by`; its `line`."""

    seat: str
    by: str
    line: str

    @cached_property
    def key(self) -> PublicKey:
        """The key, with what is certified of it. ValueError where the line is none."""
        return key_of_line(self.line)

    @property
    def certificate(self) -> Certificate:
        """What it says."""
        if self.key.certificate is None:
            raise ValueError("it is no certificate")
        return self.key.certificate

    def is_of(self, seat: str) -> bool:
        """Whether it makes somebody `seat`, or a sub-seat of it."""
        return acts_as(seat, self.seat)


def certificate_words(issued: Issued) -> str:
    """A certificate in a sentence."""
    what, seat = issued.certificate, printable(issued.seat)
    return f"certificate {what.serial} of {seat}, until {at(what.ends)}"


class Authority:
    """The key pair in `file` and `file`.pub, and the log in `file`.issued."""

    def __init__(self, file: Path) -> None:
        """Nothing is looked at yet."""
        self.file = file
        self.public = file.with_name(f"{file.name}.pub")
        self.log = file.with_name(f"{file.name}.issued")

    @property
    def is_there(self) -> bool:
        """Whether there is such a key; a hand's agent may have the private half."""
        return self.public.is_file()

    @property
    def key(self) -> PublicKey:
        """The public key. Usage where there is none."""
        if not self.is_there:
            what = f"there is no authority's key at {printable(str(self.file), 400)}"
            todo = "make one with `fleetfeed ca init`, or name its file with --ca"
            raise Usage(f"{what}; {todo}")
        return public_key(self.public)

    def make(self, *, asks: bool) -> None:
        """Make the key pair; its passphrase is asked for on the terminal, or empty.

        Usage where the private half is there already, by itself.
        """
        if self.file.exists():
            name = shlex.quote(printable(str(self.file), 400))
            what = f"{name} is there already, and its public half is not"
            raise Usage(f"{what}; `ssh-keygen -y -f {name} > {name}.pub` makes that")
        with in_words(self.file):
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_key(self.file, "fleetfeed authority", asks=asks)

    def issue(self, key: PublicKey, seat: str, seconds: int, by: str) -> Issued:
        """Certify `key` for `seat`, for so many seconds from now."""
        now = int(time.time())
        issuer = f" by {by}" if by else ""
        what = Wanted(
            key_id=f"{seat} issued {at(now)}{issuer}",
            principals=principals(seat),
            serial=secrets.randbits(_SERIALS) or 1,
            starts=now - _SKEW,
            ends=now + seconds,
        )
        made = Issued(seat, by, certified(self.file, key.plain.line, what))
        self._remember(made)
        return made

    def issued(self) -> list[Issued]:
        """What was issued by this key from here, the oldest first."""
        if not self.log.exists():
            return []
        with in_words(self.log):
            rows = self.log.read_text("utf-8").splitlines()
        try:
            return [_read(row) for row in rows]
        except (ValueError, TypeError) as error:
            where = printable(str(self.log), 400)
            why = f"{where} cannot be read as what was issued ({error})"
            raise CannotTell(f"{why}; mend or remove the row") from error

    def certificates_of(self, key: PublicKey) -> list[str]:
        """The certificates over `key` that were issued from here."""
        return [each.line for each in self.issued() if each.key.plain == key.plain]

    def _remember(self, made: Issued) -> None:
        row = f"{json.dumps(as_dict(made))}\n".encode()
        with in_words(self.log):
            how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            log = os.open(self.log, how, 0o600)
            try:
                os.write(log, row)
                os.fsync(log)
            finally:
                os.close(log)


def _read(row: str) -> Issued:
    made = Issued(**json.loads(row))
    if not made.certificate.serial:
        raise ValueError("a certificate without a serial number")
    return made


def default_file() -> Path:
    """Where the authority's key is, unless somebody says otherwise."""
    return Path(authority_file())


def public_key(file: Path) -> PublicKey:
    """The public key in `file`; Usage where there is none."""
    return key_in(in_file(file), str(file))


def in_file(file: Path) -> str:
    """The text of a key's file; Usage where it cannot be read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError as error:
        why = error.strerror or error
        raise Usage(f"{printable(str(file), 400)} cannot be read ({why})") from error


def key_in(text: str, source: str) -> PublicKey:
    """The public key, alone in `text`; Usage about its `source` where there is none."""
    named = printable(source, 400)
    if "PRIVATE KEY" in text:
        raise Usage(f"{named} is a private key, to be shown to nobody; give its .pub")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        raise Usage(f"{named} has no public key, alone in it; give a .pub")
    try:
        return key_of_line(lines[0])
    except ValueError as error:
        raise Usage(f"{named} has no key that signs: {error}; give a .pub") from error
