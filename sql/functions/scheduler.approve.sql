-- Let a run that a guard stopped go on: as a further run of the same job, which may delete about as much as the guard counted.
--   run_key   key of the run the guard stopped (see scheduler.awaiting_approval)
--   reason    why it is right to delete that much; kept with the run
-- Returns the key of the run that goes on, which works as of the instant the first one was due. A second call returns the same key.
-- Refused when the guard did not stop the run, when the job was changed since, and while a run of the job holds it.
create or replace function scheduler.approve(run_key text, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    stopped scheduler_private.run;
    present integer;
    going_on text;
begin
    if coalesce(trim(approve.reason), '') = '' then
        raise exception 'reason is empty; expected why it is right to delete that much' using errcode = 'invalid_parameter_value';
    end if;
    select r.* into stopped from scheduler_private.run r
    where r.due_at = scheduler_private.due_of(approve.run_key) and r.run_key = approve.run_key;
    if not found then
        raise exception 'there is no run %', quote_literal(approve.run_key)
            using errcode = 'no_data_found', hint = 'see scheduler.awaiting_approval';
    end if;
    -- Held until the end: two approvals of one run are one after the other.
    select g.version into present from scheduler_private.job_gate g where g.job = stopped.job for no key update;
    select a.new_run_key into going_on from scheduler_private.approval a where a.run_key = approve.run_key;
    if found then
        return going_on;
    end if;
    if stopped.verdict is distinct from 'failed' or stopped.reason is distinct from 'guard' then
        raise exception 'run % waits for no approval: it is %', quote_literal(approve.run_key),
            stopped.state || coalesce(', ' || stopped.verdict, '') || coalesce(' (' || stopped.reason || ')', '')
            using errcode = 'object_not_in_prerequisite_state', hint = 'only runs with the verdict failed and the reason guard do';
    end if;
    if present is distinct from stopped.version then
        raise exception 'job % was changed since: the run had version %, the job has %', quote_literal(stopped.job), stopped.version,
            coalesce(present::text, 'none')
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the job anew: its guard counts again';
    end if;
    going_on := scheduler.run_now(stopped.job, stopped.params);
    if exists (select from scheduler_private.run r
               where r.due_at = scheduler_private.due_of(going_on) and r.run_key = going_on and r.state = 'finished') then
        raise exception 'a run of job % is under way', quote_literal(stopped.job)
            using errcode = 'object_in_use', hint = 'approve again when it has ended';
    end if;
    insert into scheduler_private.approval (run_key, job, due_at, counts, new_run_key, reason)
    values (stopped.run_key, stopped.job, coalesce((select a.due_at from scheduler_private.approval a where a.new_run_key = stopped.run_key),
        stopped.due_at), coalesce(stopped.result -> 'would_delete', '{}'), going_on, approve.reason);
    return going_on;
end $$;
