-- 0008 · What the job files said when they were last applied. Breaking: no.
-- Files and rows are merged three ways, field by field: this is the third way. A job that came from files before this migration has no row here;
-- its file takes every field once more, as it always did.
create table scheduler_private.job_file (
    job             text primary key,                  -- stays when the job is deleted in SQL, until the files leave it out too
    last_applied    jsonb not null,                    -- every key of the job in the file, defaults filled in
    source          text not null,                     -- file:line
    applied_at      timestamptz not null default clock_timestamp(),
    applied_by      text not null,                     -- role and application
    hash            text not null                      -- of the plan that applied it
);
