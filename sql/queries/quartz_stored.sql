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
left join quartz.qrtz_job_details d on d.sched_name = 'scheduler' and d.job_group = 'jobs' and d.job_name = w.name
left join quartz.qrtz_triggers t on t.sched_name = 'scheduler' and t.job_name = w.name and t.job_group = 'jobs' and t.trigger_group = 'jobs'
left join quartz.qrtz_cron_triggers c on t.trigger_type = 'CRON'
    and c.sched_name = t.sched_name and c.trigger_name = t.trigger_name and c.trigger_group = t.trigger_group
left join quartz.qrtz_simple_triggers s on t.trigger_type = 'SIMPLE'
    and s.sched_name = t.sched_name and s.trigger_name = t.trigger_name and s.trigger_group = t.trigger_group
left join quartz.qrtz_simprop_triggers p on t.trigger_type = 'PART'
    and p.sched_name = t.sched_name and p.trigger_name = t.trigger_name and p.trigger_group = t.trigger_group
