"""The feed's `allowed_signers`: which key, or which authority, speaks for which seats.

The file is OpenSSH's (ssh-keygen, ALLOWED SIGNERS), so `git log --show-signature` and
`ssh-keygen` read the same one. Here it is read more strictly than there: OpenSSH passes
over a line that it does not understand, and whoever stands there would be unknown.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice

from fleetfeed.model import names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.ssh_format import FOREVER, KINDS, PublicKey, key_of_line
from fleetfeed.model.yaml.salvage import MAX_BYTES
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_LARGEST = MAX_BYTES - 1
"""Bytes that the file may have: some 10,000 keys. No more are read (`Store.blob`)."""
_MOST_FINDINGS = 20

MEND = "have a steward mend it in a commit of its own"
"""What to do where the file, or that of the revoked keys, cannot be read."""

_EMAIL = r"[A-Za-z0-9*][A-Za-z0-9._%+*\-]*@[A-Za-z0-9*][A-Za-z0-9.*\-]*"
_NAMESPACE = r"[A-Za-z0-9@._*\-]+"
_OPTION = re.compile(r'([^\s",=\\]+)(?:=("[^"\\]*"|[^",\s\\]*))?(,|$)')
_TIME = r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?Z?"


@record
class SignerLine:
    """One line: the key and whom it is trusted for; or, as `authority`, to certify.

    `starts` and `ends` are seconds since 1970, both inclusive. `namespaces` are
    patterns of what it may sign (None: anything). An e-mail address among the
    `principals` is nobody's seat.
    """

    number: int
    principals: tuple[str, ...]
    key: PublicKey
    authority: bool = False
    namespaces: tuple[str, ...] | None = None
    starts: int = 0
    ends: int = FOREVER

    def covers(self, principal: str) -> bool:
        """Whether ssh takes this principal by the line: `*` stands for any text."""
        return any(fnmatchcase(principal, pattern) for pattern in self.principals)

    def signs(self, namespace: str) -> bool:
        """Whether it counts for signatures of this namespace."""
        allowed = self.namespaces
        return allowed is None or any(fnmatchcase(namespace, one) for one in allowed)


# Not slotted: `cached_property` keeps its value in the instance's dictionary.
@record
class Signers:
    """Who may sign: the lines of the file, without comments."""

    lines: tuple[SignerLine, ...] = ()

    def of(self, key: PublicKey) -> tuple[SignerLine, ...]:
        """The lines of a key; of a certificate those of the authority that made it."""
        known = key.certificate
        wanted = known.authority.blob if known else key.blob
        return self._lines.get((wanted, bool(known)), ())

    @cached_property
    def _lines(self) -> dict[tuple[bytes, bool], tuple[SignerLine, ...]]:
        found: dict[tuple[bytes, bool], tuple[SignerLine, ...]] = {}
        for line in self.lines:
            at = line.key.blob, line.authority
            found[at] = (*found.get(at, ()), line)
        return found


class _Flaw(ValueError):
    """Something at `column` of a line, counted from 1."""

    def __init__(self, column: int, why: str) -> None:
        super().__init__(why)
        self.column = column


def seats_of(principals: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a line's, or a certificate's, principals that are patterns of seats."""
    return tuple(p for p in principals if re.fullmatch(names.SEAT_PATTERN, p))


def read_signers(data: bytes, path: str) -> tuple[Signers | None, tuple[Finding, ...]]:
    """The signers in `data`; None and findings (FF616) where it cannot be read all."""
    lines = list[SignerLine]()
    found = tuple(islice(_read(data, path, lines), _MOST_FINDINGS))
    return (None, found) if found else (Signers(tuple(lines)), ())


def _read(data: bytes, path: str, into: list[SignerLine]) -> Iterator[Finding]:
    if len(data) > _LARGEST:
        message = f"it has more than {_LARGEST} bytes; keep the keys that are in use"
        yield finding("FF616", Place(path), message)
        return
    for number, raw in enumerate(data.split(b"\n"), 1):
        try:
            line = _line(number, _text(raw))
        except _Flaw as flaw:
            yield finding("FF616", Place(path, number, flaw.column), f"{flaw}")
        else:
            into.extend([line] if line else [])


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _Flaw(error.start + 1, "this is not UTF-8; write it anew") from error
    # To OpenSSH a NUL would end the line; what is not seen could hide the rest of it.
    hidden = re.search(r"[^\x20-\uffff\U00010000-\U0010ffff\t]|\x7f", text)
    if hidden:
        shown = printable(hidden[0])
        raise _Flaw(hidden.start() + 1, f"a line has no {shown}; end it by \\n alone")
    return text


def _line(number: int, text: str) -> SignerLine | None:
    words = re.match(r"[ \t]*([^\s#]\S*)[ \t]*", text)
    if not words:
        return None
    principals = _principals(words[1], words.start(1) + 1)
    rest, at = text[words.end() :], words.end() + 1
    options: dict[str, _Option] = {}
    if rest.split(" ", 1)[0].split("\t", 1)[0] not in KINDS:
        given = re.match(r'((?:[^\s"]|"[^"]*")*)[ \t]+', rest)
        if not given or _is_kind(given[1]):
            raise _Flaw(at, _no_key(rest))
        options = _options(given[1], at)
        rest, at = rest[given.end() :], at + given.end()
    try:
        key = key_of_line(rest.replace("\t", " "))
    except ValueError as error:
        message = f"the key cannot be read: {error}; write its .pub file here"
        raise _Flaw(at, message) from error
    if key.certificate:
        todo = "write the authority's key, as cert-authority, or the key itself"
        raise _Flaw(at, f"a certificate stands where a key is wanted; {todo}")
    return _with_options(number, principals, key, options)


def _is_kind(word: str) -> bool:
    """Whether `word` is a kind of key, known or not, and no option."""
    return bool(re.match(r"(sk-)?(ssh|ecdsa)-", word))


def _no_key(rest: str) -> str:
    kind = printable(rest.split(" ", 1)[0])
    if not rest:
        return "the line ends where a key is wanted: `PRINCIPALS [OPTIONS] KIND BASE64`"
    return f"{kind} is no kind of key that signs here ({', '.join(KINDS[:3])}, …)"


def _principals(text: str, column: int) -> tuple[str, ...]:
    found = tuple(text.split(","))
    for one in found:
        if not re.fullmatch(f"{names.SEAT_PATTERN}|{_EMAIL}", one):
            what = (
                f"'{printable(one)}' is neither a seat's pattern nor an e-mail address"
            )
            raise _Flaw(column, f"{what}; write seats such as CAMBER-06,CAMBER-06/*")
        column += len(one) + 1
    return found


_Option = tuple[str, int]
"""An option's value, without its quotes, and the column that it begins at."""


def _options(text: str, column: int) -> dict[str, _Option]:
    found: dict[str, _Option] = {}
    at = 0
    while at < len(text):
        match = _OPTION.match(text, at)
        name = match[1].casefold() if match else ""
        if not match or name not in _FORMS:
            shown = printable(text[at:].split(",", 1)[0])
            message = f"{shown} is no option of a signer; there are {', '.join(_FORMS)}"
            raise _Flaw(column + at, message)
        if name in found:
            raise _Flaw(column + at, f"{name} stands here twice; leave one out")
        if not re.fullmatch(_FORMS[name], match[0].removesuffix(",")):
            right = name if name == _AUTHORITY else f'{name}="…"'
            raise _Flaw(column + at, f"{name} is written {right}")
        found[name] = (match[2] or "").strip('"'), column + match.start(2) + 1
        at = match.end()
    if text.endswith(","):
        raise _Flaw(column + at - 1, "an option is wanted after the comma")
    return found


_AUTHORITY, _NAMESPACES = "cert-authority", "namespaces"
_AFTER, _BEFORE = "valid-after", "valid-before"
_QUOTED = r'[^=]*="[^"]*"'
_FORMS = {
    _AUTHORITY: "[^=]*",
    _NAMESPACES: _QUOTED,
    _AFTER: _QUOTED,
    _BEFORE: _QUOTED,
}


def _with_options(
    number: int,
    principals: tuple[str, ...],
    key: PublicKey,
    options: dict[str, _Option],
) -> SignerLine:
    starts = _time(*options[_AFTER]) if _AFTER in options else 0
    ends = _time(*options[_BEFORE]) if _BEFORE in options else FOREVER
    if ends <= starts:
        at = options[_BEFORE][1]
        raise _Flaw(at, "valid-before is not later than valid-after; mend either")
    spaces = _namespaces(*options[_NAMESPACES]) if _NAMESPACES in options else None
    return SignerLine(
        number, principals, key, _AUTHORITY in options, spaces, starts, ends
    )


def _time(text: str, column: int) -> int:
    """Seconds since 1970 of `YYYYMMDD[HHMM[SS]][Z]`, in UTC."""
    from datetime import UTC, datetime  # late: few lines have a time

    match = re.fullmatch(_TIME, text, re.ASCII)
    numbers = [int(one or 0) for one in match.groups()] if match else []
    try:
        return int(datetime(*numbers, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]
    except (TypeError, ValueError):
        wanted = "YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, which are UTC"
        raise _Flaw(column, f"'{printable(text)}' is no time: {wanted}") from None


def _namespaces(text: str, column: int) -> tuple[str, ...]:
    found = tuple(text.split(","))
    for one in found:
        if not re.fullmatch(_NAMESPACE, one):
            message = f"'{printable(one)}' is no namespace; write git,fleetfeed"
            raise _Flaw(column, message)
    return found
