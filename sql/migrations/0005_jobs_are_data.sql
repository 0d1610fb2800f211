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
