-- Whether any jobs have yet to be brought to Quartz.
--   $1 text[]   jobs to leave out: somebody holds them just now
select exists (select from scheduler_private.job_change c where c.job <> all ($1::text[]))
