-- Quartz keeps instants as ticks of 100 ns since 0001-01-01; 621355968000000000 of them are 1970-01-01.
create or replace function scheduler_private.instant_of(ticks bigint) returns timestamptz
language sql immutable parallel safe as $$
    select timestamptz 'epoch' + (ticks - 621355968000000000) / 10 * interval '1 microsecond'
$$;
