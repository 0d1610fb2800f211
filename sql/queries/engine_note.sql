-- Say on a job why a trigger of it is out of service, as long as it is.
--   $1 text trigger name, $2 text job, $3 text the problem
update scheduler.job j set problem = $3
where j.name = $2 and exists (select from quartz.qrtz_triggers t
    where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = $1 and t.trigger_state = 'ERROR')
