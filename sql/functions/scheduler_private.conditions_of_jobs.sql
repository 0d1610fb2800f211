-- What is wrong now with jobs, from the database alone. Disabled jobs have no condition; paused ones are not missed, late or without success.
-- Runs are looked up by their keys, whatever the planner believes of a ledger that has grown since it was analysed.
-- Returns a row for each thing that is wrong. What a job's expect says takes the place of a default.
create or replace function scheduler_private.conditions_of_jobs() returns setof scheduler_private.found
language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    at constant timestamptz := clock_timestamp();
    page_after_failures constant integer := 3;
    -- A fire is entered within a second of its due time.
    overdue_after constant interval := interval '1 minute';
    missed_for constant interval := interval '24 hours';
    late_after constant interval := interval '5 minutes';
    -- A run ends itself at its time-out; one that has not is stuck. So is one that takes three times as long as nearly all others, and long at that.
    stuck_after constant interval := interval '1 minute';
    usual_min constant interval := interval '10 minutes';
    usual_runs constant integer := 50;
    paused_for constant interval := interval '7 days';
    instant constant text := 'YYYY-MM-DD"T"HH24:MI:SS"Z"';
begin
    return query select 'job:' || g.job || ':failing', 'failing', case when g.failures_in_row >= page_after_failures then 'page' else 'warning' end,
        g.job, null::text, format('job %s is failing', g.job),
        format('%s; last run %s: %s', case g.failures_in_row when 1 then 'it failed last time' else 'it failed several times in a row' end,
            g.last_run_key, left(coalesce(r.error, r.reason, r.verdict), 500)), scheduler_private.error_cause(coalesce(r.error, r.reason))
    from scheduler_private.job_gate g
    left join scheduler_private.run r on r.due_at = g.last_due_at and r.run_key = g.last_run_key
    where g.failures_in_row > 0 and g.enabled;
    return query select 'job:' || a.job || ':guard', 'guard', 'page', a.job, null::text, format('the guard of job %s waits for approval', a.job),
        left(format('run %s: %s; see ''scheduler run approve''', a.run_key, a.error), 500), null::text
    from scheduler.awaiting_approval a join scheduler_private.job_gate g on g.job = a.job and g.enabled;
    return query select distinct on (m.job) 'job:' || m.job || ':missed', 'missed', 'page', m.job, null::text,
        format('job %s did not run when it was due', m.job), m.detail, null::text
    from (
        select r.job, 1 as place, format('fire %s: missed (%s)', max(r.run_key), max(r.reason)) as detail
        from scheduler_private.run r
        join scheduler_private.job_gate g on g.job = r.job and g.enabled and not g.paused and coalesce(g.last_due_at < r.due_at, true)
        where r.verdict = 'missed' and r.ended_at > at - missed_for and r.reason <> 'a later fire stands for it'
        group by r.job
        union all
        select t.job_name, 2, format('it was due at %s and has no verdict', to_char(scheduler_private.instant_of(t.next_fire_time) at time zone 'UTC',
            instant))
        from quartz.qrtz_triggers t join scheduler_private.job_gate g on g.job = t.job_name and g.enabled and not g.paused
        join scheduler.job j on j.name = g.job and j.problem is null
        where t.sched_name = 'scheduler' and t.job_group = 'jobs' and t.trigger_state = 'WAITING' and t.next_fire_time > 0
            and t.next_fire_time < scheduler_private.ticks_of(at - overdue_after)) m
    order by m.job, m.place;
    return query select 'job:' || r.job || ':late', 'late', 'warning', r.job, null::text, format('runs of job %s begin late', r.job),
        format('%s due at %s still waits', min(r.run_key), to_char(min(r.due_at) at time zone 'UTC', instant)), null::text
    from scheduler_private.run r join scheduler.job j on j.name = r.job and j.enabled
        and (j.paused_at is null or j.paused_until <= at)
    where r.state = 'queued' and r.due_at < at - case when j.expect ? 'start_within'
        then scheduler_private.duration_seconds(j.expect ->> 'start_within') * interval '1 second' else late_after end
    group by r.job;
    -- The limit is that of the alert SchedulerRunStuck (telemetry_jobs.sql).
    return query select distinct on (s.job) 'job:' || s.job || ':stuck', 'stuck', 'warning', s.job, s.node,
        format('a run of job %s does not end', s.job),
        format('%s has run since %s, expected to end within %s', s.run_key, to_char(s.started_at at time zone 'UTC', instant),
            date_trunc('second', s.within)), null::text
    from (
        select r.job, r.run_key, r.node, r.started_at, coalesce(
            scheduler_private.duration_seconds(j.expect ->> 'duration_below') * interval '1 second',
            least(j.timeout + stuck_after, greatest(usual_min, 3 * usual.p95))) as within
        from scheduler_private.run r join scheduler.job j on j.name = r.job
        left join lateral (
            select percentile_cont(0.95) within group (order by u.ended_at - u.started_at) as p95
            from (select l.started_at, l.ended_at from scheduler_private.run l
                  where l.job = r.job and l.verdict = 'succeeded' and l.started_at is not null
                      and r.started_at < at - usual_min and not j.expect ? 'duration_below'
                  order by l.due_at desc limit usual_runs) u) usual on true
        where r.state = 'running') s
    where s.started_at < at - s.within
    order by s.job, s.started_at;
    return query select 'job:' || s.name || ':slow', 'slow', 'info', s.name, null::text, format('job %s takes longer than expected', s.name),
        format('run %s took %s s, expected below %s', s.run_key, round(s.seconds, 1), s.below), null::text
    from (
        select j.name, r.run_key, extract(epoch from r.ended_at - r.started_at) as seconds, j.expect ->> 'duration_below' as below
        from scheduler.job j
        join scheduler_private.job_gate g on g.job = j.name
        join scheduler_private.run r on r.due_at = g.last_due_at and r.run_key = g.last_run_key and r.verdict = 'succeeded'
        where j.enabled and j.expect ? 'duration_below') s
    where s.seconds > scheduler_private.duration_seconds(s.below);
    return query select 'job:' || j.name || ':no_recent_success', 'no_recent_success', 'page', j.name, null::text,
        format('job %s has not succeeded for too long', j.name), format('its last success was %s, expected one within %s',
            coalesce('at ' || to_char(g.last_success_at at time zone 'UTC', instant), 'never'), j.expect ->> 'success_within'), null::text
    from scheduler.job j join scheduler_private.job_gate g on g.job = j.name
    where j.enabled and (j.paused_at is null or j.paused_until <= at) and j.for_each is null and j.expect ? 'success_within'
        and coalesce(g.last_success_at, j.created_at) < at - scheduler_private.duration_seconds(j.expect ->> 'success_within') * interval '1 second';
    return query select 'job:' || j.name || ':paused', 'paused_too_long', 'warning', j.name, null::text,
        format('job %s has been paused for more than 7 days', j.name),
        format('by %s since %s%s', j.paused_by, to_char(j.paused_at at time zone 'UTC', instant), coalesce(': ' || j.pause_reason, '')), null::text
    from scheduler.job j where j.enabled and j.paused_at < at - paused_for and coalesce(j.paused_until > at, true);
    return query select 'job:' || j.name || ':cannot_fire', 'cannot_fire', 'page', j.name, null::text, format('job %s cannot fire', j.name),
        left(j.problem, 500), null::text
    from scheduler.job j where j.enabled and j.problem is not null;
    return query select * from scheduler_private.conditions_of_copies();
end $$;
