-- A value as messages show it: text in quotes, cut after 60 characters, control characters as spaces; other JSON as it is.
--   value   any JSON
create or replace function scheduler_private.shown(value jsonb) returns text
language sql immutable parallel safe as $$
    select case jsonb_typeof(value)
        when 'string' then '''' || case when length(t.text) > 60 then left(t.text, 60) || '…' else t.text end || ''''
        when 'object' then 'a map'
        when 'array' then 'a list of ' || jsonb_array_length(value)
        when 'null' then 'empty'
        else left(t.text, 60)
    end
    from (select regexp_replace(value #>> '{}', '[[:cntrl:]]', ' ', 'g') as text) t
$$;
