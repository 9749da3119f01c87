"""Whether two ever held one surface: folded from the posts alone, by rules of its own.

Nothing of fleetfeed reads here: a post is lines of `NAME: value`, and the surfaces are
those that the benchmark writes (plain ASCII, one a post).
"""

from collections.abc import Iterator

import psycopg

_POSTS = "SELECT append, item, number, data FROM post ORDER BY append, item, number"
_HOLDS = frozenset(("AWAITING_CLAIM", "IN_PROGRESS", "BLOCKED"))


def held_by_two(url: str) -> Iterator[str]:
    """Each append after which an item held what another has: none, if all is well."""
    holds: dict[str, str] = {}
    by_key: dict[str, str] = {}
    for append, item, fields in _posts(url):
        if item in holds:
            by_key.pop(holds[item], None)
        key = fields.get("SURFACE_KEY", holds.get(item, "")).lower()
        if fields["STATE"] not in _HOLDS or not key:
            holds.pop(item, None)
            continue
        holds[item] = key
        other = next((by_key[k] for k in _containing(key) if k in by_key), item)
        if other != item:
            yield f"append {append}: {item} and {other} hold {key}"
        by_key[key] = item


def _containing(key: str) -> Iterator[str]:
    """`key`, and what would contain it."""
    parts = key.split(":")
    return (":".join(parts[:length]) for length in range(1, len(parts) + 1))


def _posts(url: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    options = "-c search_path=fleetfeed"
    opened = psycopg.connect(url, options=options)
    with opened as connection, connection.cursor("posts") as cursor:
        for append, item, _, data in cursor.execute(_POSTS):
            lines = bytes(data).decode().splitlines()
            pairs = (line.partition(": ") for line in lines)
            fields = {name: value.strip("'\"") for name, _, value in pairs}
            yield append, item, fields


def count(url: str) -> int:
    """How many posts there are."""
    with psycopg.connect(url, options="-c search_path=fleetfeed") as connection:
        ((posts,),) = connection.execute("SELECT count(*) FROM post").fetchall()
        return int(posts)
