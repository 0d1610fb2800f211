-- Let disabled jobs fire again.
--   pattern   a name, in which * stands for any letters and ? for one
--   reason    why, for the audit; null: what the session says (scheduler.reason)
-- Returns the names of the jobs it changed, not of those that were so already. Raises no_data_found with the nearest name when no job matches.
create or replace function scheduler.enable(pattern text, reason text default null) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(enable.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    perform set_config('scheduler.reason', coalesce(enable.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set enabled = true
        where j.name = any (names) and not j.enabled
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;
