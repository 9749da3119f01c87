"""A feed in a container of Azure Cosmos DB, by `If-Match`.

Trees and posts are documents that never change, under the ids that git would give them;
one document, the head, says which tree is the feed now, and is replaced on the
condition that it is still the one that was read. All lie in one logical partition,
`/feed`, so that whoever sees a head finds what it stands on.

azure-cosmos is imported here alone (`fleetfeed[cosmos]`).
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from fleetfeed.feed.cache import Cache, put_bounded
from fleetfeed.feed.objects import Entry, object_id, parse
from fleetfeed.feed.overlay import unwritten, with_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.ledger.base import (
    Accepted,
    Failed,
    Files,
    Meanwhile,
    Outcome,
    RaceLost,
    Rejected,
    Tip,
    Unconfirmed,
)
from fleetfeed.ledger.plain import PlainLedger
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.identity import Speaker
from fleetfeed.repo.location import DEFAULT_FOLDER
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

PARTITION = "/feed"
"""The path of the partition key that a container must have."""

_ID_SIZE = 20
_HEAD = "head"
_KEPT = 20_000
"""Objects that are remembered in this process."""

_HEADS = 1_000
"""Readings that a write may be built on."""

_AT_ONCE = 100
"""Objects that one question asks for."""

_WALKED = 50
"""Commits back to which it is looked whether a write is among them."""

_PATIENCE = 10.0
"""Seconds for a look at what became of a write."""

_TIMEOUT, _SERVERS = 408, 500
_TAKEN = "another write landed first"
_RACES = {
    409: _TAKEN,  # the head was to be made
    412: _TAKEN,
    429: "the container is asked more than it may be",
    449: "the container wants it tried again",
}
"""Statuses that say that nothing was written, and to try again may help."""


Answer = TypeVar("Answer")
Row = dict[str, Any]


@record
class _Head:
    """Where the feed is: its commit, how many there are, its tree, and the etag.

    All are empty where nobody has written yet.
    """

    commit: str = ""
    number: int = 0
    root: str = ""
    etag: str = ""


class CosmosLedger(PlainLedger):
    """The feed called `feed` in `container`, whose partition key is `/feed`.

    For any number of threads. Its account's consistency should be Strong: with a weaker
    one a reading may be of an older feed, and a write upon that loses its race.
    """

    name = "a Cosmos container"

    def __init__(
        self,
        container: ContainerProxy,
        feed: str = "feed",
        speaker: Speaker | None = None,
    ) -> None:
        """Usage where the container has another partition key."""
        super().__init__(speaker)
        self._rows = _Rows(container, feed)
        self._objects = _Objects(self._rows)
        self._cache = Cache()
        self._heads: dict[str, _Head] = {}

    def read(self, seconds: float) -> Tip:
        """See Ledger."""
        head = self._head(seconds)
        return Tip(head.commit, Snapshot(self._tree(head.root), self._cache))

    def swap(
        self,
        tip: Tip,
        files: Files,
        message: str,
        seconds: float,
        any_number: str = "",
        *,
        meanwhile: Meanwhile | None = None,
    ) -> Outcome:
        """See Ledger: the head is replaced if it is still the one that was read."""
        del any_number, meanwhile
        head = self._heads.get(tip.commit)
        if head is None:
            return RaceLost("it was judged too long ago")
        number = head.number + 1
        commit = f"{number}-{os.urandom(6).hex()}"
        try:
            tree = with_files(self._tree(head.root), files)
            self._objects.put(unwritten(tree))
            log = {"parent": head.commit, "paths": sorted(files), "message": message}
            self._rows.create(_log_id(commit), log)
        except CannotTell as error:
            return RaceLost(str(error))  # the head was not asked for: nothing counts
        except AzureError as error:
            failed = _failed(error)
            return failed if isinstance(failed, Rejected) else RaceLost(failed.why)
        new = _Head(commit, number, tree.root or "", head.etag)
        try:
            self._rows.put_head(new, seconds)
        except AzureError as error:
            return self._unless_it_landed(error, new)
        return Accepted(commit)

    def commit_of(self, tip: Tip, path: str) -> str:
        """See Ledger."""
        found = self._rows.logs_with(path)
        if len(found) == 1:
            return found[0]
        # What lost its race has left its log behind.
        return next(each for each in self._commits(tip.commit) if each in found)

    def _head(self, seconds: float) -> _Head:
        head = self._rows.head(seconds)
        put_bounded(self._heads, head.commit, head, _HEADS)
        return head

    def _tree(self, root: str) -> FeedTree:
        return FeedTree(self._objects, root or None, DEFAULT_FOLDER)

    def _unless_it_landed(self, error: AzureError, new: _Head) -> Outcome:
        """What became of the write of `new`, which ended with `error`.

        Where the condition did not hold, our own write may have changed the head: the
        client library sends one again whose answer it did not get.
        """
        failed = _failed(error)
        if not isinstance(failed, RaceLost):
            return failed
        try:
            now = self._head(_PATIENCE)
            behind = now.number - new.number  # of whoever landed in our place
            if behind < 0:
                stale = Unconfirmed("the container still shows an older feed")
                return stale if failed.why == _TAKEN else failed
            for commit in islice(self._commits(now.commit), _WALKED):
                if behind <= 0:
                    return Accepted(commit) if commit == new.commit else failed
                behind -= 1
        except CannotTell as unknown:
            return Unconfirmed(str(unknown))
        return Unconfirmed(f"{failed.why}, and the feed has gone far since")

    def _commits(self, newest: str) -> Iterator[str]:
        """The feed's commits from `newest` back."""
        commit = newest
        while commit:
            yield commit
            commit = str(self._rows.read(_log_id(commit))["parent"])


class _Rows:
    """The documents of one feed.

    What reads raises CannotTell; what writes, the client library's errors.
    """

    def __init__(self, container: ContainerProxy, feed: str) -> None:
        self._container, self._feed = container, feed
        paths = _answered(container.read)["partitionKey"]["paths"]
        if paths != [PARTITION]:
            message = f"the container's partition key is {printable(str(paths))}"
            raise Usage(f"{message}; make one whose key is {PARTITION}")

    def read(self, id_: str) -> Row:
        """The document `id_`."""
        row = _answered(lambda: self._container.read_item(id_, self._feed))
        return cast("Row", row)

    def some(self, ids: list[str]) -> list[Row]:
        """Those documents of `ids` that are there."""
        return self._asked("ARRAY_CONTAINS(@value, c.id)", ids)

    def logs_with(self, path: str) -> list[str]:
        """The commits, landed or not, whose log has `path`."""
        found = self._asked("ARRAY_CONTAINS(c.paths, @value)", path)
        return [str(row["id"]).removeprefix(_log_id("")) for row in found]

    def _asked(self, where: str, value: object) -> list[Row]:
        query = f"SELECT * FROM c WHERE {where}"  # noqa: S608 - a constant
        values = [{"name": "@value", "value": value}]
        ask = partial(
            self._container.query_items,
            query,
            parameters=values,
            partition_key=self._feed,
        )
        return _answered(lambda: list(ask()))

    def create(self, id_: str, row: Row) -> None:
        """Add a document."""
        self._container.create_item({**row, "id": id_, "feed": self._feed})

    def head(self, seconds: float) -> _Head:
        """The head as it is now."""
        try:
            row = self._container.read_item(_HEAD, self._feed, timeout=seconds)
        except CosmosResourceNotFoundError:
            return _Head()
        except AzureError as error:
            raise _cannot_tell(error) from error
        return _Head(row["commit"], row["number"], row["root"], row["_etag"])

    def put_head(self, new: _Head, seconds: float) -> None:
        """Put `new` in the place of the head that had its etag: the step that counts.

        It is made, where there was none.
        """
        row = {"commit": new.commit, "number": new.number, "root": new.root}
        row |= {"id": _HEAD, "feed": self._feed}
        if not new.etag:
            self._container.create_item(row, timeout=seconds)
            return
        self._container.replace_item(
            _HEAD,
            row,
            etag=new.etag,
            match_condition=MatchConditions.IfNotModified,
            timeout=seconds,
        )


class _Objects:
    """Trees and blobs by their ids (`feed.seal_view.Store`)."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._known: dict[str, bytes] = {}

    def tree(self, id_: str) -> tuple[Entry, ...]:
        """See Store."""
        return parse(self._data(id_), _ID_SIZE)

    def blob(self, id_: str) -> bytes:
        """See Store."""
        return self._data(id_)

    whole = blob

    def expect(self, ids: Iterable[str]) -> None:
        """See Store: they are asked for together."""
        missing = [id_ for id_ in ids if id_ not in self._known]
        while missing:
            asked, missing = missing[:_AT_ONCE], missing[_AT_ONCE:]
            for row in self._rows.some(asked):
                self._keep(str(row["id"]), _content(row))

    def put(self, objects: Mapping[str, tuple[str, bytes]]) -> None:
        """Add those of `objects` that are not there: kinds and bytes by their ids."""
        for id_, (kind, data) in objects.items():
            if id_ in self._known:
                continue
            with suppress(CosmosResourceExistsError):
                text = b64encode(data).decode()
                self._rows.create(id_, {"kind": kind, "data": text})
            self._keep(id_, data)

    def _data(self, id_: str) -> bytes:
        known = self._known.get(id_)
        if known is None:
            known = _content(self._rows.read(id_))
            self._keep(id_, known)
        return known

    def _keep(self, id_: str, data: bytes) -> None:
        put_bounded(self._known, id_, data, _KEPT)


def _content(row: Row) -> bytes:
    """The bytes of an object. CannotTell where they are not those of its id."""
    data = b64decode(row["data"])
    if object_id(row["kind"], data, _ID_SIZE) != row["id"]:
        shown = printable(str(row["id"]))
        message = f"the document {shown} of the feed was changed, so nobody can tell"
        raise CannotTell(f"{message} what it was; its keeper must bring it back")
    return data


def _log_id(commit: str) -> str:
    return f"commit-{commit}"


def _answered(ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers. CannotTell where it does not."""
    try:
        return ask()
    except AzureError as error:
        raise _cannot_tell(error) from error


def _cannot_tell(error: AzureError) -> CannotTell:
    return CannotTell(f"the container does not answer ({_words(error)}); run it again")


def _failed(error: AzureError) -> Failed:
    """What it means for a write that it ended with `error`."""
    why = _words(error)
    if isinstance(error, ServiceRequestError):
        return RaceLost(f"the container cannot be reached ({why})")
    status = error.status_code if isinstance(error, CosmosHttpResponseError) else None
    if status in _RACES:
        return RaceLost(_RACES[status])
    if status is None or status == _TIMEOUT or status >= _SERVERS:
        return Unconfirmed(f"the container has not said how it ended ({why})")
    return Rejected("the container turned it down", (why,))


def _words(error: AzureError) -> str:
    """What the service, or its client, says: one printable line."""
    text = str(error.message or type(error).__name__)
    return printable(" ".join(text.split()), 200)
