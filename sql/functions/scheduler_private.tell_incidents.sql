-- Put the beginnings of incidents that nothing suppresses, and the ends of those whose beginning was put there, into the outbox: for the channels that
-- are told of all incidents, and those their job names with 'incident'.
create or replace function scheduler_private.tell_incidents() returns void
language plpgsql volatile set enable_nestloop = off set enable_seqscan = on as $$
declare
    told_count integer;
begin
    with turned as (
        update scheduler_private.incident i set told = i.resolved_at is null
        where (not i.told and i.resolved_at is null and i.suppressed_by is null) or (i.told and i.resolved_at is not null)
        returning i.*
    ),
    everywhere as materialized (
        select coalesce(array_agg(c.name order by c.name), '{}') as names from scheduler.channel c where c.incidents and c.enabled
    ),
    addressed as (
        select t.*, e.names || case when g.notify & 128 <> 0 then scheduler_private.channels_of(t.job) else '{}' end as channels
        from turned t cross join everywhere e left join scheduler_private.job_gate g on g.job = t.job
    ),
    put as (
        insert into scheduler_private.outbox (event, job, run_key, due_at, channels, key, open, severity, title, detail)
        select 'incident', a.job, g.last_run_key, g.last_due_at, a.channels, a.key, a.resolved_at is null, a.severity, a.title, a.detail
        from addressed a left join scheduler_private.job_gate g on g.job = a.job and a.condition = 'failing'
        where cardinality(a.channels) > 0
        order by a.id
        returning 1
    )
    select count(*) into told_count from put;
    if told_count > 0 then
        perform pg_notify('scheduler_outbox', '');
    end if;
end $$;
