-- The parts of a schedule, separated by semicolons; those of a recurrence rule stay with it: 'rrule FREQ=WEEKLY;BYDAY=MO; @daily' has two.
--   schedule   the whole text
-- Returns the parts without the space around them; an empty one is ''.
create or replace function scheduler_private.schedule_parts(schedule text) returns text[]
language plpgsql immutable strict parallel safe as $$
declare
    piece text;
    parts text[] := '{}';
begin
    if position(';' in schedule) = 0 then
        return array[trim(both E' \t\n\r' from schedule)];
    end if;
    foreach piece in array string_to_array(schedule, ';') loop
        piece := trim(both E' \t\n\r' from piece);
        if starts_with(parts[cardinality(parts)], 'rrule') and piece ~ (scheduler_private.schedule_grammar() ->> 'rule_key') then
            parts[cardinality(parts)] := parts[cardinality(parts)] || ';' || piece;
        else
            parts := parts || piece;
        end if;
    end loop;
    return parts;
end $$;
