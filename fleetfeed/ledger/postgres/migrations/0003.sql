-- Who may do what. Readers may SELECT, and no role but the owner may write a table:
-- what is written is written by the functions below, which run as the owner and compare
-- first. `ledger grant` gives a role what it needs.

REVOKE EXECUTE ON FUNCTION append_if, beat, compact, offered FROM PUBLIC;

-- Who may execute this may append rules: nothing else is asked of it.
CREATE FUNCTION may_change_rules() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
REVOKE EXECUTE ON FUNCTION may_change_rules FROM PUBLIC;

-- Nothing but what follows from the posts of this write may be written with it: an
-- item's row, and its surfaces, only beside a new post of that item. So a role that
-- sends what it likes leaves its name, and a post that everybody sees.
-- (That a row says what the posts say, `ledger verify` finds out.)
CREATE FUNCTION require_sound(write jsonb, data bytea[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    wrong text;
BEGIN
    IF jsonb_array_length(write -> 'rules_new') > 0 THEN
        IF NOT has_function_privilege(session_user, 'may_change_rules()', 'EXECUTE') THEN
            RAISE check_violation USING MESSAGE = format('the role %s may not change the'
                ' rules; who keeps the ledger lets it (`fleetfeed ledger grant --steward'
                ' %s`)', session_user, session_user);
        END IF;
        SELECT path INTO wrong FROM jsonb_array_elements_text(write -> 'rules_new') path
            WHERE path NOT IN ('policy.yaml', 'allowed_signers', 'revoked_keys');
    END IF;
    IF wrong IS NULL THEN
        SELECT n ->> 'path' INTO wrong FROM jsonb_array_elements(write -> 'notes') AS n
            WHERE NOT coalesce(n ->> 'path' ~ '^notes/\d{4}/\d{2}/[^/]+\.yaml$', false);
    END IF;
    IF wrong IS NULL THEN
        SELECT p ->> 'path' INTO wrong FROM jsonb_array_elements(write -> 'posts') AS p
            LEFT JOIN LATERAL (
                SELECT i ->> 'prefix' AS prefix, (i ->> 'number')::integer AS number
                FROM jsonb_array_elements(write -> 'items') AS i
                WHERE i ->> 'id' = p ->> 'item') AS of ON true
            WHERE p ->> 'path' IS DISTINCT FROM concat_ws('/', of.prefix,
                padded(of.number / 1000, 3), of.prefix || '-' || padded(of.number, 4),
                padded((p ->> 'number')::integer, 4) || '.yaml');
    END IF;
    IF wrong IS NULL THEN
        SELECT coalesce(posted.item, row.id) INTO wrong
            FROM (
                SELECT p ->> 'item' AS item, count(*) AS many,
                    min((p ->> 'number')::integer) AS first,
                    max((p ->> 'number')::integer) AS last
                FROM jsonb_array_elements(write -> 'posts') AS p GROUP BY 1
            ) AS posted FULL JOIN (
                SELECT i ->> 'id' AS id, (i ->> 'newest')::integer AS newest
                FROM jsonb_array_elements(write -> 'items') AS i
            ) AS row ON row.id = posted.item
            WHERE row.newest IS DISTINCT FROM posted.last
                OR posted.first <> (write -> 'seen' ->> posted.item)::integer + 1
                OR posted.last - posted.first + 1 <> posted.many
                OR write -> 'seen' ->> posted.item IS NULL
            LIMIT 1;
    END IF;
    IF wrong IS NULL AND jsonb_array_length(write -> 'rules_new') = 0 THEN
        SELECT item INTO wrong FROM jsonb_array_elements_text(write -> 'resurfaced') item
            WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(write -> 'posts') AS p
                WHERE p ->> 'item' = item);
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = format(
            'what is to be written for %s does not follow from the posts of this write',
            wrong);
    END IF;
    IF cardinality(data) <> jsonb_array_length(write -> 'posts')
            + jsonb_array_length(write -> 'notes')
            + jsonb_array_length(write -> 'rules_new') THEN
        RAISE check_violation USING MESSAGE = 'not every file of this write has bytes';
    END IF;
END
$$;

CREATE FUNCTION padded(number integer, digits integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lpad(number::text, greatest(digits, length(number::text)), '0');
