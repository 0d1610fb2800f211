-- Delete a job; the shape of pg_cron's cron.unschedule. Its runs stay in the ledger, its versions in the history: scheduler.undo brings it back.
--   name     the job's name
--   reason   why, for the audit; null: what the session says (scheduler.reason)
-- Returns true. Raises no_data_found with the nearest name when there is no such job.
create or replace function scheduler.unschedule(name text, reason text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
    gone boolean;
begin
    if unschedule.name ~ '[*?]' then
        raise exception 'name is %; expected the name of one job, for many are not deleted at once',
            quote_literal(unschedule.name) using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('scheduler.reason', coalesce(unschedule.reason, told), true);
    delete from scheduler.job j where j.name = any (scheduler_private.matching_jobs(unschedule.name));
    gone := found;
    perform set_config('scheduler.reason', told, true);
    return gone;
end $$;
