-- A template of a slip with what the text has in its places: {1} the first group, {day:1} the same as a weekday, {every:1} as a duration, {every:1s} as
-- one of so many seconds, {n:1} as a number. Null when a duration is none.
--   template   the template
--   groups     what the groups of the slip's pattern hold
create or replace function scheduler_private.slip_filled(template text, groups text[]) returns text
language plpgsql immutable strict parallel safe as $$
declare
    filled text := template;
    hole text[];
    value text;
begin
    for hole in select regexp_matches(template, '\{(every:|day:|n:)?([0-9])(s?)\}', 'g') loop
        value := groups[hole[2]::integer];
        filled := replace(filled, '{' || coalesce(hole[1], '') || hole[2] || hole[3] || '}', case
            when hole[1] = 'every:' then scheduler_private.duration_meant(value || hole[3])
            when hole[1] = 'day:' then upper(left(value, 3) collate "C")
            when hole[1] = 'n:' then value::integer::text
            when template = '@{1}' then lower(value collate "C")
            else value end);
    end loop;
    return filled;
end $$;
