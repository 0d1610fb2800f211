-- What the job files said of each job and calendar when they were last applied, and who applied them. A field whose live value is another was
-- edited since.
create or replace view scheduler.job_file as
select f.what, f.name, f.last_applied, f.source, f.applied_at, f.applied_by, f.hash
from scheduler_private.job_file f
order by f.what, f.name;
