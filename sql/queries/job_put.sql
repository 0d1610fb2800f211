-- Bring the rows of jobs to what their files declare.
--   $1 jsonb   array of jobs, one object each with the columns of scheduler.job by name; version is that of the row the job was compared with,
--              null for a job that is new
-- Returns how many rows were written. A row with another version was changed meanwhile and is left alone.
with declared as materialized (
    select * from jsonb_to_recordset($1::jsonb) as d (
        name text, kind text, description text, owner text, tags text[], schedule text, time_zone text, settings jsonb,
        guard jsonb, timeout interval, retry jsonb, overlap text, missed text, start_within interval, on_lost text,
        runs_on text[], priority smallint, enabled boolean, source text, calendar text, starts timestamptz, ends timestamptz,
        spread interval, count integer, params jsonb, concurrency jsonb, expect jsonb, notify jsonb, for_each jsonb, made_by text,
        version integer
    )
),
put as (
    insert into scheduler.job as j (
        name, kind, description, owner, tags, schedule, time_zone, settings, guard, timeout, retry, overlap, missed,
        start_within, on_lost, runs_on, priority, enabled, source, calendar, starts, ends, spread, count, params, concurrency, expect,
        notify, for_each, made_by
    )
    select
        d.name, d.kind, d.description, d.owner, d.tags, d.schedule, d.time_zone, d.settings, d.guard, d.timeout,
        d.retry, d.overlap, d.missed, d.start_within, d.on_lost, d.runs_on, d.priority, d.enabled, d.source,
        d.calendar, d.starts, d.ends, d.spread, d.count, d.params, d.concurrency, d.expect, d.notify, d.for_each, d.made_by
    from declared d
    order by d.name
    on conflict (name) do update set
        kind = excluded.kind, description = excluded.description, owner = excluded.owner, tags = excluded.tags,
        schedule = excluded.schedule, time_zone = excluded.time_zone, settings = excluded.settings,
        guard = excluded.guard, timeout = excluded.timeout, retry = excluded.retry, overlap = excluded.overlap,
        missed = excluded.missed, start_within = excluded.start_within, on_lost = excluded.on_lost,
        runs_on = excluded.runs_on, priority = excluded.priority, enabled = excluded.enabled, source = excluded.source,
        calendar = excluded.calendar, starts = excluded.starts, ends = excluded.ends, spread = excluded.spread,
        count = excluded.count, params = excluded.params, concurrency = excluded.concurrency, expect = excluded.expect, notify = excluded.notify,
        for_each = excluded.for_each, made_by = excluded.made_by
    where (j.name, j.version) in (select d.name, d.version from declared d)
    returning j.name
)
select count(p.name)::int from put p
