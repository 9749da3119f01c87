-- What is told of a line has to be so: that something in line was passed, or has nothing
-- in its way any more, only beside a post that makes it so. (Whether a post comes before
-- its turn the database cannot tell: how long a turn is, is in the policy.)

ALTER FUNCTION require_sound(jsonb, bytea[]) RENAME TO require_rows_sound;

CREATE FUNCTION require_sound(write jsonb, data bytea[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM require_rows_sound(write, data);
    -- (A steward may let the rules say anything, which may change every surface.)
    IF (write -> 'unblocked' <> '[]' OR write -> 'passed' <> '[]')
            AND jsonb_array_length(write -> 'rules_new') = 0 THEN
        PERFORM require_line_sound(write, ARRAY(SELECT s FROM jsonb_populate_recordset(
            NULL::surface, write -> 'surfaces') AS s));
    END IF;
END
$$;

-- Before the locks: what an item holds changes by its posts alone, and a post that came
-- in between is found behind them. `fresh` are the surfaces of the write.
CREATE FUNCTION require_line_sound(write jsonb, fresh surface[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    moved text[] := ARRAY(SELECT jsonb_array_elements_text(write -> 'resurfaced'));
    wrong text;
BEGIN
    -- Passed is whom an item comes before by what it begins to hold.
    SELECT place.id INTO wrong
        FROM jsonb_array_elements_text(write -> 'passed') AS place(id)
        LEFT JOIN item ON item.id = place.id
        WHERE NOT coalesce(item.turn > 0, false) OR NOT EXISTS (
            SELECT FROM waits_for(place.id, fresh, moved) AS awaited
            JOIN unnest(fresh) AS taken ON taken.held AND taken.item <> place.id
                AND taken.item = ANY (moved) AND span_of(taken.line) && awaited
            LEFT JOIN item AS by ON by.id = taken.item
            LEFT JOIN jsonb_array_elements(write -> 'items') AS now(i)
                ON now.i ->> 'id' = taken.item
            WHERE (begins(taken, true) OR (now.i ->> 'epoch')::integer <> by.epoch)
                AND (coalesce(by.turn, 0) = 0 OR item.turn < by.turn
                    OR begins(taken, false)));
    IF wrong IS NULL THEN
        -- Nothing is in the way of what waits, by this write: it comes into line, or
        -- something that was in its way is let go, or leaves the line before it.
        SELECT place.id INTO wrong
            FROM jsonb_array_elements_text(write -> 'unblocked') AS place(id)
            LEFT JOIN item ON item.id = place.id
            LEFT JOIN LATERAL (SELECT (i ->> 'turn')::integer AS turn
                FROM jsonb_array_elements(write -> 'items') AS i
                WHERE i ->> 'id' = place.id) AS now ON true
            WHERE NOT coalesce(coalesce(now.turn, item.turn) > 0, false) OR EXISTS (
                SELECT FROM waits_for(place.id, fresh, moved) AS awaited
                JOIN surface AS other ON other.held AND other.covering_line IS NULL
                    AND other.span && awaited
                WHERE other.item <> place.id AND other.item <> ALL (moved)
            ) OR EXISTS (
                SELECT FROM waits_for(place.id, fresh, moved) AS awaited
                JOIN unnest(fresh) AS other ON other.held AND other.item <> place.id
                    AND span_of(other.line) && awaited
            ) OR NOT (
                now.turn IS NOT NULL OR EXISTS (
                    SELECT FROM waits_for(place.id, fresh, moved) AS awaited
                    JOIN surface AS gone ON gone.held AND gone.span && awaited
                    WHERE gone.item = ANY (moved) AND gone.item <> place.id)
                OR EXISTS (
                    SELECT FROM waits_for(place.id, fresh, moved) AS awaited
                    JOIN surface AS gone ON NOT gone.held AND gone.span && awaited
                    JOIN item AS was ON was.id = gone.item AND was.turn < item.turn
                    JOIN jsonb_array_elements(write -> 'items') AS now_(i)
                        ON now_.i ->> 'id' = was.id
                    WHERE was.turn > 0 AND (was.id = ANY (moved)
                        OR (now_.i ->> 'turn')::integer IS DISTINCT FROM was.turn)));
    END IF;
    IF wrong IS NOT NULL THEN
        -- Others may have moved on since it was judged: then it is judged again.
        RAISE serialization_failure USING MESSAGE = format(
            'what is told of the line that %s is in does not follow from the posts of'
            ' this write', wrong);
    END IF;
END
$$;

-- What a surface overlaps by its line (see `surface`).
CREATE FUNCTION span_of(line text) RETURNS keyrange LANGUAGE sql IMMUTABLE AS $$
    SELECT keyrange(newer_escaped(line), left(newer_escaped(line), -1) || ';') $$;

-- What an item in line waits for, by the write that has the surfaces `fresh` of `moved`.
CREATE FUNCTION waits_for(item_ text, fresh surface[], moved text[])
RETURNS SETOF keyrange LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    IF item_ = ANY (moved) THEN
        RETURN QUERY SELECT span_of(f.line) FROM unnest(fresh) AS f
            WHERE f.item = item_ AND NOT f.held;
    ELSE
        RETURN QUERY SELECT s.span FROM surface AS s
            WHERE s.item = item_ AND NOT s.held;
    END IF;
END
$$;

-- Whether an item has not had what `taken` is within: held, or at rest.
CREATE FUNCTION begins(taken surface, held_ boolean) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM surface AS was WHERE was.item = taken.item
        AND was.held = held_ AND starts_with(taken.line, was.line));
END
$$;
