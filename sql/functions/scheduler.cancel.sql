-- End a run before its time.
--   run_key   the run, as in scheduler.run
--   reason    shown with its verdict, at most 200 characters; null: who asked
-- A queued run ends at once. A running one is asked to end: the node that has it does so within two seconds and its verdict is cancelled(reason);
-- whatever it did in transactions of ours is rolled back. Where that node is dead or frozen the run ends when its lease is over, and is not
-- started again. A run that has its verdict keeps it.
-- Returns cancelled, requested, or the verdict it has already. Safe to repeat.
create or replace function scheduler.cancel(run_key text, reason text default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked scheduler_private.run;
    why text := left(coalesce(nullif(cancel.reason, ''), 'by ' || session_user), 200);
begin
    -- The run first, then the gate: the order everybody locks in.
    select r.* into asked from scheduler_private.run r
    where r.due_at = scheduler_private.due_of(cancel.run_key) and r.run_key = cancel.run_key for no key update;
    if not found then
        raise exception 'there is no run %', quote_literal(cancel.run_key)
            using errcode = 'no_data_found', hint = 'see scheduler.run; a key is e.g. cleanup@2026-11-21T04:00:00Z';
    end if;
    if asked.state = 'finished' then
        return asked.verdict;
    end if;
    if asked.state = 'running' then
        update scheduler_private.run r
        set cancel = coalesce(r.cancel, jsonb_build_object('at', clock_timestamp(), 'by', session_user, 'reason', why))
        where r.due_at = asked.due_at and r.run_key = asked.run_key;
        perform pg_notify('scheduler_cancel', asked.run_key);
        return 'requested';
    end if;
    update scheduler_private.run r
    set state = 'finished', verdict = 'cancelled', reason = why, ended_at = clock_timestamp(), token = r.token + 1,
        cancel = jsonb_build_object('at', clock_timestamp(), 'by', session_user, 'reason', why)
    where r.due_at = asked.due_at and r.run_key = asked.run_key;
    update scheduler_private.job_gate g set active_key = null where g.job = asked.job and g.active_key = asked.run_key;
    perform pg_notify('scheduler_queued', '');
    perform pg_notify('scheduler_finished', asked.run_key);
    return 'cancelled';
end $$;
