"""Regular expressions, compiled when they are first used.

There are some fifty, most of them for mistakes: compiling them all takes 4 ms, which a
hook has no use for.
"""

import re

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
