-- The versions of a job, newest first, with the columns of the view scheduler.job_version.
--   @name    the job
--   @limit   most rows
select v.job, v.version, v.action, v.valid_from, v.valid_until, v.role, v.application, v.source, v.reason, v.definition, v.changes, v.id
from scheduler.job_version v where v.job = @name order by v.version desc limit @limit
