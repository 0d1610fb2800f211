-- Jobs whose schedule no node has looked at since it was saved, or for a day: what is said of the next change of the clocks is over then.
--   $1 int   most rows
select j.name, j.version, j.schedule, j.time_zone, case when scheduler_private.is_instant(j.starts) then j.starts end
from scheduler.job j left join scheduler_private.job_note n on n.job = j.name
where n.version is distinct from j.version or n.looked_at < clock_timestamp() - interval '1 day' order by j.name limit $1
