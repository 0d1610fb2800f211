-- What an error has in common with others of the same cause: its text without numbers, quoted values, addresses and letters' case, 200 characters of it.
--   error   the text; null gives null
create or replace function scheduler_private.error_cause(error text) returns text
language sql immutable strict parallel safe as $$
    select nullif(left(regexp_replace(regexp_replace(regexp_replace(lower(error), '"[^"]*"|''[^'']*''', '?', 'g'),
        '[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9]+', '#', 'g'), '\s+', ' ', 'g'), 200), '')
$$;
