-- Take a trigger whose expression cannot be read out of service, alone. Edits through the scheduler cannot make one.
--   $1 text trigger name, $2 text row version (xmin) as read
-- A row somebody holds is left for the next pass.
with refused as materialized (
    select t.ctid as place, t.xmin as version from quartz.qrtz_triggers t
    where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = $1 and t.trigger_state = 'WAITING'
    for no key update of t skip locked
)
update quartz.qrtz_triggers t set trigger_state = 'ERROR' from refused r where t.ctid = r.place and r.version = $2::text::xid
