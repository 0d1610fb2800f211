-- The number that a value of a cron field stands for, in range or not; null when it is none.
--   form    the field, of schedule_grammar
--   value   a number of up to four digits, or a name in upper case
create or replace function scheduler_private.cron_value(form jsonb, value text) returns integer
language plpgsql immutable strict parallel safe as $$
begin
    if translate(value, '0123456789', '') = '' then
        return case when length(value) between 1 and 4 then value::integer end;
    end if;
    return array_position((form ->> 'names')::text[], value) - 1 + (form -> 'names_from')::integer;
end $$;
