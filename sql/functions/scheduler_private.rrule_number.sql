-- A number of a recurrence rule, null when the part takes no such number.
--   key     the part, of schedule_grammar
--   value   the text, e.g. '-1'
create or replace function scheduler_private.rrule_number(key jsonb, value text) returns integer
language sql immutable strict parallel safe as $$
    select case when abs(n.number) between (key -> 'min')::integer and (key -> 'max')::integer then n.number end
    from (select case when value ~ (case when (key -> 'from_end')::boolean then '^[+-]?' else '^' end || '[0-9]{1,' || length(key ->> 'max') || '}$')
                 then value::integer end as number) n
$$;
