-- A job is disabled, deleted, or tells fewer channels of its failures: what a channel knows as failing and will hear no more of is over for it.
--   job    its name
--   still  channels that it tells of failures all the same
-- A channel that is told of all incidents hears the end of that one instead.
create or replace function scheduler_private.forget_failure(job text, still text[]) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
    insert into scheduler_private.outbox (event, job, channels)
    select 'gone', forget_failure.job, array_agg(c.name)
    from scheduler.channel c join scheduler_private.alert a on a.channel = c.name and a.key = 'job:' || forget_failure.job || ':failing' and a.open
    where c.name <> all (still) and not (c.incidents
        and exists (select from scheduler_private.incident i where i.key = a.key and i.resolved_at is null))
    having count(*) > 0
$$;
