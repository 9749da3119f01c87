"""A feed in a container of its own, for the tests of whatever is built on a store."""

from base64 import b64decode
from itertools import count

from azure.core import MatchConditions
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceNotFoundError,
)
from harness.cosmos import KEY

from fleetfeed.feed.objects import SUBTREE, parse
from fleetfeed.ledger.cosmos import CosmosLedger
from fleetfeed.ledger.testing.feeds import Feed

_NAMES = count()


def client(url):
    """A client that asks the emulator alone, and knows no other region."""
    return CosmosClient(url, KEY, enable_endpoint_discovery=False)


def container(one, name):
    return one.get_database_client("fleet").get_container_client(name)


def new_container(url, key="/feed"):
    """The name of one that is empty."""
    with client(url) as one:
        name = f"feed-{next(_NAMES)}"
        database = one.create_database_if_not_exists("fleet")
        database.create_container(name, PartitionKey(path=key))
    return name


class OpenCosmos(CosmosLedger):
    """The feed in the container `name`, in whatever process."""

    def __init__(self, url, name):
        self.client = client(url)
        super().__init__(container(self.client, name))

    def close(self):
        self.client.__exit__()


class CosmosFeed(Feed):
    """What is on it is read as plain documents."""

    def __init__(self, url):
        self._url, self._name = url, new_container(url)
        super().__init__(OpenCosmos, url, self._name)

    def files(self):
        with client(self._url) as one:
            rows = container(one, self._name).read_all_items()
            documents = {row["id"]: row for row in rows}
        head = documents.get("head")
        return dict(_walked(documents, head["root"], "")) if head else {}

    def damage(self, document):
        """Somebody writes over an object."""
        with client(self._url) as one:
            there = container(one, self._name)
            row = there.read_item(document, "feed")
            there.replace_item(document, {**row, "data": "AAAA"})


def _walked(documents, tree, above):
    for entry in parse(b64decode(documents[tree]["data"]), 20):
        path = f"{above}/{entry.name}"
        if entry.mode == SUBTREE:
            yield from _walked(documents, entry.id, path)
        else:
            yield path, b64decode(documents[entry.id]["data"]).decode()


class ContainerCell:
    """One document, and the write that `CosmosLedger` stands on."""

    def __init__(self, url, name):
        self._client = client(url)
        self._there = container(self._client, name)

    def read(self):
        row = self._there.read_item("one", "feed")
        return row["value"], row["_etag"]

    def replace(self, value, version, id_="one"):
        row = {"id": id_, "feed": "feed", "value": value}
        asked = {"etag": version, "match_condition": MatchConditions.IfNotModified}
        try:
            self._there.replace_item(id_, row, **(asked if version else {}))
        except CosmosAccessConditionFailedError:
            return False
        return True

    def missing(self):
        for ask in (
            lambda: self._there.read_item("none", "feed"),
            lambda: self.replace("new", None, "none"),
            lambda: self.replace("new", '"some-etag"', "none"),
        ):
            try:
                ask()
            except CosmosResourceNotFoundError:
                continue
            except CosmosHttpResponseError as error:
                print(f"what is missing is answered with {error.status_code}")
            return False
        return True

    def close(self):
        self._client.__exit__()
