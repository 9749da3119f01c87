"""Regular expressions, compiled when they are first used.

There are some fifty, most of them for mistakes: compiling them all takes 4 ms, which a
hook has no use for.

SHA-1 and SHA-256 without OpenSSL, which `hashlib` brings: 2 ms to import.

Python has both built in, for a `hashlib` without OpenSSL, under names that change.
Where they are not found, `hashlib` it is.
"""

import re
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    pattern = re.compile
else:

    class pattern:  # noqa: N801 - called as `re.compile` is
        """What `re.compile` makes of `text` and `flags`, as soon as it is used."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self._given = text, flags

        def __getattr__(self, name: str) -> object:
            """A method of the compiled pattern, kept: the next use finds it at once."""
            found = self.__dict__[name] = getattr(re.compile(*self._given), name)
            return found


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Hash(Protocol):
        """A digest made."""

        def hexdigest(self) -> str:
            """The digest in hexadecimal."""

    Digest = Callable[[bytes], Hash]


@cache
def sha1() -> "Digest":
    """What makes SHA-1 of bytes."""
    try:
        from _sha1 import sha1 as built_in  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha1 as built_in
    return built_in  # type: ignore[no-any-return]


@cache
def sha256() -> "Digest":
    """What makes SHA-256 of bytes."""
    import sys

    name = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
    try:
        module = __import__(name)
    except ImportError:
        import hashlib as module
    return module.sha256  # type: ignore[no-any-return]
