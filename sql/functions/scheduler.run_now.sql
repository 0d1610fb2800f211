-- Ask for one run of a job now, whatever its schedule.
--   name     the job
--   params   an object of values that override the job's own (column params), or null. A name the job does not have, and a value of another type than
--            the job's own, are refused
--   key      caller's key, or null: a second call with the same key returns the first call's run
-- Returns the run's key (see scheduler.run). The run waits for a free slot of a node that fits. A job with overlap "skip" that
-- already has a live run gets the verdict skipped(overlap) at once. Paused and disabled jobs run: the request is explicit.
create or replace function scheduler.run_now(name text, params jsonb default null, key text default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    gate scheduler_private.job_gate;
    due timestamptz := clock_timestamp();
    new_key text := run_now.name || '!' || to_char(due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    held boolean;
    own jsonb;
begin
    if jsonb_typeof(run_now.params) <> 'object' then
        raise exception 'params is %; expected an object, e.g. {"day": "2026-11-21"}', left(run_now.params::text, 100)
            using errcode = 'invalid_parameter_value';
    end if;
    select g.* into gate from scheduler_private.job_gate g where g.job = run_now.name for no key update;
    if not found then
        raise exception 'there is no job named %', quote_literal(run_now.name)
            using errcode = 'no_data_found',
                  hint = coalesce((select 'did you mean ' || quote_literal(j.name) || '?' from scheduler.job j
                                   where j.name like left(run_now.name, 3) || '%' order by j.name limit 1), 'see scheduler.job');
    end if;
    select j.params into own from scheduler.job j where j.name = run_now.name and j.for_each is null;
    if not found then
        raise exception 'job % stands for one job a row (for_each) and has no runs of its own', quote_literal(run_now.name)
            using errcode = 'invalid_parameter_value',
                  hint = 'run one it made: select name from scheduler.job where made_by = ' || quote_literal(run_now.name);
    end if;
    if run_now.params is not null then
        perform scheduler_private.check_params(run_now.name, own, run_now.params);
    end if;
    if run_now.key is not null then
        insert into scheduler_private.request (job, key, run_key) values (run_now.name, run_now.key, new_key)
        on conflict (job, key) do nothing;
        if not found then
            return (select r.run_key from scheduler_private.request r where r.job = run_now.name and r.key = run_now.key);
        end if;
    end if;
    held := gate.overlap = 'skip' and gate.active_key is not null;
    insert into scheduler_private.run
        (run_key, job, due_at, state, version, priority, runs_on, on_lost, ended_at, verdict, reason, params, requested_by,
            concurrency_group)
    values (new_key, run_now.name, due, case when held then 'finished' else 'queued' end, gate.version, gate.priority,
            gate.runs_on, gate.on_lost, case when held then clock_timestamp() end, case when held then 'skipped' end,
            case when held then 'overlap' end, nullif(own || coalesce(run_now.params, '{}'), '{}'), session_user, gate.concurrency_group);
    if not held and gate.overlap = 'skip' then
        update scheduler_private.job_gate g set active_key = new_key where g.job = run_now.name;
    end if;
    perform pg_notify('scheduler_queued', '');
    return new_key;
end $$;
