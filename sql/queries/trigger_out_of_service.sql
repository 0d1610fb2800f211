-- Say on jobs that a trigger of theirs is out of service, where nothing says so yet: Quartz's own loop puts a trigger that it could not fire several
-- times into state ERROR, and tells its log alone. The sweep stores it anew, and so does an edit.
--   $1 int    most jobs noted by one call
-- Returns their names. A job that another session holds is left for the next look.
with silent as materialized (
    select j.name from scheduler.job j
    where j.problem is null and j.name in (
        select t.job_name from quartz.qrtz_triggers t
        where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_state = 'ERROR')
    limit $1
    for no key update of j skip locked
)
update scheduler.job j set problem = 'a trigger of it could not be fired and is out of service; an edit of the schedule stores it anew'
from silent s where j.name = s.name
returning j.name
