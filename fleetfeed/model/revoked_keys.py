"""The feed's `revoked_keys`: OpenSSH's KRL, or a list of public keys, one a line."""

from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.ssh_format import key_of_line
from fleetfeed.model.yaml.salvage import MAX_BYTES

_KRL = b"SSHKRL\n\0"
"""What a key revocation list begins with (PROTOCOL.krl)."""

_LARGEST = MAX_BYTES - 1  # no more are read (`Store.blob`)
_HEAD = 8 + 4 + 8 + 8 + 8  # the above, format, version, date, flags


def read_revoked(data: bytes, path: str) -> tuple[Finding, ...]:
    """What is wrong with the file (FF616); nothing where it is empty.

    OpenSSH takes a file that it cannot read for one that revokes every key.
    """
    if len(data) > _LARGEST:
        return (finding("FF616", Place(path), f"it has more than {_LARGEST} bytes"),)
    if is_krl(data):
        return () if _is_whole(data) else (_flaw(path, 0, "the KRL is cut off"),)
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.decode("utf-8", "replace").strip()
        if line and not line.startswith("#"):
            try:
                key_of_line(line)
            except ValueError as error:
                return (_flaw(path, number, f"the key cannot be read: {error}"),)
    return ()


def is_krl(data: bytes) -> bool:
    """Whether it is OpenSSH's own form of the list, and not keys line by line."""
    return data.startswith(_KRL)


def _flaw(path: str, line: int, why: str) -> Finding:
    todo = "write a KRL (`fleetfeed ca revoke`, `ssh-keygen -k`), or one key a line"
    return finding("FF616", Place(path, line, 1 if line else 0), f"{why}; {todo}")


def _is_whole(data: bytes) -> bool:
    """Whether all sections of a KRL are there: a kind in a byte, and a text each."""
    at = _HEAD
    for _ in range(2):  # what is reserved, and a comment
        at = _after_text(data, at)
    while at < len(data):
        at = _after_text(data, at + 1)
    return at == len(data)


def _after_text(data: bytes, at: int) -> int:
    return at + 4 + int.from_bytes(data[at : at + 4], "big")
