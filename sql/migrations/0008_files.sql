-- 0008 · What the job files said when they were last applied. Breaking: no.
-- Files and rows are merged three ways, field by field: this is the third way. A job that came from files before this migration has no row here;
-- its file takes every field once more, as it always did.
create table scheduler_private.job_file (
    what            text not null
                    constraint job_file_is_of_something check (what in ('job', 'calendar')),
    name            text not null,                     -- stays when the row is deleted in SQL, until the files leave it out too
    last_applied    jsonb not null,                    -- every key in the file, defaults filled in
    source          text not null,                     -- file:line
    applied_at      timestamptz not null default clock_timestamp(),
    applied_by      text not null,                     -- role and application
    hash            text not null,                     -- of the plan that applied it
    primary key (what, name)
);
