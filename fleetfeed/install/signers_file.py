"""The feed's allowed_signers: who certifies whom, and the text as it is changed.

A line is added, or a key's lines go; what stands there otherwise stays, byte for byte,
comments included. Pure.
"""

import re
from collections.abc import Iterable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import Refused
from fleetfeed.model.identity import Speaker
from fleetfeed.model.layout import SIGNERS
from fleetfeed.model.names import acts_as
from fleetfeed.model.signers import SignerLine, Signers, read_signers, seats_of
from fleetfeed.model.ssh_format import PublicKey

NAMESPACES = 'namespaces="git,fleetfeed"'
"""What signers of a feed sign: commits, and fleetfeed's own texts."""


def signers_in(feed: Snapshot) -> Signers:
    """Who may sign by `feed`. Refused where its file cannot be read all."""
    path = feed.tree.display_path(SIGNERS)
    signers, findings = read_signers(feed.tree.read(SIGNERS) or b"", path)
    if signers is None:
        raise Refused(f"{path} cannot be read", findings)
    return signers


def principals(seat: str) -> tuple[str, ...]:
    """What a signer for `seat` speaks for: itself, and the sub-seats right below."""
    return seat, f"{seat}/*"


def authorities(signers: Signers, key: PublicKey) -> Iterator[SignerLine]:
    """The lines by which `key` may certify."""
    return (line for line in signers.lines if line.authority and line.key == key)


def certifies(feed: Snapshot, key: PublicKey, seat: str) -> bool:
    """Whether by `feed` a certificate that `key` makes for `seat` counts."""
    lines = authorities(signers_in(feed), key)
    return any(all(map(line.covers, principals(seat))) for line in lines)


def other_authorities(feed: Snapshot, key: PublicKey | None, seat: str) -> list[str]:
    """The fingerprints of the authorities for `seat` beside `key`."""
    lines = [line for line in signers_in(feed).lines if line.authority]
    return [n.key.fingerprint for n in lines if n.key != key and n.covers(seat)]


def speaks_for(patterns: tuple[str, ...], seat: str) -> bool:
    """Whether whoever has `patterns` speaks for `seat`."""
    return Speaker("", seats=patterns).speaks_for(seat)


def authority_line(patterns: Iterable[str], key: PublicKey) -> str:
    """The line by which whatever `key` certifies counts, for seats like `patterns`."""
    return f"{','.join(patterns)} cert-authority,{NAMESPACES} {key.line} fleetfeed\n"


def key_line(seat: str, key: PublicKey) -> str:
    """The line by which `key` speaks for `seat`, without an end."""
    return f"{','.join(principals(seat))} {NAMESPACES} {key.line}\n"


def with_lines(text: bytes, lines: Iterable[str]) -> bytes:
    """`text`, and `lines` below it."""
    end = b"" if not text or text.endswith(b"\n") else b"\n"
    return b"".join((text, end, *(line.encode() for line in lines)))


def without(text: bytes, lines: Iterable[SignerLine]) -> bytes:
    """`text` without `lines`, as they were read from it."""
    numbers = {line.number for line in lines}
    rows = re.split(rb"(?<=\n)", text)
    return b"".join(row for at, row in enumerate(rows, 1) if at not in numbers)


def is_of(line: SignerLine, seat: str) -> bool:
    """Whether all that `line` lets its key speak for is `seat`, and below it."""
    given = seats_of(line.principals)
    return bool(given) and not line.authority and all(acts_as(seat, p) for p in given)


def is_also_of(line: SignerLine, seat: str) -> bool:
    """Whether `line` names `seat`, or what is below it, beside others."""
    named = any(acts_as(seat, p) for p in line.principals)
    return named and not line.authority and not is_of(line, seat)
