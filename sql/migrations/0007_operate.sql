-- 0007 · Operating: what has to be brought to Quartz, what was healed there, cancelling. Breaking: no.

-- Jobs whose present state has yet to be brought to Quartz, deleted ones included: made by the very statement that changes a job, so that nothing
-- depends on a notification. mark grows with each change; who has stored the job removes the mark it read and no newer one.
create sequence scheduler_private.job_change_mark;
create table scheduler_private.job_change (
    job             text primary key,
    mark            bigint not null default nextval('scheduler_private.job_change_mark'),
    marked_at       timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
create index job_change_in_order on scheduler_private.job_change (mark);
insert into scheduler_private.job_change (job) select j.name from scheduler.job j order by j.name;

-- How far the sweep for drift has come: the nodes share one, each takes the next jobs by name.
create table scheduler_private.sweep (
    only_row        boolean primary key default true constraint sweep_is_one_row check (only_row),
    after_name      text not null default '',
    due_at          timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
insert into scheduler_private.sweep default values;

-- What was found changed behind our back in Quartz's tables and put right. Kept: the latest 10,000 (job_healed.sql).
create table scheduler_private.healed (
    id              bigint generated always as identity primary key,
    at              timestamptz not null default clock_timestamp(),
    node            text not null,
    job             text not null,
    trigger         text,                              -- null: the job itself
    what            text not null,
    before          jsonb                              -- the row as it was found, null when there was none
);

-- Somebody asked for a run's end: at, by, reason. The node that has it ends it; whoever takes it over does not start it again.
alter table scheduler_private.run add column cancel jsonb;

-- overlap: cancel. The gate says 'queue' (one at a time, in order), and that a later fire takes the place of those before it.
alter table scheduler_private.job_gate add column supersedes boolean not null default false;
create index gate_supersedes on scheduler_private.job_gate (job) where supersedes;
update scheduler_private.job_gate g set overlap = 'queue', supersedes = true where g.overlap = 'cancel';

-- Requests to run what was due in the past. A node reckons the instants with the job's own schedule and answers in the row; then they are entered.
create table scheduler_private.backfill (
    id              bigint generated always as identity primary key,
    job             text not null,
    from_at         timestamptz not null,
    until_at        timestamptz not null,              -- exclusive
    spacing         interval,
    cap             integer not null,
    dry_run         boolean not null,
    requested_by    text not null default session_user,
    requested_at    timestamptz not null default clock_timestamp(),
    state           text not null default 'asked'
                    constraint backfill_state_is_known check (state in ('asked', 'entering', 'done', 'refused')),
    due             timestamptz[],                     -- the instants to enter, oldest first; null: not answered yet
    succeeded_count integer,                           -- due in the range and left out, for their fire has succeeded
    entered_count   integer not null default 0,
    next_at         timestamptz,                       -- when to enter the next one
    problem         text,
    node            text,
    answered_at     timestamptz
);
create index backfill_open on scheduler_private.backfill (id) where state in ('asked', 'entering');

-- The name of a job with for_each holds {column} in the place of what its rows fill in.
alter table scheduler.job drop constraint job_name_is_plain;
alter table scheduler.job add constraint job_name_is_plain
    check (name ~ '^[a-z0-9._/-]{1,200}$' or (for_each is not null and name ~ '^[a-z0-9._/{}-]{1,200}$'));
create index job_made_by on scheduler.job (made_by) where made_by is not null;
create index job_for_each on scheduler.job (name) where for_each is not null;
