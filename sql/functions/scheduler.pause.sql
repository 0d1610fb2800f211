-- Pause jobs, in force with the commit: no run of theirs begins after it, on any node.
--   pattern   a name, in which * stands for any letters and ? for one
--   reason    why, for the audit; null: what the session says (scheduler.reason)
--   until     the pause ends by itself at this instant; null: when somebody resumes it
-- Returns the names of the jobs it changed, not of those that were so already. Raises no_data_found with the nearest name when no job matches.
-- Fires that fall into the pause get the verdict skipped(paused); they are not made up for when it ends. Runs under way go on, queued ones wait
-- for its end, and a run asked for by hand begins all the same.
create or replace function scheduler.pause(pattern text, reason text default null, until timestamptz default null) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(pause.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    if pause.until <= clock_timestamp() then
        raise exception 'until is %; expected an instant that is yet to come',
            to_char(pause.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('scheduler.reason', coalesce(pause.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set
            paused_at = case when j.paused_until <= clock_timestamp() then clock_timestamp() else coalesce(j.paused_at, clock_timestamp()) end,
            paused_by = session_user,
            pause_reason = coalesce(pause.reason, nullif(told, '')), paused_until = pause.until
        where j.name = any (names) and (j.paused_at is null or j.paused_until is distinct from pause.until
            or j.pause_reason is distinct from coalesce(pause.reason, nullif(told, '')))
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;
