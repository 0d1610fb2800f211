-- End the session a former owner of a run worked in, if it still is that session.
--   $1 int, $2 timestamptz   its process and when it began
select count(*) filter (where pg_terminate_backend(a.pid))::int from pg_stat_activity a
where a.pid = $1 and a.backend_start = $2 and a.pid <> pg_backend_pid()
