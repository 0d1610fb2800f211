-- Take the session's lock on a job's maintenance: whoever works holds it, and it is free when that session ends.
--   $1 text   job
-- Waits no longer than the session's lock_timeout.
select pg_advisory_lock(hashtextextended('scheduler maintain ' || $1, 0))
