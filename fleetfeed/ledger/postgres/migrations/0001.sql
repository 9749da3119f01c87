-- The ledger: what was posted, and what follows from it.
--
-- Everything is created in the first schema of search_path, and named without one.
-- `post`, `note` and `append` are written once. What the other tables say follows from
-- them, but for the leases, which are of this database's clock.

CREATE TABLE ledger (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    version integer NOT NULL,
    -- By which rules the items were folded (MEANING, feed/codec.py).
    meaning integer NOT NULL,
    folder text NOT NULL DEFAULT 'feed',
    ref text NOT NULL DEFAULT 'refs/heads/main',
    born timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One write: all its posts and notes, or none. `xact` tells an exporter which writes it
-- has seen: ids are given before a write is there to be seen.
CREATE TABLE append (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    op text COLLATE "C" NOT NULL,
    message text NOT NULL,
    role text NOT NULL DEFAULT session_user
);
-- An OP is one command's, and a command writes once. What was imported has none here.
CREATE UNIQUE INDEX append_op ON append (op) WHERE op <> '';
CREATE INDEX append_xact ON append (xact);

CREATE TABLE post (
    path text COLLATE "C" PRIMARY KEY,
    item text COLLATE "C" NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    op text COLLATE "C" NOT NULL,
    append bigint NOT NULL REFERENCES append,
    data bytea NOT NULL,
    sealed_in text COLLATE "C" NOT NULL DEFAULT '',
    UNIQUE (item, number)
);
CREATE INDEX post_op ON post (op) WHERE op <> '';
CREATE INDEX post_append ON post (append);

-- `item` is what a note is about, and empty where it is about none.
CREATE TABLE note (
    path text COLLATE "C" PRIMARY KEY,
    item text COLLATE "C" NOT NULL,
    op text COLLATE "C" NOT NULL,
    append bigint NOT NULL REFERENCES append,
    data bytea NOT NULL
);
CREATE INDEX note_item ON note (item, path);
CREATE INDEX note_op ON note (op) WHERE op <> '';
CREATE INDEX note_append ON note (append);

-- The files that say what is lawful: each version of each; an empty one (null) is gone.
CREATE TABLE rule (
    path text COLLATE "C" NOT NULL,
    append bigint NOT NULL REFERENCES append,
    data bytea,
    PRIMARY KEY (path, append)
);

-- The files of sealed shards, as git has them; their posts are rows of `post`, too.
CREATE TABLE seal (
    path text COLLATE "C" PRIMARY KEY,
    append bigint NOT NULL REFERENCES append,
    data bytea NOT NULL
);

-- An item as its posts say (`fold`, feed/codec.py), and what is looked for in it. The
-- lease is over at `lease_over` (infinity: never; null: none runs); a beat renews it by
-- `lease_beat` seconds. Of what is in line, nothing is in its way since `free_since`;
-- -infinity: somebody behind it has passed it.
CREATE TABLE item (
    id text COLLATE "C" PRIMARY KEY,
    prefix text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    newest integer NOT NULL,
    epoch integer NOT NULL,
    state text NOT NULL,
    contact text NOT NULL,
    open boolean NOT NULL,
    priority integer NOT NULL,
    filed text COLLATE "C" NOT NULL,
    depends text[] COLLATE "C" NOT NULL,
    fold text NOT NULL,
    lease_over timestamptz,
    lease_beat double precision,
    turn integer NOT NULL,
    free_since timestamptz
);
CREATE INDEX item_open ON item (prefix, number) WHERE open;
CREATE INDEX item_awaits ON item (priority, filed, prefix, number)
    WHERE state = 'AWAITING_CLAIM';

-- The numbers of items, as spans. They are put together now and then (`compact`).
CREATE TABLE taken (
    prefix text COLLATE "C" NOT NULL,
    first integer NOT NULL,
    last integer NOT NULL CHECK (last >= first),
    PRIMARY KEY (prefix, first)
);

-- Numbers that were given to writers who came too late with theirs.
CREATE TABLE given (
    prefix text COLLATE "C" PRIMARY KEY,
    last integer NOT NULL
);

-- A surface that an item holds, or has at rest. `parts` is the key, normalised, with a
-- colon behind each part; `line` what it is compared by under the policy's families.
-- One key contains another exactly where the ranges from `line` to `line` with `;` in
-- the place of its last colon overlap, since `;` follows `:`. So no two items hold
-- what overlaps, whoever writes. An item may hold a key and one inside it: that one is
-- covered by the other, by a foreign key.
CREATE TYPE keyrange AS RANGE (subtype = text, collation = "C");

CREATE TABLE surface (
    item text COLLATE "C" NOT NULL REFERENCES item,
    parts text COLLATE "C" NOT NULL,
    line text COLLATE "C" NOT NULL CHECK (line ~ '^([^:]*:)([^:]+:)*$'),
    key text NOT NULL,
    held boolean NOT NULL,
    covering_line text COLLATE "C",
    covering_parts text COLLATE "C",
    parent text COLLATE "C" NOT NULL,
    bare text COLLATE "C" NOT NULL,
    artifact text COLLATE "C" NOT NULL,
    span keyrange NOT NULL GENERATED ALWAYS AS
        (keyrange(line, left(line, -1) || ';')) STORED,
    PRIMARY KEY (item, line, parts, held),
    FOREIGN KEY (item, covering_line, covering_parts, held) REFERENCES surface,
    CHECK ((covering_line IS NULL) = (covering_parts IS NULL)),
    CONSTRAINT covered_by_a_larger_one CHECK (covering_line IS NULL
        OR covering_line <> line AND starts_with(line, covering_line)
        OR covering_line = line AND covering_parts < parts),
    CONSTRAINT one_holder EXCLUDE USING gist (span WITH &&)
        WHERE (held AND covering_line IS NULL)
);
CREATE INDEX surface_line ON surface (line);
CREATE INDEX surface_bare ON surface (parent, bare);
CREATE INDEX surface_artifact ON surface (artifact);

CREATE FUNCTION surface_key(a surface) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT a.item || ' ' || a.parts || ' ' || a.held $$;

-- What overlaps or is near some keys (`Concern`, feed/near.py, as JSON).
CREATE FUNCTION concerned(ask jsonb) RETURNS SETOF surface
LANGUAGE sql STABLE AS $$
    SELECT * FROM surface
    WHERE line = ANY (ARRAY(SELECT jsonb_array_elements_text(ask -> 'lines')))
UNION
    SELECT s.* FROM jsonb_array_elements_text(ask -> 'within') AS own(line)
    JOIN surface s ON s.line > own.line COLLATE "C"
        AND s.line < left(own.line, -1) || ';' COLLATE "C"
UNION
    SELECT * FROM surface WHERE held AND artifact
        = ANY (ARRAY(SELECT jsonb_array_elements_text(ask -> 'artifacts')))
UNION
    SELECT s.* FROM jsonb_array_elements_text(ask -> 'inside') AS own(line)
    JOIN surface s ON s.held AND s.artifact > own.line COLLATE "C"
        AND s.artifact < left(own.line, -1) || ';' COLLATE "C"
UNION
    SELECT * FROM surface WHERE held AND parent
        = ANY (ARRAY(SELECT jsonb_array_elements_text(ask -> 'parents')))
UNION
    SELECT s.* FROM jsonb_array_elements(ask -> 'alike') AS near(pair)
    JOIN surface s ON s.held AND s.parent = (near.pair ->> 0) COLLATE "C"
        AND s.bare = (near.pair ->> 1) COLLATE "C"
$$;

-- Append, if all is as the judge has seen it. The answer is one of
--   {"accepted": id}
--   {"lost": why}, and where the number of a new item was taken {..., "free": number}
-- `write` has
--   op, message, rules (the newest append of a rule that was seen, 0: none),
--   seen     {item: number of its newest post, 0: not there},
--   posts    [{path, item, number, op}]; their bytes are in `data`, in this order,
--   notes    [{path, item, op}], rules_new [path], whose bytes follow (none: null),
--   items    [rows of `item`, with "sign": see below],
--   surfaces [rows of `surface` of the items in "resurfaced"], resurfaced [item],
--   ask, digest: what was seen of other surfaces,
--   locks    [[text, exclusive]] what is claimed or let go, and what contains it,
--   reset    [item]: whose lease from before does not count any more,
--   unblocked [item]: what is in line, and has nothing in its way any more,
--   passed   [item]: what is in line, and whoever is behind it comes before it,
--   at       the newest append, where all that was seen must be as it was; else null,
--   any_number: a new item whose number another would do as well for, or "",
--   freed    what is told to who waits: items that let something go, or "".
-- An item's "sign" are the seconds of the lease that this begins (null: it is no sign
-- of life), "lease_beat" those that a beat would renew it by. -1: without end.
CREATE FUNCTION append_if(write jsonb, data bytea[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    made bigint;
    asked record;
    found text;
    number_ integer;
    free integer;
    posts integer := jsonb_array_length(write -> 'posts');
    notes integer := jsonb_array_length(write -> 'notes');
BEGIN
    PERFORM require_sound(write, data);
    -- Rows first, then locks of texts, each in one order: so writers do not lock each
    -- other out. What is read alone is only kept as it is.
    FOR asked IN
        SELECT s.id COLLATE "C" AS id, s.id IN (SELECT p ->> 'item'
            FROM jsonb_array_elements(write -> 'posts') p) AS alone
        FROM jsonb_object_keys(write -> 'seen') AS s(id) ORDER BY 1
    LOOP
        IF asked.alone THEN
            PERFORM 1 FROM item WHERE id = asked.id FOR UPDATE;
        ELSE
            PERFORM 1 FROM item WHERE id = asked.id FOR SHARE;
        END IF;
    END LOOP;
    FOR asked IN
        SELECT hashtextextended(l ->> 0, 0) # 'ledger'::regclass::oid::bigint AS at,
            bool_or((l ->> 1)::boolean) AS alone
        FROM jsonb_array_elements(write -> 'locks') l GROUP BY 1 ORDER BY 1
    LOOP
        IF asked.alone THEN
            PERFORM pg_advisory_xact_lock(asked.at);
        ELSE
            PERFORM pg_advisory_xact_lock_shared(asked.at);
        END IF;
    END LOOP;

    SELECT s.key INTO found FROM jsonb_each_text(write -> 'seen') AS s(key, value)
        LEFT JOIN item ON item.id = s.key
        WHERE coalesce(item.newest, 0) <> s.value::integer
        ORDER BY s.key <> (write ->> 'any_number') LIMIT 1;
    IF found IS NOT NULL THEN
        IF found <> (write ->> 'any_number') THEN
            RETURN jsonb_build_object('lost', found || ' has got another post');
        END IF;
        -- Nobody waits for this to be on a disk: a number may be given twice.
        PERFORM set_config('synchronous_commit', 'off', true);
        number_ := substring(found FROM '[0-9]+$')::integer;
        INSERT INTO given AS g (prefix, last)
            VALUES (regexp_replace(found, '-[0-9]+$', ''), number_ + 1)
            ON CONFLICT (prefix) DO UPDATE SET last = CASE
                WHEN g.last BETWEEN number_ AND number_ + 1000 THEN g.last + 1
                ELSE number_ + 1 END
            RETURNING last INTO free;
        RETURN jsonb_build_object('lost', found || ' was taken', 'free', free);
    END IF;
    IF (write ->> 'rules')::bigint
            <> coalesce((SELECT max(rule.append) FROM rule), 0) THEN
        RETURN jsonb_build_object('lost', 'the rules have changed');
    END IF;
    IF (write ->> 'at')::bigint
            <> coalesce((SELECT max(append.id) FROM append), 0) THEN
        RETURN jsonb_build_object('lost', 'another post landed first');
    END IF;
    IF write ->> 'digest' <> '' THEN
        -- Here, and in no function of SQL: that would be planned anew at each call.
        SELECT md5(coalesce(string_agg(row, E'\n' ORDER BY row COLLATE "C"), ''))
            INTO found FROM
            (SELECT DISTINCT surface_key(s) AS row FROM concerned(write -> 'ask') s) r;
        IF write ->> 'digest' <> found THEN
            RETURN jsonb_build_object('lost', 'another surface was taken, or let go');
        END IF;
    END IF;

    -- Behind all locks, so that what stands upon another write has a higher id.
    INSERT INTO append (op, message) VALUES (write ->> 'op', write ->> 'message')
        RETURNING id INTO made;
    INSERT INTO post (path, item, number, op, append, data)
        SELECT p ->> 'path', p ->> 'item', (p ->> 'number')::integer, p ->> 'op',
            made, append_if.data[n]
        FROM jsonb_array_elements(write -> 'posts') WITH ORDINALITY AS t(p, n);
    IF notes > 0 THEN
        INSERT INTO note (path, item, op, append, data)
            SELECT p ->> 'path', p ->> 'item', p ->> 'op', made,
                append_if.data[posts + n]
            FROM jsonb_array_elements(write -> 'notes') WITH ORDINALITY AS t(p, n);
    END IF;
    IF write -> 'rules_new' <> '[]' THEN
        INSERT INTO rule (path, append, data)
            SELECT p, made, append_if.data[posts + notes + n]
            FROM jsonb_array_elements_text(write -> 'rules_new')
                WITH ORDINALITY AS t(p, n);
    END IF;
    INSERT INTO taken (prefix, first, last)
        SELECT n.prefix, n.number, n.number FROM jsonb_populate_recordset(
            NULL::item, write -> 'items') AS n
        WHERE (write -> 'seen' ->> n.id) = '0';
    INSERT INTO item AS was
        SELECT n.id, n.prefix, n.number, n.newest, n.epoch, n.state, n.contact, n.open,
            n.priority, n.filed, n.depends, n.fold,
            CASE WHEN t.i ->> 'sign' IS NOT NULL THEN
                lease_end((t.i ->> 'sign')::double precision) END,
            n.lease_beat, n.turn
        FROM jsonb_array_elements(write -> 'items') AS t(i),
            jsonb_populate_record(NULL::item, t.i) AS n
        ORDER BY n.id
    ON CONFLICT (id) DO UPDATE SET
        newest = excluded.newest, epoch = excluded.epoch, state = excluded.state,
        contact = excluded.contact, open = excluded.open, priority = excluded.priority,
        depends = excluded.depends, fold = excluded.fold, turn = excluded.turn,
        lease_over = CASE
            WHEN excluded.id = ANY (ARRAY(
                SELECT jsonb_array_elements_text(write -> 'reset')))
            THEN excluded.lease_over
            ELSE greatest(was.lease_over, excluded.lease_over) END,
        free_since = CASE
            WHEN excluded.id = ANY (ARRAY(
                SELECT jsonb_array_elements_text(write -> 'reset')))
            THEN NULL ELSE was.free_since END,
        lease_beat = CASE
            WHEN excluded.id = ANY (ARRAY(
                SELECT jsonb_array_elements_text(write -> 'reset')))
            THEN excluded.lease_beat
            WHEN -1 IN (was.lease_beat, excluded.lease_beat) THEN -1
            ELSE greatest(was.lease_beat, excluded.lease_beat) END;
    IF write -> 'resurfaced' <> '[]' THEN
        DELETE FROM surface WHERE item
            = ANY (ARRAY(SELECT jsonb_array_elements_text(write -> 'resurfaced')));
        INSERT INTO surface
                (item, parts, line, key, held, covering_line, covering_parts, parent,
                bare, artifact)
            SELECT s.item, s.parts, s.line, s.key, s.held, s.covering_line,
                s.covering_parts, s.parent, s.bare, s.artifact
            FROM jsonb_populate_recordset(NULL::surface, write -> 'surfaces') AS s
            WHERE s.item = ANY (ARRAY(
                SELECT jsonb_array_elements_text(write -> 'resurfaced')));
    END IF;
    IF write -> 'unblocked' <> '[]' THEN
        UPDATE item SET free_since = clock_timestamp() WHERE id
            = ANY (ARRAY(SELECT jsonb_array_elements_text(write -> 'unblocked')))
            AND free_since IS DISTINCT FROM '-infinity';
    END IF;
    IF write -> 'passed' <> '[]' THEN
        UPDATE item SET free_since = '-infinity' WHERE id
            = ANY (ARRAY(SELECT jsonb_array_elements_text(write -> 'passed')));
    END IF;
    IF write ->> 'freed' <> '' THEN
        PERFORM pg_notify('fleetfeed', write ->> 'freed');
    END IF;
    RETURN jsonb_build_object('accepted', made);
END
$$;

-- When a lease of so many seconds is over that begins now; -1: it has no end.
CREATE FUNCTION lease_end(seconds double precision) RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN seconds = -1 THEN 'infinity'::timestamptz
        ELSE clock_timestamp() + make_interval(secs => seconds) END
$$;

-- A sign of life that leaves no post: whether it came while the lease ran. It renews as
-- the longest lease of the holding does.
CREATE FUNCTION beat(item_ text, epoch_ integer)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE item SET lease_over = greatest(lease_over, lease_end(lease_beat))
        WHERE id = item_ AND epoch = epoch_ AND (state = 'IN_PROGRESS' OR turn > 0)
        AND clock_timestamp() < lease_over;
    RETURN FOUND;
END
$$;

-- Put the numbers of a prefix together, where nobody else is at it.
CREATE FUNCTION compact(prefix_ text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(
            hashtextextended('taken ' || prefix_, 0) # 'ledger'::regclass::oid::bigint)
    THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM taken WHERE prefix = prefix_ RETURNING first, last
    ), run AS (
        SELECT first, last, first - 1 > max(last) OVER (
            ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS begins
        FROM gone
    ), numbered AS (
        SELECT first, last, count(*) FILTER (WHERE begins) OVER (ORDER BY first) AS run
        FROM run
    )
    INSERT INTO taken (prefix, first, last)
        SELECT prefix_, min(first), max(last) FROM numbered GROUP BY run;
END
$$;

-- The first item that awaits its claim, by its rank, of those that nobody else is at;
-- of `among` alone, where that is not null. It is the caller's until the transaction
-- ends.
CREATE FUNCTION offered(among text[])
RETURNS TABLE (id text, fold text, left_ double precision, data bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    it item;
BEGIN
    IF among IS NULL THEN
        SELECT i.* INTO it FROM item AS i WHERE i.state = 'AWAITING_CLAIM'
            ORDER BY i.priority, i.filed, i.prefix, i.number
            LIMIT 1 FOR UPDATE SKIP LOCKED;
    ELSE
        SELECT i.* INTO it FROM item AS i
            WHERE i.id = ANY (among) AND i.state = 'AWAITING_CLAIM'
            ORDER BY i.priority, i.filed, i.prefix, i.number
            LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF FOUND THEN
        RETURN QUERY SELECT it.id, it.fold,
            CASE WHEN it.lease_over = 'infinity' THEN 'Infinity'::double precision
                ELSE extract(epoch FROM it.lease_over - clock_timestamp()) END,
            (SELECT p.data FROM post AS p
                WHERE p.item = it.id AND p.number = it.newest);
    END IF;
END
$$;

-- The first number from `number_` on that no other is about to take: so that many who
-- file at once do not all want the next one. It is the caller's as long as the
-- transaction lasts, by the lock that `append_if` has for a new item.
CREATE FUNCTION unattended(prefix_ text, number_ integer) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    id text;
BEGIN
    FOR n IN number_ .. number_ + 999 LOOP
        id := prefix_ || '-' || CASE WHEN n < 10000 THEN lpad(n::text, 4, '0')
            ELSE n::text END;
        IF pg_try_advisory_xact_lock(
                hashtextextended('item ' || id, 0) # 'ledger'::regclass::oid::bigint)
        THEN
            RETURN n;
        END IF;
    END LOOP;
    RETURN number_;
END
$$;
