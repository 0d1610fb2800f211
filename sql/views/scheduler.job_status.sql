-- Each job with how it is doing. notes: what is worth knowing about its schedule, and that no node has judged it yet; in_words: the schedule as a sentence.
-- state: disabled, paused, problem (cannot fire, see problem), running, queued,
-- done (due as often as its count says), idle.
create or replace view scheduler.job_status as
select j.name, j.kind, j.schedule, j.time_zone,
    case when not j.enabled then 'disabled'
         when j.paused_at is not null and coalesce(j.paused_until > clock_timestamp(), true) then 'paused'
         when j.problem is not null then 'problem'
         when live.state is null and j.count is not null and due.next_fire_at is null and g.last_due_at >= j.starts
            and not exists (select from scheduler_private.subscription s where s.job = j.name) then 'done'
         else coalesce(live.state, 'idle') end as state,
    g.last_verdict, g.last_run_key, g.last_due_at, g.last_ended_at, g.last_success_at, due.next_fire_at, j.problem,
    g.failures_in_row, g.finished_count,
    case when g.finished_count > 0 then round(g.success_count::numeric / g.finished_count, 4) end as success_rate,
    j.overlap, j.priority, j.runs_on, j.description, j.owner, j.tags, j.version, j.source, least(j.paused_until, timestamptz '9998-12-31Z') as paused_until,
    -- What a node alone judges, such as whether a rule is ever due, it has not judged yet.
    coalesce(n.notes, '{}') || case when j.name in (select c.job from scheduler_private.job_change c) then array['not judged yet by a node'] else '{}' end
        as notes, n.in_words
from scheduler.job j
left join scheduler_private.job_gate g on g.job = j.name
left join scheduler_private.job_note n on n.job = j.name and n.version = j.version
left join lateral (
    select case when bool_or(r.state = 'running') then 'running' when count(*) > 0 then 'queued' end as state
    from scheduler_private.run r where r.state <> 'finished' and r.job = j.name) live on true
left join lateral (
    -- Fires of events that are due later are on their way already. Quartz keeps instants as ticks of 100 ns since 0001-01-01; 621355968000000000 of them are 1970-01-01.
    select least(timestamptz 'epoch' + (min(t.next_fire_time) - 621355968000000000) / 10 * interval '1 microsecond',
        (select min(e.due_at) from scheduler_private.event e where e.job = j.name)) as next_fire_at
    from quartz.qrtz_triggers t where t.sched_name = 'scheduler' and t.job_name = j.name and t.job_group = 'jobs' and t.next_fire_time > 0) due on true
order by j.name;
