-- The texts of a JSON list with commas between them.
--   list   the list
create or replace function scheduler_private.listed(list jsonb) returns text
language sql immutable strict parallel safe as $$
    select string_agg(t.text, ', ' order by t.n) from jsonb_array_elements_text(list) with ordinality as t (text, n)
$$;
