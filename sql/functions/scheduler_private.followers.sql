-- The jobs that become due when a run ends.
--   parent    the run's job
--   verdict   its verdict. 'success' is succeeded; 'failure' failed, timed_out, unknown; 'any' these and cancelled
-- Each job once. Skipped and missed fires are none of these: they never ran, nothing follows them.
create or replace function scheduler_private.followers(parent text, verdict text) returns setof text
language plpgsql stable rows 1 set search_path = pg_catalog, pg_temp as $$
begin
    return query select distinct s.job from scheduler_private.subscription s
        where s.event = 'after' and s.source = followers.parent
            and s.condition = any (case when followers.verdict = 'succeeded' then array['success', 'any']
                when followers.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when followers.verdict = 'cancelled' then array['any'] else '{}' end);
end $$;
