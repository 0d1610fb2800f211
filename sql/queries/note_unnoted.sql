-- Jobs whose schedule nobody has looked at since it was saved.
--   $1 int   most rows
select j.name, j.version, j.schedule, j.time_zone
from scheduler.job j left join scheduler_private.job_note n on n.job = j.name
where n.version is distinct from j.version order by j.name limit $1
