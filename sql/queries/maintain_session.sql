-- This session's process and when it began: what a later owner of the run ends it by.
select a.pid, a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()
