-- The jobs that become due at once when a run ends, for nodes of builds before 0041: they know neither delays nor several jobs nor starts.
-- follow.sql is what nodes of this build call.
--   parent    the run's job
--   verdict   its verdict
create or replace function scheduler_private.followers(parent text, verdict text) returns setof text
language plpgsql stable rows 1 set search_path = pg_catalog, pg_temp as $$
begin
    return query select distinct s.job from scheduler_private.subscription s
        where s.event = 'after' and s.source = followers.parent and s.waits_for = 1 and s.delay = '0' and not s.from_startup
            and s.condition = any (case when followers.verdict = 'succeeded' then array['success', 'any']
                when followers.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when followers.verdict = 'cancelled' then array['any'] else '{}' end);
end $$;
