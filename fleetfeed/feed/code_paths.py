"""From a repository's paths to the surfaces that hold them, by the policy's `paths`."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from fleetfeed.feed.objects import folded
from fleetfeed.model.path_patterns import expression, pathspec, whole_folder
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_path import key_below

UNUSUAL = ":(top)*[! -~]*"
"""The pathspec of what is not plain ASCII: what it folds to is not git's to say."""


_PLAIN = re.compile(r"[A-Za-z0-9._+@/-]*\.[A-Za-z0-9._+@/-]*")
"""Nearly all paths: in a key they stand as they are. (No word for all has a dot.)"""


class CodePaths:
    """A policy's patterns, the first that fits first, and the key of each.

    Letter case is no difference, nor what a file system takes for none: on some, two
    such paths are one file. What is in the place of a folder that a pattern maps whole
    (a file called `web`, for `web/**`) is mapped as that folder.
    """

    def __init__(self, patterns: Sequence[tuple[str, str]]) -> None:
        """Nothing is compiled before somebody asks."""
        self._patterns = tuple(patterns)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._patterns)

    def key(self, path: str) -> SurfaceKey | None:
        """The surface of the file at `path`; None where it has none."""
        known = path.lower() if path.isascii() else folded(path)
        found = self._expression.fullmatch(known) if self._patterns else None
        if not found or not found.lastindex:
            return None
        base = self._patterns[found.lastindex - 1][1]
        if not base:
            return None
        if _PLAIN.fullmatch(path) and base.count(":") == 1:
            return SurfaceKey.of(f"{base}:{path}")
        return SurfaceKey.of(key_below(base, tuple(path.split("/"))))

    def keys(self, paths: Sequence[str]) -> Mapping[str, SurfaceKey]:
        """The surfaces of those of `paths` that have one."""
        found = ((path, self.key(path)) for path in paths)
        return {path: key for path, key in found if key is not None}

    @property
    def pathspecs(self) -> tuple[str, ...]:
        """What git is asked with: it finds all that may have a surface, or more."""
        named = [folded(pattern) for pattern, base in self._patterns if base]
        if not named:
            return ()
        each = (spec for pattern in named for spec in (pattern, whole_folder(pattern)))
        return (UNUSUAL, *(pathspec(pattern) for pattern in each if pattern))

    def pathspecs_beside(self, folder: str) -> tuple[str, ...]:
        """The same, where posts are in `folder`: they are judged as posts."""
        specs = self.pathspecs
        return (*specs, f":(top,exclude,literal){folder}") if specs else ()

    @cached_property
    def _expression(self) -> "re.Pattern[str]":
        each = (_fitting(folded(pattern), base) for pattern, base in self._patterns)
        return re.compile("|".join(f"({found})" for found in each), re.DOTALL)


def _fitting(pattern: str, base: str) -> str:
    """The expression of the paths that `pattern` maps to keys below `base`."""
    # A file called as a folder that is mapped to nothing is what the others say.
    folder = whole_folder(pattern) if base else ""
    found = expression(pattern)
    return f"{expression(folder)}|{found}" if folder else found
