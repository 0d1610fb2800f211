-- What Quartz's tables say of our jobs.
--   $1 text[]   names
-- Returns a row for each trigger of ours and one without a trigger for each job that has none: the job, whether Quartz knows the job as we make it,
-- the trigger's name, its hash, state, next and last instants (ticks), type, cron expression, zone, interval and count.
select w.name, d.job_name is not null as known,
    coalesce(d.job_class_name like 'Scheduler.Cluster.FireJob,%' and d.is_durable and d.requests_recovery and not d.is_nonconcurrent, false) as intact,
    t.trigger_name, t.description, t.trigger_state, t.next_fire_time, t.prev_fire_time, t.trigger_type,
    coalesce(c.cron_expression, p.str_prop_1) as cron, coalesce(c.time_zone_id, p.time_zone_id) as zone,
    s.repeat_interval, s.repeat_count
from unnest($1::text[]) as w (name)
-- Each row by its key, whatever the planner believes of tables that grew a moment ago: of a plain join it made a loop over all jobs for each name.
left join lateral (
    select d.job_name, d.job_class_name, d.is_durable, d.requests_recovery, d.is_nonconcurrent from quartz.qrtz_job_details d
    where d.sched_name = 'scheduler' and d.job_name = w.name and d.job_group = 'jobs' limit 1) d on true
left join lateral (
    select t.* from quartz.qrtz_triggers t
    where t.sched_name = 'scheduler' and t.job_name = w.name and t.job_group = 'jobs' and t.trigger_group = 'jobs' offset 0) t on true
left join lateral (
    select c.cron_expression, c.time_zone_id from quartz.qrtz_cron_triggers c
    where t.trigger_type = 'CRON' and c.sched_name = 'scheduler' and c.trigger_name = t.trigger_name and c.trigger_group = 'jobs' limit 1) c on true
left join lateral (
    select s.repeat_interval, s.repeat_count from quartz.qrtz_simple_triggers s
    where t.trigger_type = 'SIMPLE' and s.sched_name = 'scheduler' and s.trigger_name = t.trigger_name and s.trigger_group = 'jobs' limit 1) s on true
left join lateral (
    select p.str_prop_1, p.time_zone_id from quartz.qrtz_simprop_triggers p
    where t.trigger_type = 'PART' and p.sched_name = 'scheduler' and p.trigger_name = t.trigger_name and p.trigger_group = 'jobs' limit 1) p on true
