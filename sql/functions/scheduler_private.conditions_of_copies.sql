-- Jobs that keep copies (kinds postgres.backup and snapshot.upload) whose last success is older than twice the time between their fires, an hour at
-- least: the copy is stale, whatever kept it from being made. Of a job whose expect says success_within, that says it.
-- Returns a row for each.
create or replace function scheduler_private.conditions_of_copies() returns setof scheduler_private.found
language sql volatile as $$
    select 'job:' || s.name || ':stale', case s.kind when 'postgres.backup' then 'backup_stale' else 'upload_stale' end, 'page', s.name, null::text,
        format('the last %s of job %s is stale', case s.kind when 'postgres.backup' then 'backup' else 'upload' end, s.name),
        format('made %s; it is due every %s', coalesce('at ' || to_char(s.last_success_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never'),
            s.period), null::text
    from (
        -- Ticks of 100 ns.
        select j.name, j.kind, g.last_success_at, j.created_at,
            max(t.next_fire_time - t.prev_fire_time) / 10000000 * interval '1 second' as period
        from scheduler.job j
        join scheduler_private.job_gate g on g.job = j.name
        join quartz.qrtz_triggers t on t.sched_name = 'scheduler' and t.job_name = j.name and t.job_group = 'jobs'
            and t.prev_fire_time > 0 and t.next_fire_time > t.prev_fire_time
        where j.kind in ('postgres.backup', 'snapshot.upload') and j.enabled and (j.paused_at is null or j.paused_until <= clock_timestamp())
            and not j.expect ? 'success_within'
        group by j.name, j.kind, g.last_success_at, j.created_at) s
    where coalesce(s.last_success_at, s.created_at) < clock_timestamp() - greatest(2 * s.period, interval '1 hour')
$$;
