-- The channels a job names, for a row of the outbox.
--   job   its name
create or replace function scheduler_private.channels_of(job text) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce((select array(select jsonb_array_elements_text(j.notify -> 'to')) from scheduler.job j
                     where j.name = channels_of.job and jsonb_typeof(j.notify -> 'to') = 'array'), '{}')
$$;
