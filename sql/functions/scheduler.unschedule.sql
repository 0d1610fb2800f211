-- Delete a job; the shape of pg_cron's cron.unschedule. Its runs stay in the ledger, its versions in the history: scheduler.undo brings it back.
--   name   the job's name
-- Returns true. Raises no_data_found with the nearest name when there is no such job.
create or replace function scheduler.unschedule(name text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
begin
    delete from scheduler.job j where j.name = any (scheduler_private.matching_jobs(unschedule.name)) and j.name = unschedule.name;
    return found;
end $$;
