-- An instant as Quartz keeps it; see instant_of.sql.
create or replace function scheduler_private.ticks_of(instant timestamptz) returns bigint
language sql immutable parallel safe as $$
    select 621355968000000000 + (extract(epoch from instant) * 10000000)::bigint
$$;
