-- 0005 · Jobs are data: all the columns of a declared job. Breaking: no.

alter table scheduler.job
    add column calendar text,                              -- named holidays and blackouts; null: every day counts
    add column starts timestamptz,                         -- not due before this instant
    add column ends timestamptz,                           -- not due after this instant
    add column spread interval,                            -- fires are splayed over this time, the same for a job every day
    add column params jsonb not null default '{}',         -- what a run is given; a manual run may override it
    add column concurrency jsonb not null default '{}',    -- group and limit across the cluster
    add column expect jsonb not null default '{}',         -- success_within, start_within, duration_below
    add column notify jsonb not null default '{}',         -- on, to
    add column for_each jsonb,                             -- relation, where: one job per row; null: none
    add column made_by text,                               -- the job with for_each whose row made this one
    add column paused_until timestamptz;                   -- the pause ends by itself; null: when somebody resumes it

alter table scheduler.job drop constraint job_overlap_is_known;
alter table scheduler.job add constraint job_overlap_is_known check (overlap in ('skip', 'queue', 'cancel', 'allow'));

alter table scheduler_private.job_gate add column paused_until timestamptz;

-- What is not given is the kind's: an insert that leaves on_lost out gets what the kind says (job_check.sql).
alter table scheduler.job alter column on_lost drop default;

-- The kinds nodes know, as they publish them at their start: settings are checked by the schema in the statement that writes them. Rows are changed,
-- never deleted: a kind no node knows any more is a job's problem, not an operator's error.
create table scheduler_private.kind (
    name            text primary key,
    schema          jsonb not null,                    -- of the settings; see json_problems.sql
    defaults        jsonb not null default '{}',       -- on_lost
    summary         text not null default '',
    published_by    text not null,                     -- node
    published_at    timestamptz not null default clock_timestamp()
);
-- The kinds a node knows while it lives.
alter table scheduler_private.node add column kinds text[] not null default '{}';

-- Every version of every job, and who made it: written by triggers, never changed. definition is the row as the change left it, or as it was before
-- it was deleted, without what nodes note in it.
create table scheduler_private.job_version (
    id              bigint generated always as identity primary key,
    job             text not null,
    version         integer not null,
    action          text not null
                    constraint job_version_action_is_known check (action in
                        ('insert', 'update', 'delete', 'pause', 'resume', 'enable', 'disable', 'undo')),
    definition      jsonb not null,
    changes         jsonb,                             -- of an update: {column: [before, after]}
    role            text not null,
    application     text not null,
    source          text not null,                     -- sql, cli, api, or file:line
    reason          text,
    at              timestamptz not null,
    unique (job, version)
);
-- The chain over them, in the order of their commits: hash is sha256 of the hash before it and the version's text (version_text.sql). A version that was
-- changed, left out or put in afterwards does not fit (scheduler db check).
create table scheduler_private.job_chain (
    place           bigint primary key,                -- 1, 2, 3 …
    version_id      bigint not null unique references scheduler_private.job_version (id),
    hash            bytea not null
);
-- Its last link, one row: locked from the first deferred trigger of a commit to its end, and no longer.
create table scheduler_private.job_chain_end (
    only_row        boolean primary key default true constraint chain_end_is_one_row check (only_row),
    place           bigint not null,
    hash            bytea not null
) with (fillfactor = 50);
insert into scheduler_private.job_chain_end (place, hash) values (0, '');

-- Jobs that are there already begin their history with what they are now.
insert into scheduler_private.job_version (job, version, action, definition, role, application, source, reason, at)
select j.name, j.version, 'insert', to_jsonb(j) - '{version,problem,next_fire_at,created_at,updated_at,source}'::text[],
    session_user, current_setting('application_name'), j.source, 'migration 0005', clock_timestamp()
from scheduler.job j order by j.name;
