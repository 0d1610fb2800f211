-- True for an instant that every node can hold: of the years 1970 to 9998, and not infinite.
create or replace function scheduler_private.is_instant(at timestamptz) returns boolean
language sql immutable strict parallel safe as $$
    select at >= timestamptz '1970-01-01T00:00:00Z' and at < timestamptz '9999-01-01T00:00:00Z'
$$;
