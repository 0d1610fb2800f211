-- End the job sessions of dead leases, so that what they hold locked is free for the new owner at once.
--   $1 text[]   application names of the job sessions (see Databases.JobSessionName)
-- Needs the same database role, or pg_signal_backend. Returns how many were ended. Of this database alone: another one on the server may be another
-- cluster's, which counts its leases from one, too.
select count(*) filter (where pg_terminate_backend(a.pid))::int from pg_stat_activity a
where a.application_name = any ($1::text[]) and a.datname = current_database() and a.pid <> pg_backend_pid()
