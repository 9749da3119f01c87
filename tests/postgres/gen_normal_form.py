"""What a surface's line may be in SQL, made from Python's tables of Unicode.

    .venv/bin/python tests/postgres/gen_normal_form.py > 000N.sql

A migration that is released stays as it is; a test compares it with what this makes.
Run it with the oldest Python that fleetfeed runs on: what a newer one alone has assigned
may stand for itself, or escaped, since seats differ in that.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from unicodedata import category, normalize, unidata_version

from fleetfeed.model.surface_parts import _UNSEEN, LONGEST_NAME, first_invisible

UNICODE = "14.0.0"
"""The version of Unicode in Python 3.11."""

_ALL = [number for number in range(1, 0x110000) if not 0xD800 <= number <= 0xDFFF]


def unassigned() -> Iterator[int]:
    """What this Python does not know, and a newer one may."""
    for number in _ALL:
        if category(chr(number)) == "Cn" and not re.match(f"[{_UNSEEN}]", chr(number)):
            yield number


def never_literal() -> Iterator[int]:
    """What cannot be seen, whatever Python is asked; but a blank between others can."""
    new = set(unassigned())
    for number in _ALL:
        if number not in new and number != ord(" ") and first_invisible(chr(number)):
            yield number


def folds(number: int) -> bool:
    """Whether a name in normal form cannot have it, since it is folded."""
    apart = normalize("NFD", chr(number))
    return apart.casefold() != apart


def classes() -> dict[str, str]:
    """The classes of characters that the functions go by, without their brackets."""
    hidden = set(never_literal())
    signs = set(map(ord, "_*?\\/"))
    # Two blanks that are others in normal form: see `_UNSTABLE`.
    assert {n for n in hidden if normalize("NFC", chr(n)) != chr(n)} == {0x2000, 0x2001}
    return {
        "never": _class(hidden | signs | {n for n in _ALL if folds(n)}),
        "never_long": _class(
            hidden | signs | {n for n in _ALL if chr(n).casefold() != chr(n)}
        ),
        "newer": _class(unassigned()),
        "escaped": _class({*hidden, *unassigned(), *map(ord, "%*?\\:/")}),
    }


def _class(numbers: Iterable[int]) -> str:
    return "".join(
        _escape(first) if first == last else f"{_escape(first)}-{_escape(last)}"
        for first, last in _ranges(sorted(numbers))
    )


def _escape(number: int) -> str:
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    found = list[list[int]]()
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ((first, last) for first, last in found)


# A byte of UTF-8 that goes on, and all well-formed characters of several bytes
# (RFC 3629), each byte escaped.
_ON = "%[89ab][0-9a-f]"
_WIDE = (
    f"%(?:c[2-9a-f]|d[0-9a-f]){_ON}|%e0%[ab][0-9a-f]{_ON}"
    f"|%e[1-9a-cef]{_ON}{_ON}|%ed%[89][0-9a-f]{_ON}"
    f"|%f0%[9ab][0-9a-f]{_ON}{_ON}|%f[123]{_ON}{_ON}{_ON}|%f4%8[0-9a-f]{_ON}{_ON}"
)
# Single bytes: controls, signs, and what is no UTF-8.
_NARROW = "%(?:[0189a-f][0-9a-f]|7f|2[5af]|3[af]|5c)"
_UNSTABLE = "%e2%80%8[01]"
_AT_THE_EDGE = "(^|:)%20|%20(?=:)"

# What stands for itself in ASCII, but for blanks.
_PLAIN = r"!-$&-)+-.0-9;->@\[\]^`a-z{-~"

TEXT = """\
-- The one spelling of a surface's line, held by the schema: whatever code writes, what is
-- held under one spelling is not held again under another.
--
-- Made by tests/postgres/gen_normal_form.py from Unicode {version}: what Python's
-- fleetfeed.model.surface.segments leaves as it is. A character that is newer than that
-- may stand for itself or be escaped, since Pythons differ in it: both overlap.

-- Whether `line` is a key's parts in their one spelling, a colon behind each; where a
-- family's lanes are one, the first is empty. It names nothing of this schema, so that it
-- holds wherever search_path leads, and in a dump that is read in; and it is read once a
-- session, which a body of SQL would be in each statement.
CREATE FUNCTION is_normal(line text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    wide CONSTANT text := '{wide}';
    said text COLLATE "C" := line;
    parts text[];
    part text COLLATE "C";
BEGIN
    IF line LIKE '%:.:%' OR line LIKE '.:%' THEN
        RETURN false;
    ELSIF said ~ '^:?([{plain}]([{plain} ]*[{plain}])?:)+$' THEN
        RETURN true;
    ELSIF said ~ '^[ -~]*$' AND position('%' IN said) = 0 THEN
        RETURN false;
    END IF;
    IF said !~ '^:?([^ :]([^:]*[^ :])?:)+$' THEN
        RETURN false;
    END IF;
    IF position('%' IN said) > 0 THEN
        -- Escaped is what cannot be written as it is, and no more.
        IF EXISTS (
            SELECT FROM regexp_matches(said, '(' || wide || ')', 'g') AS each
            WHERE convert_from(decode(replace(each[1], '%', ''), 'hex'), 'UTF8')
                COLLATE "C" !~ '[{escaped}]'
        ) THEN
            RETURN false;
        END IF;
        -- A sign for each: it has to do with none of the letters beside it.
        said := regexp_replace(said, wide, '!', 'g');
        IF regexp_replace(regexp_replace(said,
                '{edge}', '!', 'g'),
                '{narrow}', '!', 'g') ~ '%' THEN
            RETURN false;
        END IF;
        said := regexp_replace(said, '%..', '!', 'g');
    END IF;
    IF length(said) <= {longest} THEN
        RETURN said !~ '[{never}]' AND said IS NFC NORMALIZED
            AND line COLLATE "C" !~ '{unstable}';
    END IF;
    -- The marks of a longer name are as they are: to put them in order takes too long.
    parts := string_to_array(said, ':');
    FOR n IN 1 .. cardinality(parts) LOOP
        part := parts[n];
        IF length(part) > {longest} THEN
            IF part ~ '[{never_long}]' THEN
                RETURN false;
            END IF;
        ELSIF part ~ '[{never}]' OR part IS NOT NFC NORMALIZED
                OR split_part(line, ':', n) COLLATE "C" ~ '{unstable}' THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;

-- A line in which whatever is newer is escaped.
CREATE FUNCTION newer_escaped(line text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    newer CONSTANT text := '[{newer}]';
BEGIN
    IF line COLLATE "C" ~ '^[ -~]*$' OR line COLLATE "C" !~ newer THEN
        RETURN line;
    END IF;
    RETURN (
        SELECT string_agg(CASE WHEN each COLLATE "C" ~ newer
            THEN regexp_replace(
                encode(convert_to(each, 'UTF8'), 'hex'), '(..)', '%\\1', 'g')
            ELSE each END, '' ORDER BY place)
        FROM regexp_split_to_table(line, '') WITH ORDINALITY AS letter(each, place)
    );
END
$$;

ALTER TABLE surface
    DROP COLUMN span,
    ADD COLUMN span keyrange NOT NULL GENERATED ALWAYS AS
        (keyrange(newer_escaped(line), left(newer_escaped(line), -1) || ';')) STORED,
    ADD CONSTRAINT one_holder EXCLUDE USING gist (span WITH &&)
        WHERE (held AND covering_line IS NULL),
    ADD CONSTRAINT one_spelling_of_line CHECK (is_normal(line)),
    ADD CONSTRAINT one_spelling_of_parts CHECK
        ((parts = line OR is_normal(parts)) AND NOT starts_with(parts, ':'));
"""


def sql() -> str:
    """The migration."""
    return TEXT.format(
        version=unidata_version,
        longest=LONGEST_NAME,
        wide=_WIDE,
        narrow=_NARROW,
        edge=_AT_THE_EDGE,
        unstable=_UNSTABLE,
        plain=_PLAIN,
        **classes(),
    )


if __name__ == "__main__":
    if unidata_version != UNICODE:
        sys.exit(f"this Python has Unicode {unidata_version}: run one with {UNICODE}")
    sys.stdout.write(sql())
