-- What the job files said of each job when they were last applied.
select f.job, f.last_applied::text, f.source from scheduler.job_file f
