-- Leave triggers to Quartz that the engine does not know how to advance: last fires, calendars, other types.
--   $1 text[]   trigger names, $2 text[] their row versions (xmin) as read
update quartz.qrtz_triggers t set execution_group = null
from unnest($1::text[], $2::text[]::xid[]) as h (trigger_name, version)
where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = h.trigger_name and t.xmin = h.version and t.trigger_state = 'WAITING'
returning pg_notify('scheduler_quartz', '')
