-- 0012 · Concurrency groups: at most so many runs of a group's jobs at once, across the cluster. Breaking: no.

-- What the column concurrency of scheduler.job says, kept in step with it (job_changed.sql). Null: no group.
alter table scheduler_private.job_gate
    add column concurrency_group text,
    add column concurrency_limit integer;
create index gate_in_group on scheduler_private.job_gate (concurrency_group) where concurrency_group is not null;
update scheduler_private.job_gate g
set concurrency_group = j.concurrency ->> 'group', concurrency_limit = (j.concurrency ->> 'limit')::integer
from scheduler.job j where j.name = g.job and j.concurrency ? 'group';

-- The group a run was entered under. Runs of jobs without one, nearly all, are in no index of it.
alter table scheduler_private.run add column concurrency_group text;
create index run_in_group on scheduler_private.run (concurrency_group, state, priority desc, due_at)
    where state <> 'finished' and concurrency_group is not null;
