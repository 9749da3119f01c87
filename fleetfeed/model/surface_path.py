"""Paths of the work tree, and the surface keys that they have."""

from fleetfeed.model.surface_parts import escaped, spelled
from fleetfeed.model.surface_shape import names_everything, shape_flaw

Path = tuple[str, ...]
"""The names on the way from the top of the work tree to a file or folder."""


def joined(base: Path, path: str) -> Path | None:
    """`path`, as it is typed in the folder `base`; None where it leads outside."""
    names = list(base)
    for name in path.split("/"):
        if name == ".." and not names:
            return None
        if name == "..":
            names.pop()
        elif name not in ("", "."):
            names.append(name)
    return tuple(names)


def key_of_path(lane: str, family: str, path: Path) -> str:
    """How the key of `path` is written; lawful, unless `shape_flaw` says why not."""
    names = [spelled(name) for name in path]
    key = f"{lane}:{family}:{'/'.join(names)}"
    if names_everything(key):
        # A file may be called `all`; as a key that would say everything.
        return f"{lane}:{family}:{'/'.join([_begun(names[0]), *names[1:]])}"
    return key


def key_below(base: str, path: Path) -> str:
    """How the key of `path` is written below the key `base`: a lane and a family."""
    lane, family, *artifact = base.split(":", 2)
    if not artifact:
        return key_of_path(lane, family, path)
    return f"{base}/{'/'.join(map(spelled, path))}"


def claimable(lane: str, family: str, path: Path) -> str:
    """The key of the nearest folder above `path` that has one; empty where none has."""
    keys = (key_of_path(lane, family, path[:n]) for n in range(len(path) - 1, 0, -1))
    return next((key for key in keys if shape_flaw(key) is None), "")


def _begun(name: str) -> str:
    return f"{escaped(name[0])}{name[1:]}"
