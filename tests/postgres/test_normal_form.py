"""A surface's line has one spelling in the schema: what Python makes, and nothing else."""

import random
import re
import unicodedata

import psycopg
import pytest
from postgres import gen_normal_form

from fleetfeed.feed.surface_index import line_of
from fleetfeed.ledger.postgres.connection import Database
from fleetfeed.ledger.postgres.schema import migrate, migrations
from fleetfeed.model.surface import segments

_NEWER = re.compile(re.search(r"newer CONSTANT text := '(.+)'", migrations()[1])[1])
_SIGNS = [
    *"aA-_.%: /\\*?éßẞςΣσKİiı가각😀",
    *("e\u0301", "\u0300", "\u0345", "\u200d", "\ufe0f", "\u1160", "\u1100\u1161\u11a8", "\u3000"),
    *("%20", "%25", "%2a", "%2f", "%5c", "%5f", "%61", "%e2%80%8d", "%e2%80%80", "%c3", "%a9", "%C3"),
    *(".", ":.:", "::", "%f0%9f%91%a9", "%ed%a0%80", "%00", "%", "\n", "\U0001fae8"),
]  # fmt: skip


def normal(line):
    """Whether Python leaves a line as it is; an empty first part is any lane."""
    line = line.removeprefix(":")
    return bool(segments(line)) and line_of(segments(line)) == line


@pytest.fixture
def ledger(postgres):
    database = Database(postgres.url())
    migrate(database, "feed", "refs/heads/main", 10)
    connection = database.connection(10)
    connection.execute("SET statement_timeout = 0")  # all of Unicode takes its time
    yield connection
    database.close()


def compare(ledger, lines):
    """Have both judge each line, and name those where they differ."""
    ledger.execute("CREATE TEMP TABLE IF NOT EXISTS tried (line text, normal boolean)")
    ledger.execute("TRUNCATE tried")
    with ledger.cursor().copy("COPY tried FROM STDIN") as copy:
        for line in lines:
            copy.write_row((line, normal(line)))
    differ = ledger.execute(
        "SELECT line, normal FROM tried WHERE is_normal(line) IS DISTINCT FROM normal"
    )
    # What is lawful is never refused; and beyond it only what some Python may not know.
    return [
        line for line, lawful in differ if lawful or not _NEWER.search(_decoded(line))
    ]


def _decoded(line):
    data = re.sub(
        rb"%([0-9a-f]{2})", lambda hit: bytes([int(hit[1], 16)]), line.encode()
    )
    return data.decode(errors="surrogateescape")


def characters(stress):
    """All of them; or those beside which something changes, and some others."""
    if stress:
        numbers = set(range(1, 0x110000))
    else:
        numbers = {*range(1, 0x180), *range(1, 0x110000, 797)}
        edges = re.findall(r"\\[uU]([0-9a-f]+)", migrations()[1])
        numbers.update(int(edge, 16) + near for edge in edges for near in (-1, 0, 1))
    return [
        chr(n) for n in sorted(numbers) if 0 < n < 0x110000 and not 0xD800 <= n < 0xE000
    ]


def escaped(character):
    return "".join(f"%{byte:02x}" for byte in character.encode())


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda each: f"a{each}b:", id="within"),
        pytest.param(lambda each: f"{each}:", id="alone"),
        pytest.param(lambda each: f"{each}\u0301:", id="under a mark"),
        pytest.param(lambda each: f"a{escaped(each)}b:", id="escaped"),
        pytest.param(lambda each: f"x:é{escaped(each)}:", id="escaped at the end"),
    ],
)
def test_each_character(ledger, form, stress):
    assert compare(ledger, map(form, characters(stress))) == []


def test_bytes_that_are_no_characters(ledger, stress):
    step = 1 if stress else 7
    pairs = [
        f"%{one:02x}%{two:02x}:" for one in range(0, 256, step) for two in range(256)
    ]
    begun = (0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF4)
    triples = [
        f"%{one:02x}%{two:02x}%{three:02x}:"
        for one in begun
        for two in range(0x78, 0xC8, 3 * step)
        for three in range(0x78, 0xC8, step)
    ]
    assert compare(ledger, pairs + triples) == []


def test_any_spelling(ledger, stress):
    chance = random.Random(16)  # noqa: S311
    texts = [
        "".join(chance.choices(_SIGNS, k=chance.randint(1, 9)))
        for _ in range(200_000 if stress else 6_000)
    ]
    canonical = [line_of(segments(text)) for text in texts if segments(text)]
    assert all(map(normal, canonical))
    assert compare(ledger, [f"{text}:" for text in texts] + canonical) == []


def test_names_beyond_the_longest(ledger):
    chance = random.Random(16)  # noqa: S311
    long = [*_SIGNS, "é" * 600, "e\u0301" * 500, "x" * 900, "ᾳ" * 300]
    texts = ["".join(chance.choices(long, k=chance.randint(1, 9))) for _ in range(800)]
    canonical = [line_of(segments(text)) for text in texts if segments(text)]
    assert compare(ledger, canonical + [f"{text}:" for text in texts]) == []


OTHER_SPELLINGS = {
    "camber:file:read-me": [
        "Camber:file:read-me:", "camber:file:read_me:", "camber:file:READ-ME:", "camber/file:read-me:",
        "camber:file:read-me", "camber:file:read-me::", "camber::file:read-me:", "camber:.:file:read-me:",
        "camber:file:read-me :", " camber:file:read-me:", "camber:file: read-me:", "camber:file:re%61d-me:",
        "camber:file:read\u200b-me:", "camber:file:read-me\ufe0f:", "camber:file:read-me\n:", "",
        "camber:file:read%2dme:", "camber:file:read%5fme:", "::camber:file:read-me:",
    ],
    "camber:file:straße-é-σ-k": [
        "camber:file:straße-é-σ-k:", "camber:file:strasse-e\u0301-σ-k:", "camber:file:strasse-é-ς-k:",
        "camber:file:strasse-é-σ-\u212a:", "camber:file:strasse-%c3%a9-σ-k:",
    ],
    "camber:file:100%25": ["camber:file:100%:", "camber:file:%3100%25:", "camber:file:100%25%00x%2F:"],
}  # fmt: skip


@pytest.mark.parametrize("key", OTHER_SPELLINGS)
def test_another_spelling_of_what_is_held_is_no_surface(ledger, key):
    line = line_of(segments(key))
    hold(ledger, "CMB-1", line)
    for other in OTHER_SPELLINGS[key]:
        with pytest.raises(
            (psycopg.errors.CheckViolation, psycopg.errors.DataException)
        ):
            hold(ledger, "CMB-2", other)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        hold(ledger, "CMB-2", line)


def test_a_character_that_some_pythons_know_is_held_once(ledger):
    hold(ledger, "CMB-1", "camber:file:\U0001e5ee-\U0001fae8-é:")
    for other in ("\U0001e5ee-%f0%9f%ab%a8-é", "%f0%9e%97%ae-%f0%9f%ab%a8-é"):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            hold(ledger, "CMB-2", f"camber:file:{other}:")
        with pytest.raises(psycopg.errors.ExclusionViolation):
            hold(ledger, "CMB-2", f"camber:file:{other}:below:")
    hold(ledger, "CMB-2", "camber:file:\U0001e5ee-\U0001fae8-e:")


def hold(ledger, item, line):
    """What raw SQL needs for a held surface."""
    ledger.execute(
        "INSERT INTO item (id, prefix, number, newest, epoch, state, contact, open, "
        "priority, filed, depends, fold, turn) VALUES (%s, 'CMB', 1, 1, 1, 'CLAIMED', 'm', true, "
        "0, '', '{}', '', 0) ON CONFLICT DO NOTHING",
        (item,),
    )
    ledger.execute(
        "INSERT INTO surface (item, parts, line, key, held, parent, bare, artifact) "
        "VALUES (%s, %s, %s, %s, true, '', '', '')",
        (item, line, line, line),
    )


@pytest.mark.large
@pytest.mark.skipif(
    unicodedata.unidata_version != gen_normal_form.UNICODE,
    reason="the tables are those of Python 3.11",
)
def test_the_migration_is_what_its_generator_makes():
    assert migrations()[1] == gen_normal_form.sql()
