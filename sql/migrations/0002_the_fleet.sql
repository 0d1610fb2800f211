-- 0002 · The fleet: nodes, their heartbeats, and the chunks of work they claim. Breaking: no.
-- Schema fleet is public: workers in any language use its functions, operators its tables and the view fleet.status.

-- A worker. It registers as pending, is online from its first heartbeat on, and offline when it falls silent.
create table fleet.node (
    id              uuid primary key default gen_random_uuid(),
    name            text not null
                    constraint node_name_has_1_to_200_characters check (length(name) between 1 and 200),
    status          text not null default 'pending'
                    constraint node_status_is_known check (status in ('pending', 'online', 'offline')),
    user_id         uuid,                              -- who claimed the node; null: nobody has
    last_seen_at    timestamptz,
    created_at      timestamptz not null default now(),
    constraint node_that_joined_was_seen check (status = 'pending' or last_seen_at is not null)
) with (fillfactor = 70);
-- Not on last_seen_at: it changes with every heartbeat, and each would then write to every index (no HOT update).
-- Maintenance reads the rows of one status instead, once a minute.
create index node_by_status on fleet.node (status, created_at);

-- A log, inserted often and deleted from its old end. No foreign key: its index would cost more than the table, and old
-- heartbeats of a deleted node go with their age.
create table fleet.heartbeat (
    node_id         uuid not null,
    created_at      timestamptz not null default now()
);
create index heartbeat_by_age on fleet.heartbeat (created_at);

-- What jobs run with, stored once per content.
create table fleet.config (
    hash            text primary key
                    constraint config_hash_has_1_to_200_characters check (length(hash) between 1 and 200),
    body            jsonb not null default '{}',
    last_used_at    timestamptz not null default now(),
    created_at      timestamptz not null default now()
);
create index config_by_last_use on fleet.config (last_used_at);

create table fleet.job (
    id              uuid primary key default gen_random_uuid(),
    config_hash     text not null references fleet.config (hash),
    created_at      timestamptz not null default now()
);
create index job_of_config on fleet.job (config_hash);

-- A piece of a job, held by at most one node at a time. A finished chunk keeps its node and its claim for the record.
create table fleet.chunk (
    id              uuid primary key default gen_random_uuid(),
    job_id          uuid not null references fleet.job (id) on delete cascade,
    node_id         uuid references fleet.node (id) on delete set null,
    status          text not null default 'pending'
                    constraint chunk_status_is_known check (status in ('pending', 'running', 'done', 'failed')),
    claimed_at      timestamptz,
    attempts        integer not null default 0         -- times claimed
                    constraint chunk_attempts_are_counted_up check (attempts >= 0),
    completed_at    timestamptz,                       -- done or failed
    error           text
                    constraint chunk_error_is_short check (length(error) <= 4000),
    payload         jsonb not null default '{}',       -- what the worker needs to know
    created_at      timestamptz not null default now(),
    constraint chunk_pending_is_free check (status <> 'pending' or (node_id is null and claimed_at is null)),
    constraint chunk_running_is_held check (status <> 'running' or (node_id is not null and claimed_at is not null)),
    constraint chunk_finished_has_end check ((status in ('done', 'failed')) = (completed_at is not null)),
    constraint chunk_failed_says_why check (status <> 'failed' or error is not null)
) with (fillfactor = 70);
create index chunk_pending on fleet.chunk (created_at, id) where status = 'pending';
create index chunk_running on fleet.chunk (claimed_at) where status = 'running';
create index chunk_of_node on fleet.chunk (node_id) where node_id is not null;
create index chunk_of_job on fleet.chunk (job_id);
