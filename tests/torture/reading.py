"""The feed as it is at the end, by plain git, plain SQL and a plain YAML reader."""

from collections.abc import Mapping

from harness.fleet import Server
from harness.postgres import Postgres
from race.oracle_feed import Feed
from ruamel.yaml import YAML

from torture.history import Step

_APPENDS = """
SELECT a.id, p.data
FROM fleetfeed.append AS a LEFT JOIN fleetfeed.post AS p ON p.append = a.id
ORDER BY pg_xact_commit_timestamp(a.xact::xid), a.id, p.path
"""


def of_repository(server: Server) -> list[Step]:
    """The commits of the feed ref's first parents, the oldest first."""
    feed = Feed.read(server)
    return [
        Step(commit, tuple(_post(feed, path) for path in paths if path.count("/") == 4))
        for commit, paths in feed.added.items()
    ]


def _post(feed: Feed, path: str) -> Mapping[str, str]:
    *_, item, name = path.split("/")
    found: Mapping[str, str] = feed.posts[item][int(name.partition(".")[0]) - 1]
    return found


def of_ledger(postgres: Postgres) -> list[Step]:
    """The appends in the order in which the database has committed them.

    Their numbers are given before that, so two that have nothing to do with each other
    may be the other way round.
    """
    found = dict[str, list[Mapping[str, str]]]()
    with postgres.connect() as connection:
        for number, data in connection.execute(_APPENDS):
            posts = found.setdefault(str(number), [])
            if data is not None:
                posts.append(YAML(typ="base", pure=True).load(bytes(data).decode()))
    return [Step(number, tuple(posts)) for number, posts in found.items()]
