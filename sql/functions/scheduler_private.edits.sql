-- How many letters have to be inserted, deleted, replaced or swapped with their neighbour to make one word of another; the
-- case of a to z is ignored.
--   a, b   words of at most 256 letters; longer ones are not misspelt
-- Returns 1000 when one of them is too long.
create or replace function scheduler_private.edits(a text, b text) returns integer
language plpgsql immutable strict parallel safe as $$
declare
    x constant text[] := string_to_array(lower(a collate "C"), null);
    y constant text[] := string_to_array(lower(b collate "C"), null);
    before integer[];       -- the line before the last
    last integer[];
    line integer[];
    cost integer;
begin
    if cardinality(x) > 256 or cardinality(y) > 256 then
        return 1000;
    end if;
    last := array(select generate_series(0, cardinality(y)));
    for i in 1 .. cardinality(x) loop
        line := array[i];
        for j in 1 .. cardinality(y) loop
            cost := least(last[j + 1] + 1, line[j] + 1, last[j] + (x[i] <> y[j])::int);
            if i > 1 and j > 1 and x[i] = y[j - 1] and x[i - 1] = y[j] then
                cost := least(cost, before[j - 1] + 1);
            end if;
            line := line || cost;
        end loop;
        before := last;
        last := line;
    end loop;
    return last[cardinality(y) + 1];
end $$;
