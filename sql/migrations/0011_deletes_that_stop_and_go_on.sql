-- 0011 · Work that goes on where it stopped, and guards that wait for approval. Breaking: no.

-- How far a run has come, in the form of its kind; written together with the work it speaks of. Unlike progress it outlives a change of owner.
alter table scheduler_private.run add column checkpoint jsonb;

-- Runs a guard stopped and somebody let go on. The run that goes on is another one, of its own key: the first keeps its verdict.
create table scheduler_private.approval (
    run_key         text primary key,                  -- the run the guard stopped
    job             text not null,
    due_at          timestamptz not null,              -- when that run was due: the approved run works as of then
    counts          jsonb not null default '{}',       -- what it would have deleted, thing to count: the approved run may delete about as much
    new_run_key     text not null unique,              -- the run that goes on
    reason          text not null,
    approved_by     text not null default session_user,
    approved_at     timestamptz not null default clock_timestamp()
);
