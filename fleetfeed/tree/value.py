"""A feed's folder as a value, whoever stores its objects.

The judge works on these alone. git's objects, a work tree and a dictionary in a test
all become one `FeedTree`, so there is one way to list, compare and overlay them.
"""

from fleetfeed.record import record
from fleetfeed.tree.objects import FOLDER, PLAIN, Entry, MalformedTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:  # `typing` takes 2 ms to import
    Protocol = object


class Store(Protocol):
    """Where trees and blobs are read from, by id."""

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """The entries of a tree. MalformedTree, or CannotTell where it is missing."""

    def blob(self, id_: str) -> bytes:
        """The bytes of a blob. CannotTell where it is missing.

        Of a large one only the first, more than a file of a feed may have.
        """


def children(store: Store, entry: Entry | None) -> dict[str, Entry]:
    """What lies in the folder `entry`, by name; nothing where it is no folder."""
    if entry is None or entry.mode != FOLDER:
        return {}
    return {child.name: child for child in store.tree(entry.id)}


@record
class FeedTree:
    """A feed's folder at one moment: `root` is its tree's id, None where it is absent.

    `folder` is where it lies in its repository, for messages (`feed`).
    """

    store: Store
    root: str | None
    folder: str = "feed"

    def entry(self, path: str) -> Entry | None:
        """The entry at `path` in the feed, None where there is none."""
        if self.root is None:
            return None
        found: Entry | None = Entry("", FOLDER, self.root)
        above = ""
        for name in path.split("/") if path else []:
            if found is None or found.mode != FOLDER:
                return None
            rows = self.below(found, above)
            found = next((row for row in rows if row.name == name), None)
            above = f"{above}/{name}" if above else name
        return found

    def below(self, entry: Entry, path: str) -> tuple[Entry, ...]:
        """What lies in the folder `entry` at `path`. MalformedTree with that path."""
        try:
            return self.store.tree(entry.id)
        except MalformedTree as error:
            raise error.at(self.shown(path)) from error

    def names(self, path: str = "") -> tuple[Entry, ...]:
        """What lies in the folder `path`; nothing where there is no such folder."""
        found = self.entry(path)
        if found is None or found.mode != FOLDER:
            return ()
        return self.below(found, path)

    def read(self, path: str) -> bytes | None:
        """The bytes of the plain file at `path`, None where there is none."""
        found = self.entry(path)
        return self.store.blob(found.id) if found and found.mode == PLAIN else None

    def shown(self, path: str) -> str:
        """`path` as it stands in the repository."""
        return f"{self.folder}/{path}" if path else self.folder
