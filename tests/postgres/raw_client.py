"""Clients that know SQL and nothing of fleetfeed: each takes a surface, come what may.

    raw_client.py URL NUMBER CLIENTS

A line on stdin is one round, a JSON list of what the clients of all processes want: each
takes what is at its own number, all at once, and what each was told is the answer.
"""

import json
import sys
from threading import Barrier, Thread

import psycopg

_ITEM = (
    "INSERT INTO item (id, prefix, number, newest, epoch, state, contact, open, priority, "
    "filed, depends, fold, turn) VALUES (%s, 'RAW', 1, 1, 1, 'CLAIMED', '', true, 0, '', '{}', '', 0) "
    "ON CONFLICT DO NOTHING"
)
_SURFACE = (
    "INSERT INTO surface (item, parts, line, key, held, covering_line, covering_parts, "
    "parent, bare, artifact) VALUES (%(item)s, %(line)s, %(line)s, %(line)s, %(held)s, "
    "%(over)s, %(over)s, '', '', '')"
)


def plainly(client, row):
    client.execute(_SURFACE, row)


def where_nobody_is(client, row):
    """As one writes who has heard of races, and not of overlaps."""
    client.execute(f"{_SURFACE} ON CONFLICT DO NOTHING", row)


def after_a_look(client, row):
    """As one writes who has not: read first, then write."""
    found = client.execute(
        "SELECT FROM surface WHERE held AND starts_with(line, %(line)s)", row
    )
    if not found.fetchone():
        client.execute(_SURFACE, row)


def at_rest_first(client, row):
    client.execute(_SURFACE, {**row, "held": False})
    client.execute("UPDATE surface SET held = true WHERE item = %(item)s", row)


def elsewhere_first(client, row):
    client.execute(_SURFACE, {**row, "line": f"x:{row['item'].lower()}:"})
    client.execute(
        "UPDATE surface SET line = %(line)s, parts = %(line)s WHERE item = %(item)s",
        row,
    )


def covered(client, row):
    """Say that it is within another surface of one's own, and take that one away."""
    above = row["line"].rsplit(":", 2)[0] + ":"
    client.execute(_SURFACE, {**row, "line": above})
    client.execute(_SURFACE, {**row, "over": above})
    client.execute(
        "DELETE FROM surface WHERE item = %(item)s AND line = %(above)s",
        {**row, "above": above},
    )


_ALL = (plainly, where_nobody_is, after_a_look, at_rest_first, elsewhere_first, covered)
WAYS = {way.__name__: way for way in _ALL}
LEVELS = psycopg.IsolationLevel


def take(client, wanted):
    """Take a surface; nothing, or the name of the error."""
    row = {"item": wanted["item"], "line": wanted["line"], "held": True, "over": None}
    try:
        client.isolation_level = LEVELS[wanted["level"]]
        with client.transaction():
            client.execute(_ITEM, (row["item"],))
            WAYS[wanted["way"]](client, row)
    except psycopg.Error as error:
        return type(error).__name__
    return ""


def main(url, first, many):
    clients = [psycopg.connect(url, autocommit=True) for _ in range(many)]
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)[first : first + many]
        told = [""] * many
        together = Barrier(many)

        def one(number, wanted=wanted, told=told, together=together):
            together.wait()
            told[number] = take(clients[number], wanted[number])

        threads = [Thread(target=one, args=(number,)) for number in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
