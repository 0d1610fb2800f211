-- 0036 · Incidents: one open for each cause, found in the database, resolved by itself. Breaking: no.

create table scheduler_private.incident (
    id              bigint generated always as identity primary key,
    key             text not null,                     -- the cause, e.g. job:backup:failing
    condition       text not null,                     -- failing, missed, node_down, …: conditions.sql has them all
    severity        text not null
                    constraint incident_severity_is_known check (severity in ('page', 'warning', 'info')),
    job             text,
    node            text,
    title           text not null,
    detail          text,
    cause           text,                              -- of a failing job: what its error has in common with others
    opened_at       timestamptz not null default clock_timestamp(),
    changed_at      timestamptz not null default clock_timestamp(),
    resolved_at     timestamptz,
    suppressed_by   bigint,                            -- the incident that explains it; nobody is told of this one meanwhile
    told            boolean not null default false,    -- its beginning went to the outbox, so its end has to
    acked_at        timestamptz,
    acked_by        text,
    ack_reason      text
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
create unique index incident_open on scheduler_private.incident (key) where resolved_at is null;
create index incident_by_age on scheduler_private.incident (opened_at);

-- What holds now, before it is compared with what is open.
create type scheduler_private.found as (key text, condition text, severity text, job text, node text, title text, detail text, cause text);

-- When the conditions were last looked at: the nodes share one look.
create table scheduler_private.incident_look (
    only_row        boolean primary key default true constraint incident_look_is_one_row check (only_row),
    looked_at       timestamptz not null default '-infinity',
    found_count     integer not null default 0
) with (fillfactor = 50);
insert into scheduler_private.incident_look default values;

-- Fires that were missed: none or few, whatever the ledger holds. Runs of another verdict are in no index of it.
create index run_missed_lately on scheduler_private.run (ended_at) where verdict = 'missed';
