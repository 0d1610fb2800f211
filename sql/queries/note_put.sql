-- Keep what was found about a job's schedule.
--   $1 text, $2 int   name and version of the job
--   $3 text[]         notes, a sentence each
-- Nothing happens when the job is gone meanwhile.
insert into scheduler_private.job_note as n (job, version, notes)
select j.name, $2, $3 from scheduler.job j where j.name = $1 for key share
on conflict (job) do update set version = excluded.version, notes = excluded.notes, looked_at = clock_timestamp()
