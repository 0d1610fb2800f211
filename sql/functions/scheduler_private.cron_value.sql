-- The number that a value of a cron field stands for, in range or not.
--   form    the field, of schedule_grammar
--   value   a number or a name, in upper case
create or replace function scheduler_private.cron_value(form jsonb, value text) returns integer
language sql immutable strict parallel safe as $$
    select case when value ~ '^[0-9]' then value::integer
        else (select n.place - 1 + (form ->> 'names_from')::integer
              from jsonb_array_elements_text(form -> 'names') with ordinality as n (name, place) where n.name = value)::integer end
$$;
