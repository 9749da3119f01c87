"""Feed trees as values: a Merkle tree of entries, read, compared and overlaid."""

from fleetfeed.tree.diff import (
    Change,
    changes,
    changes_from_all,
)
from fleetfeed.tree.laying import (
    Layered,
    NoStore,
    from_files,
    overlay,
    with_files,
)
from fleetfeed.tree.near import Parser
from fleetfeed.tree.objects import (
    EXECUTABLE,
    FOLDER,
    LINK,
    MODES,
    PLAIN,
    SUBMODULE,
    Entry,
    MalformedTree,
    folded,
    object_id,
    parse,
    raw,
    sort_key,
)
from fleetfeed.tree.unsealed import MalformedSeal, Store
from fleetfeed.tree.value import FeedTree

__all__ = [
    "EXECUTABLE",
    "FOLDER",
    "LINK",
    "MODES",
    "PLAIN",
    "SUBMODULE",
    "Change",
    "Entry",
    "FeedTree",
    "Layered",
    "MalformedSeal",
    "MalformedTree",
    "NoStore",
    "Parser",
    "Store",
    "changes",
    "changes_from_all",
    "folded",
    "from_files",
    "object_id",
    "overlay",
    "parse",
    "raw",
    "sort_key",
    "with_files",
]
