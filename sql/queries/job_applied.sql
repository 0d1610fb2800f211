-- What the job files said of each job and calendar when they were last applied.
select f.what, f.name, f.last_applied::text, f.source from scheduler.job_file f
