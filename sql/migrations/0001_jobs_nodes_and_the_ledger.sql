-- 0001 · Jobs, nodes and the ledger of runs. Breaking: no.
-- Schema scheduler is public (columns are added, never removed); scheduler_private and quartz belong to the nodes.

-- A declared job: the row operators see and edit. One row of design "A job, as declared".
create table scheduler.job (
    name            text primary key
                    constraint job_name_is_plain check (name ~ '^[a-z0-9._/-]{1,200}$'),
    kind            text not null,
    description     text not null default '',
    owner           text not null default '',
    tags            text[] not null default '{}',
    schedule        text not null default 'manual',
    time_zone       text not null default 'UTC',
    settings        jsonb not null default '{}',       -- the key "with" of the YAML file
    guard           jsonb not null default '{}',
    timeout         interval not null default interval '1 hour'
                    constraint job_timeout_is_positive check (timeout > interval '0'),
    retry           jsonb not null default '{}',
    overlap         text not null default 'skip'
                    constraint job_overlap_is_known check (overlap in ('skip', 'queue', 'allow')),
    missed          text not null default 'once'
                    constraint job_missed_is_known check (missed in ('once', 'skip', 'all')),
    start_within    interval
                    constraint job_start_within_is_positive check (start_within > interval '0'),
    on_lost         text not null default 'rerun'
                    constraint job_on_lost_is_known check (on_lost in ('rerun', 'fail')),
    runs_on         text[] not null default '{}',
    priority        smallint not null default 5
                    constraint job_priority_is_in_range check (priority between 0 and 9),
    enabled         boolean not null default true,
    paused_at       timestamptz,
    paused_by       text,
    pause_reason    text,
    source          text not null default 'sql',       -- file:line it was declared at, or 'sql'
    version         integer not null default 1,
    problem         text,                              -- why the job cannot fire; null when it can
    next_fire_at    timestamptz,                       -- as the scheduler computed it at the last change or fire
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
comment on table scheduler.job is 'Declared jobs, one row each; editable.';

-- What entering a fire has to know about its job, in one narrow row that is locked while it decides.
-- active_key names the run that holds the job (overlap skip: queued or running; overlap queue: running).
create table scheduler_private.job_gate (
    job             text primary key references scheduler.job (name) on delete cascade,
    version         integer not null,
    enabled         boolean not null,
    paused          boolean not null,
    overlap         text not null,
    missed          text not null,
    start_within    interval,
    on_lost         text not null,
    priority        smallint not null,
    runs_on         text[] not null,
    active_key      text,
    last_run_key    text,
    last_verdict    text,
    last_due_at     timestamptz,
    last_ended_at   timestamptz,
    last_success_at timestamptz,
    failures_in_row integer not null default 0,
    finished_count  bigint not null default 0,
    success_count   bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

-- A node's row. lease_id is new with every start of the process and with every lease that ran out; runs are owned by it.
create sequence scheduler_private.lease_id;
create table scheduler_private.node (
    name            text primary key
                    constraint node_name_is_plain check (name ~ '^[a-zA-Z0-9._-]{1,40}$'),
    lease_id        bigint not null unique,
    state           text not null
                    constraint node_state_is_known check (state in ('live', 'standby', 'draining', 'stopped')),
    reason          text,
    labels          text[] not null default '{}',
    slots           integer not null,
    running         integer not null default 0,
    version         text not null,
    host            text not null,
    pid             integer not null,
    url             text,
    clock_offset    interval not null default interval '0',   -- the node's clock minus the database's
    started_at      timestamptz not null default clock_timestamp(),
    renewed_at      timestamptz not null default clock_timestamp(),
    lease_until     timestamptz not null
) with (fillfactor = 50);

-- The ledger: one row per fire or manual run. The run key contains due_at, so the key of the partitions is no looser.
create table scheduler_private.run (
    run_key         text not null,
    job             text not null,
    due_at          timestamptz not null,
    state           text not null
                    constraint run_state_is_known check (state in ('queued', 'running', 'finished')),
    version         integer not null,
    priority        smallint not null,
    runs_on         text[] not null default '{}',
    on_lost         text not null default 'rerun',
    node            text,
    owner           bigint,                            -- lease_id of the node that has the run
    token           bigint not null default 0,         -- grows with every change of owner; a stale token changes nothing
    attempts        integer not null default 0,
    losses          smallint not null default 0,       -- times the owner died with it
    past_attempts   jsonb not null default '[]',       -- attempts before the present one, oldest first
    created_at      timestamptz not null default clock_timestamp(),
    started_at      timestamptz,
    ended_at        timestamptz,
    verdict         text
                    constraint run_verdict_is_known check (verdict in
                        ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped', 'missed', 'unknown')),
    reason          text,
    result          jsonb,
    error           text,
    progress        jsonb,
    params          jsonb,
    requested_by    text,                              -- null: the schedule
    primary key (due_at, run_key),
    constraint run_finished_has_verdict check ((state = 'finished') = (verdict is not null)),
    constraint run_finished_has_end check ((state = 'finished') = (ended_at is not null)),
    constraint run_running_has_owner check (state <> 'running' or (owner is not null and node is not null and token > 0))
) partition by range (due_at);

-- Partitions inherit indexes. Live rows are few: this index stays small whatever the history.
create index run_live on scheduler_private.run (state, priority desc, due_at) where state <> 'finished';
create index run_of_job on scheduler_private.run (job, due_at desc);

-- Rows due outside every month that exists yet: keeps a fire from being refused; emptied by hand, expected empty.
create table scheduler_private.run_default partition of scheduler_private.run default;

-- A manual request with a key of the caller's: asking twice with one key gives one run.
create table scheduler_private.request (
    job             text not null,
    key             text not null,
    run_key         text not null,
    requested_at    timestamptz not null default clock_timestamp(),
    primary key (job, key)
);
