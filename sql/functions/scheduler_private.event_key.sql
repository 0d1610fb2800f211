-- The run key of a fire by an event: job!instant~mark. The instant, in microseconds, is when it is due; the mark tells two of one instant apart.
--   job    the job that is due
--   due    when
--   mark   letters and digits
create or replace function scheduler_private.event_key(job text, due timestamptz, mark text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select event_key.job || '!' || to_char(event_key.due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '~' || event_key.mark
$$;
