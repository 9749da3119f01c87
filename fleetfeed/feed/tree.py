"""A feed's folder as a value, whoever stores its objects.

The judge works on these alone. git's objects, a work tree and a dictionary in a test
all become one `FeedTree`, so there is one way to list, compare and overlay them.
"""

from collections.abc import Iterable

from fleetfeed.feed import seal_view
from fleetfeed.feed.objects import PLAIN, SUBTREE, Entry, MalformedTree, named
from fleetfeed.feed.seal_view import Store
from fleetfeed.util.records import record


@record
class FeedTree:
    """A feed's folder at one moment: `root` is its tree's id, None where it is absent.

    `folder` is where it lies in its repository, for messages (`feed`).
    """

    store: Store
    root: str | None
    folder: str = "feed"

    @property
    def top(self) -> Entry | None:
        """The feed's folder itself, None where it is absent."""
        return Entry("", SUBTREE, self.root) if self.root else None

    def entry(self, path: str) -> Entry | None:
        """The entry at `path` in the feed, None where there is none."""
        found, above = self.top, ""
        for name in path.split("/") if path else []:
            rows = self.below(found, above)
            found = named(rows, name)
            above = f"{above}/{name}" if above else name
        return found

    def below(self, entry: Entry | None, path: str) -> tuple[Entry, ...]:
        """What lies in `entry` at `path`, where that is a folder; else nothing.

        MalformedTree, with the path, where it cannot be read.
        """
        if entry is None or entry.mode != SUBTREE:
            return ()
        try:
            return seal_view.rows(self.store, entry, path)
        except MalformedTree as error:
            raise error.at(self.display_path(path)) from error

    def expect(self, entries: Iterable[Entry]) -> None:
        """Tell the store which entries are read next (see `Store.expect`)."""
        self.store.expect(entry.id for entry in entries if not entry.sealed_in)

    def names(self, path: str = "") -> tuple[Entry, ...]:
        """What lies in the folder `path`; nothing where there is no such folder."""
        return self.below(self.entry(path), path)

    def read(self, path: str) -> bytes | None:
        """The bytes of the plain file at `path`, None where there is none."""
        found = self.entry(path)
        return self.content(found, path) if found and found.mode == PLAIN else None

    def content(self, entry: Entry, path: str) -> bytes:
        """The bytes of the plain file `entry`, which lies at `path`."""
        try:
            return seal_view.content(self.store, entry, path)
        except MalformedTree as error:
            raise error.at(self.display_path(path)) from error

    def display_path(self, path: str) -> str:
        """`path` as it stands in the repository."""
        return f"{self.folder}/{path}" if path else self.folder
