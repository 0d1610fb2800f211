-- What becomes due because runs have ended: rows for scheduler_private.event. To be called once by the statement that ends them, for all of them.
--   run_keys, jobs, verdicts   the runs; 'success' is succeeded; 'failure' failed, timed_out, unknown; 'any' these and cancelled
-- Skipped and missed fires are none of these: they never ran, nothing follows them.
--
-- "after a and b": the run is counted in the part's row of scheduler_private.gathering under a lock on it, so that of several ends at once, on
-- whatever nodes, exactly one finds the set complete, makes the fire and begins a new count. A run that was there to count before the last commit is
-- seen, because the row is read again once it is locked. All ends lock these rows in one order, and last of all: after the gates.
create or replace function scheduler_private.follow(run_keys text[], jobs text[], verdicts text[])
returns table (run_key text, job text, due_at timestamptz, cause text, part text)
language plpgsql volatile rows 1 set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    follower record;
    gathered jsonb;
    keys text;
begin
    for follower in
        select s.job, s.source, s.delay, s.waits_for, s.from_startup, s.mark, s.part, s.gathering, e.run_key
        from unnest(run_keys, jobs, verdicts) e (run_key, job, verdict)
        join scheduler_private.subscription s on s.event = 'after' and s.source = e.job
            and s.condition = any (case when e.verdict = 'succeeded' then array['success', 'any']
                when e.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when e.verdict = 'cancelled' then array['any'] else '{}' end)
        order by s.gathering, s.job, s.place, e.run_key
    loop
        continue when follower.from_startup and not scheduler_private.of_startup(follower.run_key);
        keys := follower.run_key;
        if follower.gathering is not null then
            select g.runs || jsonb_build_object(follower.source, follower.run_key) into gathered
            from scheduler_private.gathering g where g.id = follower.gathering for no key update;
            -- The schedule was changed meanwhile, and this part is gone.
            continue when not found;
            select case when count(*) = follower.waits_for then string_agg(r.value, ' and ' order by s.ordinality) end into keys
            from jsonb_each_text(gathered) r
            join unnest(string_to_array((select f.slots ->> 'Jobs' from scheduler_private.event_form(follower.part) f), ' and '))
                with ordinality s (name)
                on s.name = r.key;
            update scheduler_private.gathering g set runs = case when keys is null then gathered else '{}' end where g.id = follower.gathering;
            continue when keys is null;
        end if;
        run_key := scheduler_private.event_key(follower.job, moment + follower.delay, left(md5(keys), 12) || follower.mark);
        job := follower.job;
        due_at := moment + follower.delay;
        cause := 'after ' || keys;
        part := follower.part;
        return next;
    end loop;
end $$;
