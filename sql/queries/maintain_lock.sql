-- Take the session's lock on a job's maintenance: whoever works holds it, and it is free when that session ends.
--   $1 text   job
-- Returns this session's process and when it began. Waits no longer than the session's lock_timeout.
select a.pid, a.backend_start, pg_advisory_lock(hashtextextended('scheduler maintain ' || $1, 0))
from pg_stat_activity a where a.pid = pg_backend_pid()
