-- Bring the children of a job with for_each to what its rows say. A child that is equal is not touched.
--   $1 text     the job
--   $2 jsonb    its children, one object each: name, schedule, settings, params, description; all else is as in the job's own row
--   $3 text     why some rows make no child, null when all do
-- A job of that name that is not this job's child is left alone. Returns children put, removed, and the names that were another's.
with template as materialized (
    select j.* from scheduler.job j where j.name = $1 and j.for_each is not null
),
child as materialized (
    select t.*, c.name as child_name, c.schedule as child_schedule, c.settings as child_settings, c.params as child_params,
        c.description as child_description
    from template t cross join jsonb_to_recordset($2::jsonb) as c (name text, schedule text, settings jsonb, params jsonb, description text)
),
taken as materialized (
    select c.child_name from child c join scheduler.job j on j.name = c.child_name and j.made_by is distinct from $1
),
put as (
    insert into scheduler.job as j (name, kind, description, owner, tags, schedule, time_zone, settings, guard, timeout, retry, overlap, missed,
        start_within, on_lost, runs_on, priority, enabled, source, calendar, starts, ends, spread, count, params, concurrency, expect, notify,
        made_by)
    select c.child_name, c.kind, c.child_description, c.owner, c.tags, c.child_schedule, c.time_zone, c.child_settings, c.guard, c.timeout, c.retry,
        c.overlap, c.missed, c.start_within, c.on_lost, c.runs_on, c.priority, c.enabled, c.source, c.calendar, c.starts, c.ends, c.spread, c.count,
        c.child_params, c.concurrency, c.expect, c.notify, $1
    from child c where c.child_name not in (select t.child_name from taken t)
    order by c.child_name
    on conflict (name) do update set
        kind = excluded.kind, description = excluded.description, owner = excluded.owner, tags = excluded.tags, schedule = excluded.schedule,
        time_zone = excluded.time_zone, settings = excluded.settings, guard = excluded.guard, timeout = excluded.timeout, retry = excluded.retry,
        overlap = excluded.overlap, missed = excluded.missed, start_within = excluded.start_within, on_lost = excluded.on_lost,
        runs_on = excluded.runs_on, priority = excluded.priority, enabled = excluded.enabled, source = excluded.source,
        calendar = excluded.calendar, starts = excluded.starts, ends = excluded.ends, spread = excluded.spread, count = excluded.count,
        params = excluded.params, concurrency = excluded.concurrency, expect = excluded.expect, notify = excluded.notify
    where j.made_by = $1 and (
        j.kind, j.description, j.owner, j.tags, j.schedule, j.time_zone, j.settings, j.guard, j.timeout, j.retry, j.overlap, j.missed,
        j.start_within, j.on_lost, j.runs_on, j.priority, j.enabled, j.source, j.calendar, j.starts, j.ends, j.spread, j.count, j.params,
        j.concurrency, j.expect, j.notify
    ) is distinct from (
        excluded.kind, excluded.description, excluded.owner, excluded.tags, excluded.schedule, excluded.time_zone, excluded.settings,
        excluded.guard, excluded.timeout, excluded.retry, excluded.overlap, excluded.missed, excluded.start_within, excluded.on_lost,
        excluded.runs_on, excluded.priority, excluded.enabled, excluded.source, excluded.calendar, excluded.starts, excluded.ends,
        excluded.spread, excluded.count, excluded.params, excluded.concurrency, excluded.expect, excluded.notify
    )
    returning 1
),
removed as (
    delete from scheduler.job j where j.made_by = $1 and not exists (select from child c where c.child_name = j.name) returning 1
),
told as (
    select nullif(concat_ws('; ', $3, (select 'other jobs have the names ' || string_agg(t.child_name, ', ' order by t.child_name)
        from (select child_name from taken limit 5) t)), '') as problem
),
noted as (
    update scheduler.job j set problem = t.problem from told t where j.name = $1 and j.for_each is not null and j.problem is distinct from t.problem
)
select (select count(*)::int from put), (select count(*)::int from removed), (select t.problem from told t)
