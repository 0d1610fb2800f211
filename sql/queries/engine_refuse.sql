-- Take a trigger whose expression cannot be read out of service, alone. Edits through the scheduler cannot make one.
--   $1 text trigger name, $2 text row version (xmin) as read
update quartz.qrtz_triggers t set trigger_state = 'ERROR'
where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = $1 and t.xmin = $2::text::xid and t.trigger_state = 'WAITING'
