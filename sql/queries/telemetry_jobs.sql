-- The values of /metrics that each job has: a row for each job, a column for each metric, named as it is; null where the job has no such value.
--   $1 int   most jobs, those with a problem or a failure first
-- Reads gates and triggers whole and the live runs by their index; nothing of the ledger's past but a missed fire of the last day for each job.
with chosen as materialized (
    select j.name, j.kind, j.enabled, j.problem, j.paused_at, j.paused_until, j.created_at, j.timeout, j.expect, g.last_success_at, g.last_due_at,
        g.failures_in_row, g.last_verdict, g.last_run_key, j.enabled and (j.paused_at is null or j.paused_until <= clock_timestamp()) as awake,
        j.paused_at is not null and coalesce(j.paused_until > clock_timestamp(), true) as paused
    from scheduler.job j left join scheduler_private.job_gate g on g.job = j.name
    where j.for_each is null
    order by (j.problem is null and coalesce(g.failures_in_row, 0) = 0), j.name limit $1
),
-- Quartz keeps instants as ticks of 100 ns since 0001-01-01; 621355968000000000 of them are 1970-01-01.
due as materialized (
    select t.job_name as job, (min(t.next_fire_time) - 621355968000000000) / 1e7 as at,
        max(t.next_fire_time - t.prev_fire_time) filter (where t.prev_fire_time > 0) / 1e7 as period
    from quartz.qrtz_triggers t where t.sched_name = 'scheduler' and t.job_group = 'jobs' and t.next_fire_time > 0 group by t.job_name
),
live as materialized (
    select r.job, extract(epoch from clock_timestamp() - min(r.started_at)) as age
    from scheduler_private.run r where r.state = 'running' group by r.job
),
waiting as materialized (
    select r.job, extract(epoch from clock_timestamp() - min(r.due_at)) as age
    from scheduler_private.run r where r.state = 'queued' and r.due_at <= clock_timestamp() group by r.job
),
-- How long runs of the running jobs usually take; asked only of those that have been running for a while.
usual as materialized (
    select l.job, percentile_cont(0.95) within group (order by extract(epoch from u.ended_at - u.started_at)) as p95
    from live l cross join lateral (
        select r.started_at, r.ended_at from scheduler_private.run r
        where r.job = l.job and r.verdict = 'succeeded' and r.started_at is not null order by r.due_at desc limit 50) u
    where l.age > 30
    group by l.job
)
select c.name,
    extract(epoch from c.last_success_at)::float8 as "scheduler.schedule.last_success.time",
    extract(epoch from c.last_due_at)::float8 as "scheduler.schedule.last_run.time",
    case when c.awake then due.at end::float8 as "scheduler.schedule.next_fire.time",
    greatest(extract(epoch from c.last_due_at), case when c.awake and due.at <= extract(epoch from clock_timestamp()) then due.at end)::float8
        as "scheduler.schedule.expected_last_fire.time",
    -- One for which a later fire stands is made good by that.
    case when missed.reason is distinct from 'a later fire stands for it' then extract(epoch from missed.at) end::float8
        as "scheduler.schedule.last_missed.time",
    coalesce(scheduler_private.duration_seconds(c.expect ->> 'start_within'), 60)::float8 as "scheduler.schedule.grace",
    case when c.enabled then case when c.paused then 1 else 0 end end::float8 as "scheduler.schedule.paused",
    case when c.paused then extract(epoch from c.paused_at) end::float8 as "scheduler.schedule.paused.time",
    extract(epoch from c.created_at)::float8 as "scheduler.job.created.time",
    case when c.enabled then coalesce(c.failures_in_row, 0) end::float8 as "scheduler.job.failures_in_row",
    case when c.enabled and c.problem is not null then 1 end::float8 as "scheduler.job.problem",
    case when guarded.run_key is not null then 1 end::float8 as "scheduler.job.guard_stopped",
    case when c.awake then scheduler_private.duration_seconds(c.expect ->> 'success_within') end::float8 as "scheduler.job.expect.success_within",
    scheduler_private.duration_seconds(c.expect ->> 'start_within')::float8 as "scheduler.job.expect.start_within",
    scheduler_private.duration_seconds(c.expect ->> 'duration_below')::float8 as "scheduler.job.expect.duration_below",
    live.age::float8 as "scheduler.run.oldest.age",
    case when c.awake then waiting.age end::float8 as "scheduler.run.oldest.wait",
    case when live.age is not null then coalesce(scheduler_private.duration_seconds(c.expect ->> 'duration_below'),
        least(extract(epoch from c.timeout) + 60, greatest(600, 3 * usual.p95))) end::float8 as "scheduler.run.stuck_after",
    backup.size::float8 as "scheduler.backup.size",
    backup.age::float8 as "scheduler.backup.age",
    case when c.awake and c.kind in ('postgres.backup', 'snapshot.upload')
        then coalesce(scheduler_private.duration_seconds(c.expect ->> 'success_within'), greatest(2 * due.period, 3600)) end::float8
        as "scheduler.job.stale_after"
from chosen c
left join due on due.job = c.name
left join live on live.job = c.name
left join waiting on waiting.job = c.name
left join usual on usual.job = c.name
left join lateral (
    select r.due_at as at, r.reason from scheduler_private.run r
    where r.verdict = 'missed' and r.job = c.name and r.due_at > now() - interval '1 day' order by r.due_at desc limit 1) missed on true
left join scheduler.awaiting_approval guarded on c.last_verdict = 'failed' and guarded.run_key = c.last_run_key
left join lateral (
    select (r.result ->> 'bytes')::numeric as size, extract(epoch from clock_timestamp() - r.ended_at) as age
    from scheduler_private.run r
    where c.kind = 'postgres.backup' and r.job = c.name and r.verdict = 'succeeded' order by r.due_at desc limit 1) backup on true
