-- 0006 · Calendars, events, previews and notes. Breaking: no.

-- Days and hours on which jobs that name the calendar are not due; editable. All local times are in its zone.
create table scheduler.calendar (
    name            text primary key
                    constraint calendar_name_is_plain check (name ~ '^[a-z0-9._/-]{1,200}$'),
    description     text not null default '',
    time_zone       text not null default 'UTC',
    holidays        date[] not null default '{}',      -- whole days
    weekdays        text[] not null default '{}',      -- mon to sun
    blackouts       jsonb not null default '[]',       -- {"from", "to"}, {"daily": [from, to]} or {"cron"}; the end is not part of it
    source          text not null default 'sql',       -- file:line it was declared at, or 'sql'
    version         integer not null default 1,
    problem         text,                              -- why a node cannot read it; null when it can
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
comment on table scheduler.calendar is 'Named holidays and blackouts, one row each; editable.';
alter table scheduler.job add constraint job_calendar_exists foreign key (calendar) references scheduler.calendar (name);
create index job_of_calendar on scheduler.job (calendar) where calendar is not null;

-- Who is due by which event: the parts "after JOB", "on startup", "on release" and "on notify CHANNEL" of schedules, kept by a trigger of scheduler.job.
create table scheduler_private.subscription (
    event           text not null
                    constraint subscription_event_is_known check (event in ('after', 'startup', 'release', 'notify')),
    source          text not null,                     -- the job before it, or the channel; empty for the others
    job             text not null references scheduler.job (name) on delete cascade,
    condition       text not null                      -- of 'after': success, failure or any; empty for the others
                    constraint subscription_condition_is_known check (condition in ('', 'success', 'failure', 'any')),
    primary key (event, source, job, condition)
);
create index subscription_of_job on scheduler_private.subscription (job);
-- Jobs that others follow: what ending a run has to know without looking further.
alter table scheduler_private.job_gate add column followed boolean not null default false;

-- Fires by an event on their way to the ledger: written in the transaction of the event, entered by any node, then removed.
create table scheduler_private.event (
    run_key         text primary key,
    job             text not null,
    due_at          timestamptz not null,
    cause           text not null,
    created_at      timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- What made a run due that is not by the clock: 'after KEY', 'startup', 'release 3', 'notify CHANNEL'. Null: the clock, or requested_by.
alter table scheduler_private.run add column cause text;

-- Channels jobs wait on. burst counts the bursts that became runs; whoever counts on from the number it knows has the burst.
create table scheduler_private.channel (
    name            text primary key,
    burst           bigint not null default 0,
    heard_at        timestamptz
);
-- The leases that belong to the present start of the cluster.
create table scheduler_private.cluster_start (
    only_row        boolean primary key default true constraint cluster_start_is_one_row check (only_row),
    started_at      timestamptz,
    leases          bigint[] not null default '{}'
);
insert into scheduler_private.cluster_start default values;

-- Questions a node answers: when would this schedule be due.
create table scheduler_private.question (
    id              bigint generated always as identity primary key,
    schedule        text not null,
    time_zone       text not null,
    fires           integer not null,
    asked_at        timestamptz not null default clock_timestamp(),
    answer          text,
    error           text,
    answered_at     timestamptz
);

-- What is worth knowing about a job's schedule, as a node found it.
create table scheduler_private.job_note (
    job             text primary key references scheduler.job (name) on delete cascade,
    version         integer not null,
    notes           text[] not null,
    looked_at       timestamptz not null default clock_timestamp()
);
