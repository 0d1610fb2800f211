-- Store new jobs and their triggers as copies of ones Quartz has just stored itself, many in one statement: Quartz's own way takes some ten round
-- trips a job. What is there already is left alone. Under Quartz's lock, like any change of its own.
--   $1 text     job to copy
--   $2 text[]   names of the new jobs
--   $3 text[], $4 text[]      their triggers: names, and jobs
--   $5 text[]   trigger each one is a copy of, of the same type and waiting
--   $6 text[]   hashes
--   $7 bigint[], $8 bigint[]  start, which is the next fire, and the last fire (ticks, null for none)
--   $9 text[], $10 text[]     cron expressions and zones, null for intervals
--   $11 bigint[]              intervals (ms), null for crons
-- Returns how many triggers were stored.
with turn as materialized (
    select from quartz.qrtz_locks l where l.sched_name = 'scheduler' and l.lock_name = 'TRIGGER_ACCESS' for update
),
job as (
    insert into quartz.qrtz_job_details
        (sched_name, job_name, job_group, description, job_class_name, is_durable, is_nonconcurrent, is_update_data, requests_recovery, job_data)
    select d.sched_name, n.name, d.job_group, d.description, d.job_class_name, d.is_durable, d.is_nonconcurrent, d.is_update_data, d.requests_recovery,
        d.job_data
    from turn cross join quartz.qrtz_job_details d cross join unnest($2::text[]) as n (name)
    where d.sched_name = 'scheduler' and d.job_group = 'jobs' and d.job_name = $1
    on conflict do nothing
    returning job_name
),
wanted as materialized (
    select w.* from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::bigint[])
        as w (name, job, model, hash, start, last, cron, zone, every)
    where w.job in (select j.job_name from job j)
),
trigger as (
    insert into quartz.qrtz_triggers
        (sched_name, trigger_name, trigger_group, job_name, job_group, description, next_fire_time, prev_fire_time, priority, trigger_state, trigger_type,
        start_time, end_time, calendar_name, misfire_instr, misfire_orig_fire_time, execution_group, preferred_node, preferred_node_auto, retry_policy,
        retry_attempt, continues_trigger_name, continues_trigger_group, continuation_condition, overlap_policy, pause_reason, paused_by, paused_at,
        misfire_threshold, fixed_delay, job_data)
    select t.sched_name, w.name, t.trigger_group, w.job, t.job_group, w.hash, w.start, w.last, t.priority, t.trigger_state, t.trigger_type,
        w.start, null, null, t.misfire_instr, null, t.execution_group, t.preferred_node, t.preferred_node_auto, t.retry_policy,
        t.retry_attempt, null, null, t.continuation_condition, t.overlap_policy, null, null, null, t.misfire_threshold, t.fixed_delay, t.job_data
    from wanted w cross join lateral (select t.* from quartz.qrtz_triggers t
        where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = w.model and t.trigger_state = 'WAITING') t
    on conflict do nothing
    returning sched_name, trigger_name, trigger_group, trigger_type
),
cron as (
    insert into quartz.qrtz_cron_triggers (sched_name, trigger_name, trigger_group, cron_expression, time_zone_id)
    select t.sched_name, t.trigger_name, t.trigger_group, w.cron, w.zone from trigger t join wanted w on w.name = t.trigger_name where t.trigger_type = 'CRON'
),
simple as (
    insert into quartz.qrtz_simple_triggers (sched_name, trigger_name, trigger_group, repeat_count, repeat_interval, times_triggered)
    select t.sched_name, t.trigger_name, t.trigger_group, -1, w.every, 0 from trigger t join wanted w on w.name = t.trigger_name
    where t.trigger_type = 'SIMPLE'
)
select count(*)::int from trigger
