"""What a `Reading` asks the database.

Tables and functions are those of `migrations`; what is asked for a write is found by an
index, however large the feed is.
"""

from fleetfeed.ledger.postgres.schema import NEWEST_RULES

BEGIN = """
RESET statement_timeout;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT * FROM begun()
"""

# For who takes one of what awaits its claim: it sees what was written meanwhile, and
# what it takes up is nobody else's until it ends.
TAKE = BEGIN.replace("REPEATABLE READ READ ONLY", "READ COMMITTED READ WRITE")
TAKE = TAKE.replace("RESET statement_timeout", "SET statement_timeout = {limit}")
TAKE += "LEFT JOIN offered(NULL) AS first ON true"

OFFER = "SELECT * FROM offered(%s)"

AWAITING = """
SELECT priority, filed, prefix, number, id, fold FROM item
WHERE state = 'AWAITING_CLAIM' AND (priority, filed, prefix, number) > (%s, %s, %s, %s)
ORDER BY priority, filed, prefix, number LIMIT %s
"""

RULES = f"""
SELECT path, data FROM ({NEWEST_RULES}) AS newest WHERE data IS NOT NULL
"""  # noqa: S608 - constants

_LEFT = """CASE
        WHEN item.lease_over = 'infinity' THEN 'Infinity'::double precision
        ELSE extract(epoch FROM item.lease_over - clock_timestamp())
    END"""

ITEMS = f"""
SELECT item.id, item.fold, {_LEFT}, post.data,
    extract(epoch FROM clock_timestamp() - item.free_since),
    extract(epoch FROM clock_timestamp() - item.passed_since)
FROM item LEFT JOIN post ON post.item = item.id AND post.number = item.newest
WHERE item.id = ANY (%s)
"""  # noqa: S608 - as above

LEASES = f"SELECT item.id, {_LEFT} FROM item WHERE open"  # noqa: S608 - as above

# With all that they depend on, and that those do: what could be a circle.
REACHED = """
WITH RECURSIVE reached (id) AS (
    SELECT unnest(%s::text[]) COLLATE "C"
    UNION SELECT unnest(item.depends) FROM reached JOIN item USING (id)
)
SELECT id FROM reached
"""

OPEN = "SELECT id, fold FROM item WHERE open ORDER BY prefix, number"

FOLDS = "SELECT id, fold FROM item ORDER BY prefix, number"

FOLDS_OF = "SELECT id, fold FROM item WHERE id = ANY (%s)"

_SURFACE = """
SELECT s.parts, s.key, s.item, item.contact,
    CASE WHEN item.turn > 0 THEN 'IN_LINE' ELSE item.state END, s.held
"""

CONCERNED = f"{_SURFACE} FROM concerned(%s) AS s JOIN item ON item.id = s.item"

ALL_SURFACES = f"{_SURFACE} FROM surface AS s JOIN item ON item.id = s.item"

TAKEN = "SELECT first, last FROM taken WHERE prefix = %s ORDER BY first"

PREFIXES = "SELECT DISTINCT prefix FROM taken ORDER BY 1"

UNATTENDED = "SELECT unattended(%s, %s)"

POSTS = "SELECT number, path, data FROM post WHERE item = %s ORDER BY number"

POSTS_OF = """
SELECT item, number, path, data FROM post WHERE item = ANY (%s) ORDER BY item, number
"""

# AT may be a little later than when it came here.
LIVELY = """
SELECT id FROM item WHERE open OR id IN (
    SELECT post.item FROM post JOIN append ON append.id = post.append
    WHERE append.at >= to_timestamp(%s) - interval '1 day'
) ORDER BY prefix, number
"""

NUMBERS = "SELECT number FROM post WHERE item = %s ORDER BY number"

BY_OP = """
SELECT path FROM post WHERE op = %(op)s UNION SELECT path FROM note WHERE op = %(op)s
ORDER BY path
"""

DATA = """
SELECT data FROM post WHERE path = %(path)s
UNION ALL SELECT data FROM note WHERE path = %(path)s
"""

APPEND = """
SELECT append FROM post WHERE path = %(path)s
UNION ALL SELECT append FROM note WHERE path = %(path)s
"""

NOTES = "SELECT path FROM note WHERE item = %s ORDER BY path"

NOTES_OF = "SELECT item, path FROM note WHERE item = ANY (%s) ORDER BY path"

NOTED = "SELECT DISTINCT item FROM note WHERE item <> '' AND path > %s"

# The first 13 characters of a note's path say its month: `notes/2026/05`.
SECOND_MONTH = """
SELECT left(max(path), 13) FROM note
WHERE path < (SELECT left(max(path), 13) FROM note)
"""
