-- 0035 · Notifications: channels, the outbox of what happened, what each channel has yet to be told, messages on their way. Breaking: no.

-- Where notifications go; editable. Jobs name channels in notify -> 'to'.
create table scheduler.channel (
    name            text primary key
                    constraint channel_name_is_plain check (name ~ '^[a-z0-9._/-]{1,200}$'),
    kind            text not null
                    constraint channel_kind_is_known check (kind in ('webhook', 'slack', 'pagerduty', 'email', 'ping')),
    description     text not null default '',
    settings        jsonb not null default '{}',       -- by kind; see channel_schema.sql
    incidents       boolean not null default false,    -- told of every incident, whatever jobs say
    enabled         boolean not null default true,     -- false: what happens meanwhile is not told
    quiet           text                               -- a calendar: in the time it leaves out only incidents of severity page are told
                    constraint channel_quiet_exists references scheduler.calendar (name),
    group_wait      interval not null default interval '2 seconds'     -- what happens within this time goes together
                    constraint channel_group_wait_is_short check (group_wait between interval '0' and interval '1 hour'),
    group_interval  interval not null default interval '1 minute'      -- least time between two messages
                    constraint channel_group_interval_is_short check (group_interval between interval '0' and interval '1 day'),
    remind_every    interval default interval '4 hours'                -- what stays open is told again; null: never
                    constraint channel_remind_every_is_long check (remind_every between interval '1 minute' and interval '31 days'),
    source          text not null default 'sql',       -- file:line it was declared at, or 'sql'
    version         integer not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    updated_by      text not null default session_user
);
comment on table scheduler.channel is 'Where notifications go, one row each; editable.';

-- Job files may declare channels; what they said is noted by a function with one argument more (note_files.sql).
alter table scheduler_private.job_file drop constraint job_file_is_of_something,
    add constraint job_file_is_of_something check (what in ('job', 'calendar', 'channel'));
drop function if exists scheduler.note_files(jsonb, text[], text[], text);

-- What ending a run has to know without looking further: what somebody wants to be told of the job (notify_mask.sql), 0 for nothing; and whether it
-- was failing before.
alter table scheduler_private.job_gate
    add column notify smallint not null default 0,
    add column failures_before integer not null default 0;
update scheduler_private.job_gate g set notify = m.mask
from (
    select j.name, bit_or(case o when 'failure' then 1 when 'recovery' then 2 when 'success' then 4 when 'missed' then 8 else 0 end)::smallint as mask
    from scheduler.job j cross join lateral jsonb_array_elements_text(j.notify -> 'on') o
    where jsonb_typeof(j.notify -> 'on') = 'array' group by j.name) m
where m.name = g.job and m.mask <> 0;

-- What happened and somebody wants to be told of: written in the transaction that made it happen, taken by any node, then removed. For one job the
-- numbers are in the order of the commits, for they are drawn under the lock of its gate.
create table scheduler_private.outbox (
    id              bigint generated always as identity primary key,
    event           text not null,                     -- start, failure, recovery, over, gone, success, missed, skip, lost, guard, incident
    job             text,
    run_key         text,
    due_at          timestamptz,
    channels        text[] not null,                   -- as they were named then
    key             text,                              -- what an incident is about; null: the job and the event
    open            boolean,                           -- of an incident: that it began, or that it is over
    severity        text,
    title           text,
    detail          text,
    at              timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- How things stand with each channel: a row for each thing it has yet to be told of, or was told of and is not over.
create table scheduler_private.alert (
    channel         text not null references scheduler.channel (name) on delete cascade,
    key             text not null,
    event           text not null,
    job             text,
    severity        text not null,
    open            boolean not null,                  -- how it is; what only happens (start, missed, skip, lost, guard, success) is never open
    told            boolean not null default false,    -- the channel knows of it as open
    folded          boolean not null default false,    -- it does so from a digest
    happened        integer not null default 0,        -- times since the channel was last told
    since           timestamptz not null,              -- open since, or first happened since the channel was told
    changed_at      timestamptz not null,
    pending_since   timestamptz,                       -- there is something to tell; null: nothing
    told_at         timestamptz,
    flips           integer not null default 0,        -- changes between open and closed since flips_since
    flips_since     timestamptz not null,
    flap_told       boolean not null default false,    -- the channel was told that it comes and goes
    run_key         text,                              -- the last run that failed or was missed
    due_at          timestamptz,
    title           text,
    detail          text,
    primary key (channel, key)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

-- When each channel had its last message, and its last heartbeat.
create table scheduler_private.channel_turn (
    channel         text primary key references scheduler.channel (name) on delete cascade,
    composed_at     timestamptz,
    heartbeat_at    timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

-- Messages, kept for 30 days. Delivered at least once: the dedupe key is the same in every try.
create table scheduler_private.notification (
    id              bigint generated always as identity primary key,
    channel         text not null,
    dedupe_key      text not null unique default 'n-' || replace(gen_random_uuid()::text, '-', ''),
    what            text not null
                    constraint notification_is_of_a_sort check (what in ('alerts', 'digest', 'test', 'heartbeat')),
    payload         jsonb not null,
    state           text not null default 'waiting'
                    constraint notification_state_is_known check (state in ('waiting', 'delivered', 'failed')),
    created_at      timestamptz not null default clock_timestamp(),
    next_try_at     timestamptz not null default clock_timestamp(),
    expires_at      timestamptz not null,              -- given up then
    attempts        integer not null default 0,
    claimed_until   timestamptz,                       -- a node is at it, for as long as it holds its lease
    owner           bigint,
    node            text,
    error           text,                              -- of the last try
    ended_at        timestamptz,
    constraint notification_ended_has_end check ((state = 'waiting') = (ended_at is null))
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
create index notification_waiting on scheduler_private.notification (channel, id) where state = 'waiting';
create index notification_by_age on scheduler_private.notification (created_at);
