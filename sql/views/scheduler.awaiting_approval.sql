-- Runs a guard stopped that wait for scheduler.approve(run_key, reason): the latest of each job, unless a later run of it succeeded.
-- would_delete says what of and how much; error says which limit it breaks.
create or replace view scheduler.awaiting_approval as
select r.run_key, r.job, r.due_at, r.ended_at, r.result -> 'would_delete' as would_delete, r.error, r.version
from scheduler_private.job_gate g
-- From the gates to their runs, never the other way: gates are as many as jobs, runs are not.
cross join lateral (
    select l.* from scheduler_private.run l where l.due_at = g.last_due_at and l.run_key = g.last_run_key offset 0) r
where g.last_verdict = 'failed' and r.reason = 'guard'
    and not exists (select from scheduler_private.approval a where a.run_key = r.run_key);
